#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "core/display/label_overlay.h"
#include "core/display/screen_axis.h"
#include "core/display/screen_tile.h"

namespace cyto {

namespace {

constexpr int64_t kChunkSide = LabelVolume::kChunkSide;
constexpr int kTileSide = kScreenTileSide;
constexpr int kHaloWidth = 2;
/// Wider contours would make the border around a tile, which is sampled too, larger than the tile.
constexpr int kMostContourWidth = 64;
constexpr double kLeastContourOpacity = 0.6;
constexpr uint32_t kWhite = 0xFFFFFFFFU;

/// Device pixels in a row that show pixels of the same chunk.
struct ChunkSpan {
  int begin = 0;
  int end = 0;
  int64_t chunk = 0;
};

/// Which pixel lies under each device pixel of a tile and of the margin around it.
struct LabelAxis {
  std::vector<int32_t> pixelInChunk;
  std::vector<ChunkSpan> spans;  ///< device pixels outside the plane are in none
};

LabelAxis labelAxis(int64_t tile, int margin, int64_t pixels, double zoom) {
  LabelAxis axis;
  const int devices = kTileSide + 2 * margin;
  axis.pixelInChunk.resize(static_cast<size_t>(devices));
  const int64_t extent = deviceExtent(pixels, zoom);
  for (int i = 0; i < devices; ++i) {
    const int64_t device = tile * kTileSide - margin + i;
    if (device < 0 || device >= extent) continue;
    const int64_t pixel = pixelUnder(device, pixels, zoom);
    axis.pixelInChunk[static_cast<size_t>(i)] = static_cast<int32_t>(pixel % kChunkSide);
    const int64_t chunk = pixel / kChunkSide;
    if (axis.spans.empty() || axis.spans.back().chunk != chunk) axis.spans.push_back({i, i, chunk});
    axis.spans.back().end = i + 1;
  }
  return axis;
}

/// The ids under the device pixels of a tile and of a margin around it; 0 outside the plane.
class SampledLabels {
 public:
  explicit SampledLabels(int margin)
      : margin_(margin), side_(kTileSide + 2 * margin), ids_(static_cast<size_t>(side_) * static_cast<size_t>(side_)) {}

  int margin() const { return margin_; }
  int side() const { return side_; }

  /// Coordinates count from the corner of the margin.
  uint32_t* row(int y) { return ids_.data() + static_cast<ptrdiff_t>(y) * side_; }
  const uint32_t* row(int y) const { return ids_.data() + static_cast<ptrdiff_t>(y) * side_; }
  bool isInTile(int y, int x) const {
    return y >= margin_ && x >= margin_ && y < margin_ + kTileSide && x < margin_ + kTileSide;
  }

 private:
  int margin_;
  int side_;
  std::vector<uint32_t> ids_;
};

void sampleRow(const LabelAxis& columns, std::span<ChunkReader> chunks, int32_t rowInChunk, uint32_t* out) {
  for (size_t s = 0; s < columns.spans.size(); ++s) {
    if (!chunks[s]) continue;
    const ChunkSpan& span = columns.spans[s];
    const uint32_t* ids = chunks[s].row(rowInChunk);
    for (int x = span.begin; x < span.end; ++x) out[x] = ids[columns.pixelInChunk[static_cast<size_t>(x)]];
  }
}

/// False when no chunk under the tile and its margin exists.
bool sample(const LabelVolume& labels, const ScreenTileKey& key, SampledLabels& sampled) {
  const LabelAxis rows = labelAxis(key.row, sampled.margin(), labels.shape().y, key.zoom);
  const LabelAxis columns = labelAxis(key.column, sampled.margin(), labels.shape().x, key.zoom);
  bool isAnyThere = false;
  std::vector<ChunkReader> chunks(columns.spans.size());
  for (const ChunkSpan& span : rows.spans) {
    bool isAnyInRow = false;
    for (size_t s = 0; s < chunks.size(); ++s) {
      chunks[s] = labels.chunk({key.t, key.z, span.chunk, columns.spans[s].chunk});
      isAnyInRow |= static_cast<bool>(chunks[s]);
    }
    if (!isAnyInRow) continue;
    isAnyThere = true;
    for (int y = span.begin; y < span.end; ++y) {
      const int32_t rowInChunk = rows.pixelInChunk[static_cast<size_t>(y)];
      if (y > span.begin && rowInChunk == rows.pixelInChunk[static_cast<size_t>(y) - 1]) {
        std::copy_n(sampled.row(y - 1), sampled.side(), sampled.row(y));
      } else {
        sampleRow(columns, chunks, rowInChunk, sampled.row(y));
      }
    }
  }
  return isAnyThere;
}

/// A mark per device pixel of the sampled square.
using Marks = std::vector<uint8_t>;

/// Pixels beside which, in the four directions, there is another id.
Marks markEdges(const SampledLabels& sampled) {
  const int side = sampled.side();
  Marks edges(static_cast<size_t>(side) * static_cast<size_t>(side));
  for (int y = 0; y < side; ++y) {
    const uint32_t* ids = sampled.row(y);
    const uint32_t* above = sampled.row(std::max(y - 1, 0));
    const uint32_t* below = sampled.row(std::min(y + 1, side - 1));
    uint8_t* out = edges.data() + static_cast<ptrdiff_t>(y) * side;
    // Without branches, so that the compiler does many at once.
    for (int x = 0; x < side; ++x) out[x] = (ids[x] != above[x]) | (ids[x] != below[x]);
    for (int x = 1; x < side; ++x) out[x] |= ids[x] != ids[x - 1];
    for (int x = 0; x + 1 < side; ++x) out[x] |= ids[x] != ids[x + 1];
  }
  return edges;
}

struct Step {
  int dy;
  int dx;
};

/// The steps to all pixels whose centre is at most `radius` away, without the step to itself.
std::vector<Step> discSteps(int radius) {
  std::vector<Step> steps;
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      if (dy * dy + dx * dx <= radius * radius && (dy != 0 || dx != 0)) steps.push_back({dy, dx});
    }
  }
  return steps;
}

