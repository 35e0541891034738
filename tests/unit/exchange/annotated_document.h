#pragma once

#include "core/project/edit.h"
#include "core/project/folder/image_reference.h"

namespace cyto::test {

/// 2025-03-09T13:05:12.000250Z.
inline constexpr int64_t kSomeTime_us = 1741525512000250;

/// A document to which objects are added as edits do it.
class AnnotatedDocument {
 public:
  explicit AnnotatedDocument(const Shape& shape, const PixelScale& scale = {});

  const Document& document() const { return document_; }

  /// Gives the background pixels of a box to a new object; area and bounds follow. Proposals lie in their own layer.
  void add(uint32_t id, const Box& box, ObjectRecord record = {});

  /// Does what a project does with an edit; fails the test when it does not fit.
  void perform(const Edit& edit);

 private:
  Document document_;
};

/// An object that was prompted with two points and a box.
ObjectRecord prompted(const std::string& model = "cyto-small");
/// An object that was painted.
ObjectRecord painted();

/// Equal pixels, ids, classes, areas and bounds.
void expectSameLabels(const Document& a, const Document& b);

}  // namespace cyto::test
