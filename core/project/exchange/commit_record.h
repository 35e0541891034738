#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/io/commit_store.h"
#include "core/project/document.h"

namespace cyto {

/// What goes into a commit store of micro-sam besides the labels: history and prompts of all objects that have pixels
/// in `labels`, and as notes all that Cytoclick knows of them (objectJson, a line for each).
io::CommitRecord commitRecordOf(const Document& document, const io::CommitSignature& signature);

/// What a commit store says of its objects. With Cytoclick's notes: what they say. Else the prompts of one plane (a
/// provenance has no more), and the model of the signature for objects that history or prompts show to be made by it.
class CommitReading {
 public:
  /// `who` is taken where the store says nothing; `record` must stay.
  CommitReading(const io::CommitRecord& record, const Shape& shape, const Provenance& who);

  /// Class and provenance. What had to be left out is added to `notices`.
  ObjectRecord of(uint32_t id, std::vector<std::string>& notices) const;

 private:
  ObjectPrompts promptsOf(const io::CommitPrompts& prompts, std::vector<std::string>& notices) const;

  const io::CommitRecord& record_;
  Shape shape_;
  Provenance who_;
  std::map<uint32_t, const io::CommitPrompts*> prompts_;
  std::set<uint32_t> inHistory_;
  std::map<uint32_t, ObjectRecord> noted_;
};

}  // namespace cyto