/// Marks the pixels of the tile within `radius` of a pixel of another id that `isSource(id)` allows. It is enough to
/// look from pixels on edges: the nearest such pixel always is one, as its neighbour towards here is not of its kind.
template <typename IsSource>
Marks markNear(const SampledLabels& sampled, const Marks& edges, int radius, IsSource isSource) {
  const int side = sampled.side();
  const std::vector<Step> steps = discSteps(radius);
  Marks near(edges.size());
  for (int y = 0; y < side; ++y) {
    const uint32_t* ids = sampled.row(y);
    for (int x = 0; x < side; ++x) {
      if (!edges[static_cast<size_t>(y * side + x)] || !isSource(ids[x])) continue;
      for (const Step& step : steps) {
        const int toY = y + step.dy, toX = x + step.dx;
        if (!sampled.isInTile(toY, toX) || sampled.row(toY)[toX] == ids[x]) continue;
        near[static_cast<size_t>(toY * side + toX)] = 1;
      }
    }
  }
  return near;
}

uint32_t premultiplied(const std::array<uint8_t, 3>& colour, double opacity) {
  const auto alpha = static_cast<uint32_t>(std::lround(255 * opacity));
  const auto component = [&](size_t c) { return (colour[c] * alpha + 127) / 255; };
  return alpha << 24 | component(0) << 16 | component(1) << 8 | component(2);
}

/// The colours of the ids of a tile, each computed once as long as few share a slot.
class LabelColours {
 public:
  explicit LabelColours(const LabelStyle& style)
      : isFilled_(style.shape == LabelStyle::Shape::kFilled), opacity_(std::clamp(style.opacity, 0.0, 1.0)) {}

  uint32_t of(uint32_t id, bool isContour) {
    Slot& slot = slots_[id % slots_.size()];
    if (slot.id != id) {
      const auto colour = labelColour(id);
      slot = {id, isFilled_ ? premultiplied(colour, opacity_) : 0,
              premultiplied(colour, std::max(opacity_, kLeastContourOpacity))};
    }
    return isContour ? slot.contour : slot.filling;
  }

 private:
  struct Slot {
    uint32_t id = 0;  // of the background, which is never asked for
    uint32_t filling = 0;
    uint32_t contour = 0;
  };

  bool isFilled_;
  double opacity_;
  std::array<Slot, 1024> slots_{};
};

/// Whether the tile has an id at all.
bool drawObjects(const SampledLabels& sampled, const Marks& contours, const LabelStyle& style, ScreenTile& tile) {
  LabelColours colours(style);
  bool isAnyThere = false;
  const int margin = sampled.margin();
  for (int y = 0; y < kTileSide; ++y) {
    const uint32_t* ids = sampled.row(y + margin) + margin;
    const uint8_t* isContour = contours.data() + static_cast<ptrdiff_t>(y + margin) * sampled.side() + margin;
    uint32_t* out = tile.pixels.data() + y * kTileSide;
    for (int x = 0; x < kTileSide; ++x) {
      if (ids[x] == 0) continue;
      out[x] = colours.of(ids[x], isContour[x] != 0);
      isAnyThere = true;
    }
  }
  return isAnyThere;
}

/// Whether the tile has any of the halo. Nothing is drawn outside the plane.
bool drawHalo(const Marks& halo, const SampledLabels& sampled, int rows, int columns, ScreenTile& tile) {
  bool isAnyThere = false;
  for (int y = 0; y < rows; ++y) {
    const uint8_t* isHalo =
        halo.data() + static_cast<ptrdiff_t>(y + sampled.margin()) * sampled.side() + sampled.margin();
    for (int x = 0; x < columns; ++x) {
      if (!isHalo[x]) continue;
      tile.pixels[static_cast<size_t>(y * kTileSide + x)] = kWhite;
      isAnyThere = true;
    }
  }
  return isAnyThere;
}

}  // namespace

ScreenTile renderLabelTile(const LabelVolume& labels, const ScreenTileKey& key, const LabelStyle& style) {
  assert(key.zoom > 0);
  const int rows = insideTile(key.row, labels.shape().y, key.zoom);
  const int columns = insideTile(key.column, labels.shape().x, key.zoom);
  if (labels.size_bytes() == 0 || rows == 0 || columns == 0) return {};

  const int contourWidth = std::clamp(style.contourWidth, 0, kMostContourWidth);
  SampledLabels sampled(std::max(contourWidth, kHaloWidth));
  if (!sample(labels, key, sampled)) return {};

  ScreenTile tile{std::vector<uint32_t>(static_cast<size_t>(kTileSide) * kTileSide)};
  const Marks edges = markEdges(sampled);
  const auto isAnyId = [](uint32_t) { return true; };
  // At a width of one the contour is the edge itself.
  const Marks contours = contourWidth == 1 ? edges : markNear(sampled, edges, contourWidth, isAnyId);
  bool isAnyDrawn = drawObjects(sampled, contours, style, tile);
  if (style.selected != 0) {
    const auto isSelected = [&](uint32_t id) { return id == style.selected; };
    isAnyDrawn |= drawHalo(markNear(sampled, edges, kHaloWidth, isSelected), sampled, rows, columns, tile);
  }
  return isAnyDrawn ? std::move(tile) : ScreenTile{};
}

}  // namespace cyto
