#pragma once

#include "core/chart/canvas.h"

namespace cyto {

/// Collects an SVG 1.1 document.
class SvgCanvas : public Canvas {
 public:
  explicit SvgCanvas(const PageSize& size);

  void line(const std::vector<PagePoint>& points, const Stroke& stroke) override;
  void polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke& outline) override;
  void text(const PagePoint& at, const std::string& words, const TextStyle& style) override;

  /// The document so far, complete.
  std::string text() const { return document_ + "</svg>\n"; }

 private:
  std::string document_;
};

}  // namespace cyto
