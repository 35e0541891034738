#include "core/session/step_thumbnail.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/display/screen_axis.h"
#include "core/display/screen_tile.h"

namespace cyto {

namespace {

constexpr uint32_t kOpaque = 0xFF000000u;
constexpr uint32_t kNeutral = 0xFF44484Eu;
constexpr uint32_t kGained = 0xFF2FB4FFu;  // told apart by every kind of colour vision
constexpr uint32_t kLost = 0xFFFF7A3Du;
constexpr uint32_t kPositive = 0xFF35E07Bu;
constexpr uint32_t kNegative = 0xFFFF4D4Du;

/// Where in the image a picture is taken, and in which plane.
struct Place {
  int64_t t = 0;
  int64_t z = 0;
  PlaneBox box;
};

PlaneBox united(const PlaneBox& a, const PlaneBox& b) {
  if (a.isEmpty()) return b;
  if (b.isEmpty()) return a;
  return {std::min(a.y0, b.y0), std::min(a.x0, b.x0), std::max(a.y1, b.y1), std::max(a.x1, b.x1)};
}

/// The rows of a run of a chunk, each as a box of one row in pixels of the plane.
template <typename Visit>
void visitRows(const ChunkKey& chunk, const LabelRun& run, Visit visit) {
  const int64_t end = int64_t{run.start} + run.length;
  for (int64_t at = run.start; at < end;) {
    const int64_t row = at / kLabelChunkSide;
    const int64_t column = at % kLabelChunkSide;
    const int64_t length = std::min(end - at, kLabelChunkSide - column);
    const int64_t y = chunk.row * kLabelChunkSide + row;
    const int64_t x = chunk.column * kLabelChunkSide + column;
    visit(PlaneBox{y, x, y + 1, x + length});
    at += length;
  }
}

const LabelDelta& changeOf(const Edit& edit) { return edit.labels.isEmpty() ? edit.proposals : edit.labels; }

/// What a draft shows: that after the edit, or for one that dropped it, that before.
const Draft* shownDraft(const Edit& edit) {
  if (!edit.draft) return nullptr;
  const Draft& after = edit.draft->after;
  return after.prompts.isEmpty() && !after.current ? &edit.draft->before : &after;
}

PlaneBox boxOf(const ObjectPrompts& prompts) {
  PlaneBox all;
  const auto add = [&](double y0, double x0, double y1, double x1) {
    all = united(all, {static_cast<int64_t>(std::floor(y0)), static_cast<int64_t>(std::floor(x0)),
                       static_cast<int64_t>(std::ceil(y1)) + 1, static_cast<int64_t>(std::ceil(x1)) + 1});
  };
  for (const PointPrompt& point : prompts.points) add(point.y, point.x, point.y, point.x);
  for (const BoxPrompt& box : prompts.boxes) add(box.y0, box.x0, box.y1, box.x1);
  if (prompts.mask) all = united(all, prompts.mask->box);
  return all;
}

std::optional<Place> placeOfPixels(const Edit& edit) {
  const auto& chunks = changeOf(edit).chunks;
  if (chunks.empty()) return std::nullopt;
  const auto isInPlane = [&](const ChunkDelta& delta) { return delta.chunk.t == edit.t && delta.chunk.z == edit.z; };
  // A change of many planes is shown by the one it was made in, or else by its first.
  const auto own = std::find_if(chunks.begin(), chunks.end(), isInPlane);
  const ChunkKey plane = (own == chunks.end() ? chunks.front() : *own).chunk;
  Place place{plane.t, plane.z, {}};
  for (const ChunkDelta& delta : chunks) {
    if (delta.chunk.t != plane.t || delta.chunk.z != plane.z) continue;
    for (const LabelRun& run : delta.runs) {
      visitRows(delta.chunk, run, [&](const PlaneBox& row) { place.box = united(place.box, row); });
    }
  }
  return place;
}

std::optional<Place> placeOfDraft(const Edit& edit) {
  const Draft* draft = shownDraft(edit);
  if (!draft) return std::nullopt;
  PlaneBox box = boxOf(draft->prompts);
  if (draft->current) box = united(box, draft->current->mask.box);
  if (box.isEmpty()) return std::nullopt;
  return Place{edit.t, edit.z, box};
}

/// Where the objects lie that a step did something else to than change their pixels.
std::optional<Place> placeOfObjects(const Edit& edit) {
  std::optional<Place> place;
  for (const ObjectChange& change : edit.objects) {
    const auto& record = change.after ? change.after : change.before;
    const Box& bounds = record->bounds;
    if (bounds.isEmpty()) continue;
    const PlaneBox box{bounds.begin.y, bounds.begin.x, bounds.end.y, bounds.end.x};
    if (!place) place = Place{bounds.begin.t, bounds.begin.z, {}};
    if (bounds.begin.t == place->t && bounds.begin.z == place->z) place->box = united(place->box, box);
  }
  return place;
}

std::optional<Place> placeOf(const Edit& edit) {
  auto place = placeOfPixels(edit);
  if (!place) place = placeOfDraft(edit);
  if (!place) place = placeOfObjects(edit);
  return place;
}

/// The square around a change and how large it is drawn.
class Picture {
 public:
  Picture(const Place& place, const Shape& shape, int side_px)
      : place_(place), shape_(shape), side_(side_px), pixels_(static_cast<size_t>(side_px) * side_px, kNeutral) {
    constexpr double kMargin = 1.5;
    constexpr double kLeast = 32;  // fewer pixels would show no surroundings
    const double side =
        std::max(kLeast, kMargin * static_cast<double>(std::max(place.box.height(), place.box.width())));
    zoom_ = side_ / side;
    y0_ = originOf(place.box.y0, place.box.y1, shape.y);
    x0_ = originOf(place.box.x0, place.box.x1, shape.x);
  }

