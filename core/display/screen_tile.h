#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/display/channel_display.h"
#include "core/labels/label_volume.h"

namespace cyto {

/// A plane enlarged by `zoom` (device pixels per image pixel, more than 0) is cut into squares of kScreenTileSide
/// device pixels from its corner; a view draws these and never scales while it pans. Device pixel (i, j) of the
/// enlarged plane shows the image at row (i + 0.5) / zoom - 0.5 in coordinates in which pixel centres are whole
/// numbers; so image pixel y covers device rows [y * zoom, (y + 1) * zoom).
inline constexpr int kScreenTileSide = 256;

struct ScreenTileKey {
  int64_t t = 0;
  int64_t z = 0;
  double zoom = 1;
  int64_t row = 0;
  int64_t column = 0;
  bool operator==(const ScreenTileKey&) const = default;
};

/// 0xAARRGGBB, premultiplied, row-major, kScreenTileSide in both directions. Outside the plane transparent.
struct ScreenTile {
  std::vector<uint32_t> pixels;
};

/// Rows and columns of screen tiles that cover a plane at a zoom.
Extent2 screenTileGrid(Extent2 plane, double zoom);

/// Draws the image: nearest pixel at a zoom of at least 1, smooth (bilinear from the nearest finer pyramid level)
/// below. Visible channels are added up and clipped. Opaque inside the plane.
Result<ScreenTile> renderImageTile(PixelPyramid& pyramid, const ScreenTileKey& key,
                                   std::span<const ChannelDisplay> channels, const JobContext& job);

struct LabelStyle {
  enum class Shape {
    kFilled,
    kContour,
    kHatched,  ///< a dashed contour with dark gaps, thin diagonal lines and a light filling: told apart without colour
  };
  Shape shape = Shape::kFilled;
  double opacity = 0.45;  ///< of the filling; a contour has its own full colour times this, at least 0.6
  int contourWidth = 1;   ///< device pixels, inside the object
  uint32_t selected = 0;  ///< gets a white halo two device pixels wide just outside its contour
  bool operator==(const LabelStyle&) const = default;
};

/// Draws objects in the colours of `labelColour`: filled objects have a contour in the full colour too. Transparent
/// where there is no object. A tile without labels has no pixels at all (`pixels` empty). Objects for which
/// `isFinished` holds get a thin dark line inside their contour.
ScreenTile renderLabelTile(const LabelVolume& labels, const ScreenTileKey& key, const LabelStyle& style,
                           const std::function<bool(uint32_t id)>& isFinished = {});

}  // namespace cyto
