#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cyto {

/// A place on the page, in points from its upper left corner; x to the right, y down.
struct PagePoint {
  double x = 0;
  double y = 0;
};

struct PageSize {
  double width = 0;
  double height = 0;
};

struct Colour {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
  bool operator==(const Colour&) const = default;
};

struct Stroke {
  Colour colour;
  double width = 1;
  bool isDashed = false;
};

/// Lengths of a dash and of the gap after it, in widths of the line.
inline constexpr double kDashLength = 3.5;
inline constexpr double kGapLength = 2.5;

enum class TextAnchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size = 11;  ///< height of a line, in points
  bool isBold = false;
  TextAnchor anchor = TextAnchor::kStart;
  bool isUpright = false;  ///< turned by a quarter, reads upwards
  Colour colour{40, 40, 40};
};

/// What a chart is drawn on: white at first.
class Canvas {
 public:
  virtual ~Canvas() = default;

  virtual void line(const std::vector<PagePoint>& points, const Stroke& stroke) = 0;
  virtual void polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke& outline) = 0;
  /// UTF-8. `at` is on the base line, at the start, middle or end of the text.
  virtual void text(const PagePoint& at, const std::string& words, const TextStyle& style) = 0;
};

}  // namespace cyto
