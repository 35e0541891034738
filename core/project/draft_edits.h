#pragma once

#include "core/project/edit.h"

namespace cyto {

/// The object in the making, as pure functions of a document. They only say what is to be done.

/// Makes the current object of the draft an object and clears the draft. It gets `newId`, or takes the place of the
/// object that the draft refines. Pixels of other objects stay theirs. kInvalidArgument when there is no current
/// object, when no pixel is left for it, or when it refines a verified object. The edit has one change of an object.
Result<Edit> commitDraft(const Document& document, uint32_t newId);

/// The draft that refines an object or a proposal: its prompts, and its pixels as the current object.
Draft recalled(const Document& document, const ObjectRecord& object);

}  // namespace cyto
