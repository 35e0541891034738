#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>
#include <string>
#include <type_traits>

#include "core/display/contrast_table.h"
#include "core/display/screen_axis.h"
#include "core/display/screen_tile.h"

namespace cyto {

namespace {

/// The type in which pixels are blended: it must hold every value of the image well enough to be shown.
template <typename T>
using Blended = std::conditional_t<sizeof(T) <= 2 || std::is_same_v<T, float>, float, double>;

/// Where the device pixels of a tile lie along one axis of a pyramid level: between two pixels of it, or on the first
/// of them where nothing is blended.
struct SampledAxis {
  std::vector<int32_t> lower;  ///< counted from `begin`
  std::vector<int32_t> upper;
  std::vector<float> upperShare;
  int64_t begin = 0;  ///< the pixels of the level that are needed
  int64_t end = 0;

  int devices() const { return static_cast<int>(lower.size()); }
  int64_t width() const { return end - begin; }
};

/// What a tile needs to know, before any pixel is read.
struct TilePlan {
  int level = 0;
  bool isBlended = false;
  SampledAxis rows;
  SampledAxis columns;
};

/// The pixels of the visible channels that a tile needs, in one piece per channel.
template <typename T>
struct Window {
  int64_t columns = 0;
  std::vector<std::vector<T>> channels;

  const T* row(size_t channel, int64_t y) const { return channels[channel].data() + y * columns; }
};

SampledAxis nearestAxis(int64_t tile, int64_t pixels, double zoom) {
  SampledAxis axis;
  const int inside = insideTile(tile, pixels, zoom);
  if (inside == 0) return axis;
  const int64_t first = tile * kScreenTileSide;
  axis.begin = pixelUnder(first, pixels, zoom);
  axis.end = pixelUnder(first + inside - 1, pixels, zoom) + 1;
  for (int i = 0; i < inside; ++i) {
    axis.lower.push_back(static_cast<int32_t>(pixelUnder(first + i, pixels, zoom) - axis.begin));
  }
  return axis;
}

/// `levelPixels` and `levelZoom` are those of the level that is blended, `pixels` and `zoom` those of the image.
SampledAxis blendedAxis(int64_t tile, int64_t pixels, double zoom, int64_t levelPixels, double levelZoom) {
  SampledAxis axis;
  const int inside = insideTile(tile, pixels, zoom);
  const auto last = static_cast<double>(levelPixels - 1);
  const auto coordinate = [&](int i) {
    const auto device = static_cast<double>(tile * kScreenTileSide + i);
    return std::clamp((device + 0.5) / levelZoom - 0.5, 0.0, last);
  };
  if (inside == 0) return axis;
  axis.begin = static_cast<int64_t>(coordinate(0));
  axis.end = static_cast<int64_t>(std::ceil(coordinate(inside - 1))) + 1;
  for (int i = 0; i < inside; ++i) {
    const double at = coordinate(i);
    const auto lower = static_cast<int64_t>(at);
    const auto share = static_cast<float>(at - static_cast<double>(lower));
    axis.lower.push_back(static_cast<int32_t>(lower - axis.begin));
    // A neighbour without weight may lie outside the window, and a NaN must not get in.
    axis.upper.push_back(axis.lower.back() + (share > 0 && lower + 1 < axis.end ? 1 : 0));
    axis.upperShare.push_back(share);
  }
  return axis;
}

TilePlan planTile(const PixelPyramid& pyramid, const ScreenTileKey& key) {
  const Extent2 plane = pyramid.shapeOf(0);
  TilePlan plan;
  if (key.zoom >= 1) {
    plan.rows = nearestAxis(key.row, plane.y, key.zoom);
    plan.columns = nearestAxis(key.column, plane.x, key.zoom);
    return plan;
  }
  double levelZoom = key.zoom;
  while (plan.level + 1 < pyramid.levels() && levelZoom * 2 <= 1) {
    ++plan.level;
    levelZoom *= 2;
  }
  const Extent2 shape = pyramid.shapeOf(plan.level);
  plan.isBlended = true;
  plan.rows = blendedAxis(key.row, plane.y, key.zoom, shape.y, levelZoom);
  plan.columns = blendedAxis(key.column, plane.x, key.zoom, shape.x, levelZoom);
  return plan;
}

/// Copies what `block` and the window share. `blockBox` is in pixels of the level.
template <typename T>
void copyPart(const Array& block, const PlaneBox& blockBox, const PlaneBox& windowBox, std::span<const int64_t> visible,
              Window<T>& window) {
  const PlaneBox part = blockBox.clippedTo(windowBox);
  for (size_t i = 0; i < visible.size(); ++i) {
    const T* from = block.plane<T>(visible[i], 0, 0).data();
    for (int64_t y = part.y0; y < part.y1; ++y) {
      std::copy_n(from + (y - blockBox.y0) * blockBox.width() + (part.x0 - blockBox.x0), part.width(),
                  window.channels[i].data() + (y - windowBox.y0) * window.columns + (part.x0 - windowBox.x0));
    }
  }
}

template <typename T>
Result<Window<T>> readWindow(PixelPyramid& pyramid, const ScreenTileKey& key, const TilePlan& plan,
                             std::span<const int64_t> visible, const JobContext& job) {
  constexpr int64_t kSide = PixelPyramid::kBlockSide;
  const PlaneBox box{plan.rows.begin, plan.columns.begin, plan.rows.end, plan.columns.end};
  Window<T> window{box.width(), {}};
  for (size_t i = 0; i < visible.size(); ++i) {
    window.channels.emplace_back(static_cast<size_t>(box.height() * box.width()));
  }
  for (int64_t row = box.y0 / kSide; row <= (box.y1 - 1) / kSide; ++row) {
    for (int64_t column = box.x0 / kSide; column <= (box.x1 - 1) / kSide; ++column) {
      CYTO_ASSIGN(const std::shared_ptr<const Array> block,
                  pyramid.block({key.t, key.z, plan.level, row, column}, job));
      const int64_t y0 = row * kSide, x0 = column * kSide;
      copyPart<T>(*block, {y0, x0, y0 + block->shape().y, x0 + block->shape().x}, box, visible, window);
    }
  }
  return window;
}

/// Colours one row: every channel adds what it has for its values, then the sums are clipped.
class RowColours {
 public:
  explicit RowColours(size_t columns) : sums_(columns), colours_(columns) {}