  void drawImage(PixelPyramid& pyramid, std::span<const ChannelDisplay> channels, const JobContext& job) {
    const int64_t rows = deviceExtent(shape_.y, zoom_);
    const int64_t columns = deviceExtent(shape_.x, zoom_);
    const auto first = [](int64_t origin) { return std::max<int64_t>(0, origin) / kScreenTileSide; };
    const auto last = [&](int64_t origin, int64_t extent) {
      return (std::min(extent, origin + side_) - 1) / kScreenTileSide;
    };
    for (int64_t row = first(y0_); row <= last(y0_, rows); ++row) {
      for (int64_t column = first(x0_); column <= last(x0_, columns); ++column) {
        const auto tile = renderImageTile(pyramid, {place_.t, place_.z, zoom_, row, column}, channels, job);
        if (tile) copy(*tile, row, column, rows, columns);
      }
    }
  }

  void tint(const PlaneBox& box, uint32_t colour) {
    const auto [y0, y1] = devices(box.y0, box.y1, y0_);
    const auto [x0, x1] = devices(box.x0, box.x1, x0_);
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        uint32_t& pixel = at(y, x);
        if (!isTinted(y, x)) pixel = blended(pixel, colour);
      }
    }
  }

  void dot(const PointPrompt& point) {
    const double radius = std::max(2.0, side_ / 20.0);
    const double y = (point.y + 0.5) * zoom_ - static_cast<double>(y0_);
    const double x = (point.x + 0.5) * zoom_ - static_cast<double>(x0_);
    for (int row = 0; row < side_; ++row) {
      for (int column = 0; column < side_; ++column) {
        const double distance = std::hypot(row + 0.5 - y, column + 0.5 - x);
        if (distance <= radius) at(row, column) = point.positive ? kPositive : kNegative;
        if (distance > radius && distance <= radius + 1) at(row, column) = kOpaque;
      }
    }
  }

  std::vector<uint32_t> take() { return std::move(pixels_); }

 private:
  /// In device pixels of the enlarged plane: centred, but where possible within the plane.
  int64_t originOf(int64_t begin, int64_t end, int64_t pixels) const {
    const double centre = 0.5 * static_cast<double>(begin + end) * zoom_;
    const auto origin = static_cast<int64_t>(std::lround(centre - 0.5 * side_));
    const int64_t extent = deviceExtent(pixels, zoom_);
    return extent <= side_ ? -(side_ - extent) / 2 : std::clamp<int64_t>(origin, 0, extent - side_);
  }

  void copy(const ScreenTile& tile, int64_t row, int64_t column, int64_t rows, int64_t columns) {
    const int64_t top = row * kScreenTileSide;
    const int64_t left = column * kScreenTileSide;
    const int64_t bottom = std::min({top + kScreenTileSide, rows, y0_ + side_});
    const int64_t right = std::min({left + kScreenTileSide, columns, x0_ + side_});
    for (int64_t y = std::max(top, y0_); y < bottom; ++y) {
      for (int64_t x = std::max(left, x0_); x < right; ++x) {
        at(static_cast<int>(y - y0_), static_cast<int>(x - x0_)) =
            tile.pixels[static_cast<size_t>((y - top) * kScreenTileSide + (x - left))] | kOpaque;
      }
    }
  }

