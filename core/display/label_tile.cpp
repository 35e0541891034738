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
constexpr uint32_t kDark = 0xB0000000U;  // premultiplied: shows on light and dark, and beside every colour

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

/// What is known of the ids of a tile, each worked out once as long as few share a slot.
class LabelLooks {
 public:
  struct Look {
    uint32_t id = 0;  ///< of the background, which is never asked for
    uint32_t filling = 0;
    uint32_t contour = 0;
    bool isFinished = false;
  };

  LabelLooks(const LabelStyle& style, const std::function<bool(uint32_t)>& isFinished)
      : filling_(fillingOpacity(style)),
        contour_(std::max(style.opacity, kLeastContourOpacity)),
        isFinished_(isFinished) {}

  const Look& of(uint32_t id) {
    Look& look = looks_[id % looks_.size()];
    if (look.id != id) {
      const auto colour = labelColour(id);
      look = {id, premultiplied(colour, filling_), premultiplied(colour, std::min(contour_, 1.0)),
              isFinished_ && isFinished_(id)};
    }
    return look;
  }

 private:
  static double fillingOpacity(const LabelStyle& style) {
    const double opacity = std::clamp(style.opacity, 0.0, 1.0);
    constexpr double kHatchedPart = 0.4;
    switch (style.shape) {
      case LabelStyle::Shape::kContour: return 0;
      case LabelStyle::Shape::kHatched: return kHatchedPart * opacity;
      default: return opacity;
    }
  }

  double filling_;
  double contour_;
  const std::function<bool(uint32_t)>& isFinished_;
  std::array<Look, 1024> looks_{};
};

/// Dashes and lines of proposals. They hang together over tiles, so places are those in the whole enlarged plane.
class Hatching {
 public:
  explicit Hatching(const LabelStyle& style, const ScreenTileKey& key, int lineWidth)
      : isOn_(style.shape == LabelStyle::Shape::kHatched),
        width_(lineWidth),
        y_(key.row * kTileSide),
        x_(key.column * kTileSide) {}

  bool isOn() const { return isOn_; }
  /// A chequered pattern makes dashes along rows and columns, which lines at an angle are not.
  bool isGap(int y, int x) const {
    const int64_t dash = kDash * width_;
    return ((y_ + y) / dash + (x_ + x) / dash) % 2 != 0;
  }
  bool isLine(int y, int x) const { return (y_ + y + x_ + x) % (kSpacing * width_) < width_; }

 private:
  static constexpr int64_t kDash = 4;
  static constexpr int64_t kSpacing = 8;
  bool isOn_;
  int64_t width_;
  int64_t y_;
  int64_t x_;
};

/// What is drawn where: the contour of every object, and a line inside it for those that are finished.
struct Borders {
  const Marks& contours;
  const Marks& inner;  ///< empty when no object is finished
};

/// Whether the tile has an id at all.
bool drawObjects(const SampledLabels& sampled, const Borders& borders, const Hatching& hatching, LabelLooks& looks,
                 ScreenTile& tile) {
  bool isAnyThere = false;
  const int margin = sampled.margin();
  for (int y = 0; y < kTileSide; ++y) {
    const uint32_t* ids = sampled.row(y + margin) + margin;
    const auto offset = static_cast<size_t>((y + margin) * sampled.side() + margin);
    const uint8_t* isContour = borders.contours.data() + offset;
    const uint8_t* isInner = borders.inner.empty() ? nullptr : borders.inner.data() + offset;
    uint32_t* out = tile.pixels.data() + y * kTileSide;
    for (int x = 0; x < kTileSide; ++x) {
      if (ids[x] == 0) continue;
      isAnyThere = true;
      const LabelLooks::Look& look = looks.of(ids[x]);
      if (isContour[x]) {
        out[x] = hatching.isOn() && hatching.isGap(y, x) ? kDark : look.contour;
      } else if (isInner && look.isFinished && isInner[x]) {
        out[x] = kDark;
      } else {
        out[x] = hatching.isOn() && hatching.isLine(y, x) ? look.contour : look.filling;
      }
    }
  }
  return isAnyThere;
}

/// Whether one of the objects on edges is finished.
bool hasFinished(const SampledLabels& sampled, const Marks& edges, LabelLooks& looks) {
  for (int y = 0; y < sampled.side(); ++y) {
    const uint32_t* ids = sampled.row(y);
    const uint8_t* isEdge = edges.data() + static_cast<ptrdiff_t>(y) * sampled.side();
    for (int x = 0; x < sampled.side(); ++x) {
      if (isEdge[x] && ids[x] != 0 && looks.of(ids[x]).isFinished) return true;
    }
  }
  return false;
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

ScreenTile renderLabelTile(const LabelVolume& labels, const ScreenTileKey& key, const LabelStyle& style,
                           const std::function<bool(uint32_t)>& isFinished) {
  assert(key.zoom > 0);
  const int rows = insideTile(key.row, labels.shape().y, key.zoom);
  const int columns = insideTile(key.column, labels.shape().x, key.zoom);
  if (labels.size_bytes() == 0 || rows == 0 || columns == 0) return {};

  const int contourWidth = std::clamp(style.contourWidth, 0, kMostContourWidth);
  const int lineWidth = std::max(contourWidth, 1);
  SampledLabels sampled(std::max(contourWidth + lineWidth, kHaloWidth));
  if (!sample(labels, key, sampled)) return {};

  ScreenTile tile{std::vector<uint32_t>(static_cast<size_t>(kTileSide) * kTileSide)};
  const Marks edges = markEdges(sampled);
  const auto isAnyId = [](uint32_t) { return true; };
  // At a width of one the contour is the edge itself.
  const Marks contours = contourWidth == 1 ? edges : markNear(sampled, edges, contourWidth, isAnyId);
  LabelLooks looks(style, isFinished);
  Marks inner;
  if (isFinished && hasFinished(sampled, edges, looks)) {
    inner = markNear(sampled, edges, contourWidth + lineWidth, isAnyId);
  }
  bool isAnyDrawn = drawObjects(sampled, {contours, inner}, Hatching(style, key, lineWidth), looks, tile);
  if (style.selected != 0) {
    const auto isSelected = [&](uint32_t id) { return id == style.selected; };
    isAnyDrawn |= drawHalo(markNear(sampled, edges, kHaloWidth, isSelected), sampled, rows, columns, tile);
  }
  return isAnyDrawn ? std::move(tile) : ScreenTile{};
}

}  // namespace cyto
