#pragma once

#include <span>
#include <string>

#include "core/project/edit.h"

namespace cyto {

/// Edits of whole objects, as pure functions of a document. They only say what is to be done: the document changes when
/// the edit is performed. Ids that are no object are refused with kNotFound, verified objects with kInvalidArgument.

/// Ids go up to here.
inline constexpr uint32_t kMaxObjectId = 1'000'000'000;

/// The record of an object, proposals included.
Result<std::shared_ptr<const ObjectRecord>> findObject(const Document& document, uint32_t id);

/// The same, refused when the object is verified.
Result<std::shared_ptr<const ObjectRecord>> findChangeable(const Document& document, uint32_t id);

/// "object 7 is a proposal; accept it first".
Status checkNoProposal(const ObjectRecord& object);

/// Gives the pixels of all objects to the first one, which keeps its class and takes the next one's when it has none;
/// its provenance names the others as parents. All accepted, or all proposals.
Result<Edit> mergeObjects(const Document& document, std::span<const uint32_t> ids);

/// Makes the connected pieces of an object objects of their own (see connectedPieces): the largest keeps the id, the
/// others count on from `nextId` and name the object as their parent. Refused for an object in one piece.
Result<Edit> splitObject(const Document& document, uint32_t id, uint32_t nextId);

/// Verifies accepted objects (to kVerified) or takes that back (to kAccepted). An edit without changes when they all
/// are in that state.
Result<Edit> changeState(const Document& document, std::span<const uint32_t> ids, ObjectState to);

/// Gives an object a class; the empty name takes it away. Allowed for verified objects, whose pixels stay.
Result<Edit> classifyObject(const Document& document, uint32_t id, const std::string& name);

}  // namespace cyto
