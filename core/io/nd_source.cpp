#include "core/io/nd_source.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/io/file_bytes.h"

namespace cyto::io {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kCanonical = "CTZYX";

// For each of c, t, z, y, x the axis of the file, or -1 when the file has none.
struct AxisPlaces {
  int place[5] = {-1, -1, -1, -1, -1};
  int64_t extent(int axis, std::span<const int64_t> shape) const {
    return place[axis] < 0 ? 1 : shape[static_cast<size_t>(place[axis])];
  }
};

Result<AxisPlaces> placeAxes(const fs::path& path, const std::string& axes, std::span<const int64_t> shape) {
  AxisPlaces places;
  for (size_t i = 0; i < axes.size(); ++i) {
    const char letter = axes[i] == 'S' ? 'C' : axes[i];
    const size_t axis = kCanonical.find(letter);
    if (axis == kCanonical.npos) {
      if (shape[i] == 1) continue;
      return cannotOpen(path, std::string("its axis '") + axes[i] + "' of extent " + std::to_string(shape[i]) +
                                  " is none of time, channel, z, y, x; extract one position along it");
    }
    if (places.place[axis] >= 0) {
      return cannotOpen(path, std::string("its axis '") + axes[i] + "' is named twice; correct the axes of the file");
    }
    places.place[axis] = static_cast<int>(i);
  }
  if (places.place[4] < 0 || (places.place[3] < 0 && axes.size() > 1)) {
    return cannotOpen(path, "its axes '" + axes + "' lack y or x; it is no image");
  }
  return places;
}

Shape shapeOf(const AxisPlaces& places, std::span<const int64_t> shape) {
  return {places.extent(1, shape), places.extent(2, shape), places.extent(3, shape), places.extent(4, shape)};
}

class NdSource : public ImageSource {
 public:
  NdSource(fs::path path, ImageInfo info, AxisPlaces places, NdLevels levels)
      : path_(std::move(path)), info_(std::move(info)), places_(places), levels_(std::move(levels)) {}

  const ImageInfo& info() const override { return info_; }

  Result<Array> read(const Box& box, int level, const JobContext& job) const override {
    CYTO_TRY(checkRegion(info_, box, level));
    CYTO_ASSIGN(Array out, createPixels(info_.dtype, box.shape(), info_.channels));
    if (out.elements() == 0) return out;
    const NdArray& array = *levels_[static_cast<size_t>(level)];
    std::vector<int64_t> begin(array.shape().size(), 0);
    std::vector<int64_t> count(array.shape().size(), 1);
    const int64_t first[5] = {0, box.begin.t, box.begin.z, box.begin.y, box.begin.x};
    const int64_t extent[5] = {info_.channels, box.shape().t, box.shape().z, box.shape().y, box.shape().x};
    for (int axis = 0; axis < 5; ++axis) {
      if (places_.place[axis] < 0) continue;
      begin[static_cast<size_t>(places_.place[axis])] = first[axis];
      count[static_cast<size_t>(places_.place[axis])] = extent[axis];
    }
    const auto target = std::span(out.data(), static_cast<size_t>(out.size_bytes()));
    if (isInOrder()) {
      CYTO_TRY(array.read(begin, count, target, job));
      return out;
    }
    CYTO_ASSIGN(Array inFileOrder, createPixels(info_.dtype, box.shape(), info_.channels));
    CYTO_TRY(array.read(begin, count, std::span(inFileOrder.data(), target.size()), job));
    reorder(inFileOrder.data(), count, extent, out.data());
    return out;
  }

 private:
  // Whether the axes of the file come in the order c, t, z, y, x.
  bool isInOrder() const {
    int last = -1;
    for (const int place : places_.place) {
      if (place < 0) continue;
      if (place < last) return false;
      last = place;
    }
    return true;
  }

  void reorder(const std::byte* from, const std::vector<int64_t>& count, const int64_t* extent, std::byte* to) const {
    int64_t stride[5] = {0, 0, 0, 0, 0};  // in elements of the file order, for c, t, z, y, x
    for (int axis = 0; axis < 5; ++axis) {
      if (places_.place[axis] < 0) continue;
      stride[axis] = 1;
      for (size_t i = static_cast<size_t>(places_.place[axis]) + 1; i < count.size(); ++i) stride[axis] *= count[i];
    }
    visitDtype(info_.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T* source = reinterpret_cast<const T*>(from);
      T* target = reinterpret_cast<T*>(to);
      for (int64_t c = 0; c < extent[0]; ++c)
        for (int64_t t = 0; t < extent[1]; ++t)
          for (int64_t z = 0; z < extent[2]; ++z)
            for (int64_t y = 0; y < extent[3]; ++y) {
              const T* row = source + c * stride[0] + t * stride[1] + z * stride[2] + y * stride[3];
              for (int64_t x = 0; x < extent[4]; ++x) *target++ = row[x * stride[4]];
            }
    });
  }

  fs::path path_;
  ImageInfo info_;
  AxisPlaces places_;
  NdLevels levels_;
};

}  // namespace

std::string guessedAxes(std::span<const int64_t> shape) {
  const bool endsInChannels = !shape.empty() && shape.back() <= 4;
  const bool endsInColor = endsInChannels && shape.back() >= 3;
  switch (shape.size()) {
    case 1: return "X";
    case 2: return "YX";
    case 3: return endsInColor && shape[0] > 4 && shape[1] > 4 ? "YXC" : "ZYX";
    case 4: return endsInChannels && shape[2] > 4 ? "ZYXC" : "TZYX";
    case 5: return endsInChannels && shape[3] > 4 ? "TZYXC" : "TCZYX";
    default: return std::string(shape.size(), '?');
  }
}

Result<std::unique_ptr<ImageSource>> makeNdSource(const fs::path& path, ImageInfo info, std::string axes,
                                                  NdLevels levels) {
  const NdArray& finest = *levels.front();
  if (axes.size() != finest.shape().size() || axes.empty()) {
    return cannotOpen(path, "its array has " + std::to_string(finest.shape().size()) +
                                " axes, but one to five of time, channel, z, y, x are needed");
  }
  CYTO_ASSIGN(const AxisPlaces places, placeAxes(path, axes, finest.shape()));
  info.fileAxes = axes;
  info.fileShape = finest.shape();
  info.dtype = finest.dtype().dtype;
  info.fileDtype = finest.dtype().name();
  info.shape = shapeOf(places, finest.shape());
  info.channels = places.extent(0, finest.shape());
  if (!info.shape.elements() || *info.shape.elements() == 0 || info.channels < 1) {
    return cannotOpen(path, "its array of shape " + info.shape.text() + " (t, z, y, x) holds no pixels");
  }
  const int place = places.place[0];
  info.isRgb = info.channels == 3 && info.dtype == Dtype::kUint8 && place == static_cast<int>(axes.size()) - 1;
  if (info.channelNames.size() != static_cast<size_t>(info.channels)) info.channelNames.clear();
  NdLevels usable;
  for (auto& level : levels) {
    const bool same = level->shape().size() == finest.shape().size() && level->dtype().dtype == info.dtype &&
                      places.extent(0, level->shape()) == info.channels;
    if (!same) break;
    info.levels.push_back(shapeOf(places, level->shape()));
    usable.push_back(std::move(level));
  }
  return std::unique_ptr<ImageSource>(std::make_unique<NdSource>(path, std::move(info), places, std::move(usable)));
}

}  // namespace cyto::io
