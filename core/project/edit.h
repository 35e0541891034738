#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/labels/label_delta.h"
#include "core/project/document.h"
#include "core/project/edit_kind.h"

namespace cyto {

/// A value before and after an edit.
template <typename T>
struct Change {
  T before;
  T after;
  bool operator==(const Change&) const = default;
};

/// An object appeared (`before` is null), changed, or went (`after` is null).
struct ObjectChange {
  uint32_t id = 0;
  std::shared_ptr<const ObjectRecord> before;
  std::shared_ptr<const ObjectRecord> after;
  bool operator==(const ObjectChange& other) const;
};

/// One reversible step of a document, with what a history shows of it. A value; it carries both directions.
struct Edit {
  EditKind kind = EditKind::kPrompt;
  std::string label;  ///< a noun phrase that follows "Undo", e.g. "commit of object 12"
  int64_t t = 0;
  int64_t z = 0;
  bool isAutomatic = false;  ///< followed by itself from the step before; undo takes both at once
  std::optional<Change<Draft>> draft;
  LabelDelta labels;
  std::vector<ObjectChange> objects;
  LabelDelta proposals = {};
  std::optional<Change<ProjectSettings>> settings = {};
  bool operator==(const Edit&) const = default;
};

/// Applies an edit, or takes it back. All or nothing: kFormat, and an untouched document, when it does not fit.
Status apply(const Edit& edit, Direction direction, Document& document);

/// The edit as the payload of a journal record (CBOR; layout in edit_format.cpp).
std::string encodeEdit(const Edit& edit);

/// kFormat for anything that `encodeEdit` cannot have written.
Result<Edit> decodeEdit(std::string_view payload);

}  // namespace cyto