  /// The device pixels of a run of pixels, within the picture; at least one, so that thin changes are seen.
  std::pair<int, int> devices(int64_t begin, int64_t end, int64_t origin) const {
    const auto first = static_cast<int64_t>(std::floor(static_cast<double>(begin) * zoom_));
    const auto last = static_cast<int64_t>(std::floor(static_cast<double>(end) * zoom_));
    const auto within = [&](int64_t device) {
      return static_cast<int>(std::clamp<int64_t>(device - origin, 0, side_));
    };
    return {within(first), within(std::max(first + 1, last))};
  }

  /// Where the picture is smaller than the image, several pixels meet in one.
  bool isTinted(int y, int x) {
    if (tinted_.empty()) tinted_.resize(pixels_.size());
    const size_t index = static_cast<size_t>(y) * static_cast<size_t>(side_) + static_cast<size_t>(x);
    return std::exchange(tinted_[index], uint8_t{1}) != 0;
  }

  static uint32_t blended(uint32_t under, uint32_t over) {
    uint32_t mixed = kOpaque;
    for (const int shift : {0, 8, 16}) {
      mixed |= (((under >> shift & 0xFF) * 9 + (over >> shift & 0xFF) * 11) / 20) << shift;
    }
    return mixed;
  }

  uint32_t& at(int y, int x) {
    return pixels_[static_cast<size_t>(y) * static_cast<size_t>(side_) + static_cast<size_t>(x)];
  }

  Place place_;
  Shape shape_;
  int side_;
  double zoom_ = 1;
  int64_t y0_ = 0;
  int64_t x0_ = 0;
  std::vector<uint32_t> pixels_;
  std::vector<uint8_t> tinted_;
};

void drawPixels(const LabelDelta& change, const Place& place, Picture& picture) {
  for (const ChunkDelta& delta : change.chunks) {
    if (delta.chunk.t != place.t || delta.chunk.z != place.z) continue;
    for (const LabelRun& run : delta.runs) {
      const uint32_t colour = run.after != 0 ? kGained : kLost;
      visitRows(delta.chunk, run, [&](const PlaneBox& row) { picture.tint(row, colour); });
    }
  }
}

void drawDraft(const Edit& edit, Picture& picture) {
  const Draft* draft = shownDraft(edit);
  if (!draft) return;
  const uint32_t colour = draft == &edit.draft->after ? kGained : kLost;
  if (draft->current) {
    const PlaneMask& mask = draft->current->mask;
    for (int64_t y = mask.box.y0; y < mask.box.y1; ++y) {
      for (int64_t x = mask.box.x0; x < mask.box.x1; ++x) {
        if (mask.at(y, x)) picture.tint({y, x, y + 1, x + 1}, colour);
      }
    }
  } else {
    for (const BoxPrompt& box : draft->prompts.boxes) {
      picture.tint({static_cast<int64_t>(box.y0), static_cast<int64_t>(box.x0), static_cast<int64_t>(box.y1) + 1,
                    static_cast<int64_t>(box.x1) + 1},
                   colour);
    }
  }
  for (const PointPrompt& point : draft->prompts.points) picture.dot(point);
}

}  // namespace

bool hasPlace(const Edit& edit) { return placeOf(edit).has_value(); }

std::vector<uint32_t> renderStepThumbnail(const Edit& edit, const Shape& shape, const StepThumbnailRequest& request,
                                          const JobContext& job) {
  const std::optional<Place> place = placeOf(edit);
  if (!place || request.side_px < 1) return {};
  if (place->t < 0 || place->z < 0 || place->t >= shape.t || place->z >= shape.z) return {};
  Picture picture(*place, shape, request.side_px);
  if (request.pyramid && !request.channels.empty()) picture.drawImage(*request.pyramid, request.channels, job);
  if (changeOf(edit).isEmpty()) {
    drawDraft(edit, picture);
  } else {
    drawPixels(changeOf(edit), *place, picture);
  }
  return picture.take();
}

}  // namespace cyto