  template <typename T>
  void add(size_t channel, const T* values, const ContrastTable& table) {
    if (channel == 0) {
      for (size_t x = 0; x < sums_.size(); ++x) sums_[x] = table(values[x]);
    } else {
      for (size_t x = 0; x < sums_.size(); ++x) sums_[x] += table(values[x]);
    }
  }

  /// Without channels black.
  const std::vector<uint32_t>& clipped() {
    for (size_t x = 0; x < sums_.size(); ++x) colours_[x] = clippedColour(sums_[x]);
    return colours_;
  }

 private:
  std::vector<ColourSum> sums_;
  std::vector<uint32_t> colours_;
};

template <typename T>
void drawNearest(const Window<T>& window, const TilePlan& plan, std::span<const ContrastTable> tables,
                 ScreenTile& tile) {
  RowColours colours(static_cast<size_t>(plan.columns.width()));
  for (int i = 0; i < plan.rows.devices(); ++i) {
    uint32_t* out = tile.pixels.data() + i * kScreenTileSide;
    const int32_t y = plan.rows.lower[static_cast<size_t>(i)];
    if (i > 0 && y == plan.rows.lower[static_cast<size_t>(i) - 1]) {
      std::copy_n(out - kScreenTileSide, kScreenTileSide, out);
      continue;
    }
    for (size_t c = 0; c < tables.size(); ++c) colours.add(c, window.row(c, y), tables[c]);
    const std::vector<uint32_t>& ofRow = colours.clipped();
    for (const int32_t x : plan.columns.lower) *out++ = ofRow[static_cast<size_t>(x)];
  }
}

/// Blends two rows of a window into one and then its columns. Rows first: that reads memory in order.
template <typename T>
void blendRow(const Window<T>& window, size_t channel, const TilePlan& plan, size_t device,
              std::vector<Blended<T>>& between, std::vector<Blended<T>>& out) {
  const T* upperRow = window.row(channel, plan.rows.lower[device]);
  const T* lowerRow = window.row(channel, plan.rows.upper[device]);
  const auto share = static_cast<Blended<T>>(plan.rows.upperShare[device]);
  for (size_t x = 0; x < between.size(); ++x) {
    const auto a = static_cast<Blended<T>>(upperRow[x]), b = static_cast<Blended<T>>(lowerRow[x]);
    between[x] = a + (b - a) * share;
  }
  for (size_t x = 0; x < out.size(); ++x) {
    const Blended<T> a = between[static_cast<size_t>(plan.columns.lower[x])];
    const Blended<T> b = between[static_cast<size_t>(plan.columns.upper[x])];
    out[x] = a + (b - a) * static_cast<Blended<T>>(plan.columns.upperShare[x]);
  }
}

template <typename T>
void drawBlended(const Window<T>& window, const TilePlan& plan, std::span<const ContrastTable> tables,
                 ScreenTile& tile) {
  const auto devices = static_cast<size_t>(plan.columns.devices());
  RowColours colours(devices);
  std::vector<Blended<T>> between(static_cast<size_t>(plan.columns.width())), values(devices);
  for (int i = 0; i < plan.rows.devices(); ++i) {
    for (size_t c = 0; c < tables.size(); ++c) {
      blendRow(window, c, plan, static_cast<size_t>(i), between, values);
      colours.add(c, values.data(), tables[c]);
    }
    const std::vector<uint32_t>& ofRow = colours.clipped();
    std::copy(ofRow.begin(), ofRow.end(), tile.pixels.data() + i * kScreenTileSide);
  }
}

template <typename T>
Status drawImage(PixelPyramid& pyramid, const ScreenTileKey& key, std::span<const ChannelDisplay> channels,
                 const JobContext& job, ScreenTile& tile) {
  const TilePlan plan = planTile(pyramid, key);
  if (plan.rows.devices() == 0 || plan.columns.devices() == 0) return {};
  std::vector<int64_t> visible;
  std::vector<ContrastTable> tables;
  for (size_t c = 0; c < channels.size(); ++c) {
    if (!channels[c].isVisible) continue;
    visible.push_back(static_cast<int64_t>(c));
    tables.push_back(plan.isBlended ? ContrastTable::of<Blended<T>>(channels[c]) : ContrastTable::of<T>(channels[c]));
  }
  CYTO_ASSIGN(const Window<T> window, readWindow<T>(pyramid, key, plan, visible, job));
  if (plan.isBlended) {
    drawBlended(window, plan, std::span<const ContrastTable>(tables), tile);
  } else {
    drawNearest(window, plan, std::span<const ContrastTable>(tables), tile);
  }
  return {};
}

}  // namespace

Extent2 screenTileGrid(Extent2 plane, double zoom) {
  assert(zoom > 0);
  const auto tiles = [&](int64_t pixels) {
    return (deviceExtent(pixels, zoom) + kScreenTileSide - 1) / kScreenTileSide;
  };
  return {tiles(plane.y), tiles(plane.x)};
}

Result<ScreenTile> renderImageTile(PixelPyramid& pyramid, const ScreenTileKey& key,
                                   std::span<const ChannelDisplay> channels, const JobContext& job) {
  if (!(key.zoom > 0) || !std::isfinite(key.zoom)) {
    return Error(ErrorCode::kInvalidArgument, "an image is shown at a zoom above 0");
  }
  if (static_cast<int64_t>(channels.size()) != pyramid.info().channels) {
    return Error(ErrorCode::kInvalidArgument, std::to_string(channels.size()) +
                                                  " channel(s) are shown of an image that has " +
                                                  std::to_string(pyramid.info().channels));
  }
  ScreenTile tile{std::vector<uint32_t>(static_cast<size_t>(kScreenTileSide) * kScreenTileSide)};
  CYTO_TRY(visitDtype(pyramid.info().dtype,
                      [&](auto zero) { return drawImage<decltype(zero)>(pyramid, key, channels, job, tile); }));
  return tile;
}

}  // namespace cyto
