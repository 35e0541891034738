#pragma once

#include <memory>

#include "core/array/array.h"
#include "core/base/result.h"
#include "core/chart/canvas.h"

namespace cyto {

/// Draws into pixels, two for each point. Text has ASCII only; a question mark stands for any other character.
class RasterCanvas : public Canvas {
 public:
  explicit RasterCanvas(const PageSize& size);
  ~RasterCanvas() override;

  void line(const std::vector<PagePoint>& points, const Stroke& stroke) override;
  void polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke& outline) override;
  void text(const PagePoint& at, const std::string& words, const TextStyle& style) override;

  /// 3 channels of uint8.
  Result<Array> picture() const;

 private:
  struct Pixels;
  std::unique_ptr<Pixels> pixels_;
};

}  // namespace cyto
