#include "core/training/sample_reading.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/inference/preprocessing.h"
#include "core/io/image_source.h"
#include "core/io/label_reader.h"

namespace cyto {

namespace {

struct Bounds {
  int64_t firstRow, lastRow, firstColumn, lastColumn;
  int64_t pixels = 0;
};

/// Ids beyond 32 bits get small numbers that are free.
std::vector<uint32_t> narrowed(const std::vector<uint64_t>& ids) {
  constexpr uint64_t kLargest = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> labels(ids.size());
  if (std::all_of(ids.begin(), ids.end(), [](uint64_t id) { return id <= kLargest; })) {
    std::transform(ids.begin(), ids.end(), labels.begin(), [](uint64_t id) { return static_cast<uint32_t>(id); });
    return labels;
  }
  std::unordered_map<uint64_t, uint32_t> numbers = {{0, 0}};
  for (size_t i = 0; i < ids.size(); ++i) {
    labels[i] = numbers.try_emplace(ids[i], static_cast<uint32_t>(numbers.size())).first->second;
  }
  return labels;
}

Box boxOf(const SamplePlace& place) {
  return {{place.t, place.z, place.window.y0, place.window.x0},
          {place.t + 1, place.z + 1, place.window.y1, place.window.x1}};
}

/// What the labels lie over.
Shape labelledShape(const Shape& image, bool arePlanesChannels) {
  return arePlanesChannels ? Shape{1, 1, image.y, image.x} : image;
}

Result<std::vector<uint32_t>> readLabels(const SamplePlace& place, const Shape& image) {
  const Shape shape = labelledShape(image, place.arePlanesChannels);
  CYTO_ASSIGN(const io::LabelReader reader, io::LabelReader::open(place.file.labels, place.labelsKey, shape));
  std::vector<uint64_t> ids;
  CYTO_TRY(reader.read(boxOf(place), ids, {}));
  return narrowed(ids);
}

std::vector<Bounds> objectsIn(const std::vector<uint32_t>& labels, int64_t columns) {
  std::unordered_map<uint32_t, Bounds> all;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 0) continue;
    const int64_t y = static_cast<int64_t>(i) / columns, x = static_cast<int64_t>(i) % columns;
    Bounds& object = all.try_emplace(labels[i], Bounds{y, y, x, x}).first->second;
    object.lastRow = y;
    object.firstColumn = std::min(object.firstColumn, x);
    object.lastColumn = std::max(object.lastColumn, x);
    ++object.pixels;
  }
  std::vector<Bounds> objects;
  for (const auto& [id, bounds] : all) objects.push_back(bounds);
  return objects;
}

bool isColour(const RgbImage& image) {
  double spread = 0;
  for (size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const auto [low, high] = std::minmax({image.pixels[i], image.pixels[i + 1], image.pixels[i + 2]});
    spread += high - low;
  }
  return spread > 12.0 * static_cast<double>(image.pixels.size() / 3);
}

bool isBright(const RgbImage& image) {
  std::array<size_t, 256> histogram{};
  for (const uint8_t value : image.pixels) ++histogram[value];
  size_t below = 0, median = 0;
  while (median < 255 && (below += histogram[median]) * 2 < image.pixels.size()) ++median;
  return median > 110;
}

/// Images of one kind share folder, stain, polarity and size class.
std::string kindOf(const RgbImage& image, const SamplePlace& place) {
  const int64_t side = std::max(image.rows, image.columns);
  const char* size = side < 300 ? "small" : side < 400 ? "medium" : side < 900 ? "large" : "whole";
  return (place.file.group.empty() ? "" : place.file.group + ": ") + (isColour(image) ? "colour " : "gray ") +
         (isBright(image) ? "bright " : "dark ") + size;
}

Result<RgbImage> readPixels(const io::ImageSource& source, const SamplePlace& place) {
  Box box = boxOf(place);
  if (place.arePlanesChannels) {
    box.end.t = source.info().shape.t;
    box.end.z = source.info().shape.z;
  }
  CYTO_ASSIGN(const Array pixels, source.read(box));
  auto image = stretchToRgb(pixels, place.channel);
  if (!image) return std::move(image).error().during("'" + place.file.image.string() + "'");
  return image;
}

std::string typeText(const io::ImageInfo& info, bool arePlanesChannels) {
  if (arePlanesChannels) {
    return info.fileDtype + ", " + std::to_string(info.shape.t * info.shape.z) + " planes taken as channels";
  }
  return info.fileDtype + ", " + std::to_string(info.channels) + (info.channels == 1 ? " channel" : " channels");
}

}  // namespace

std::string SamplePlace::name() const {
  std::string text = file.image.string();
  if (isWholeFile) return text;
  text += " [t " + std::to_string(t) + ", z " + std::to_string(z);
  if (!isWholePlane) {
    text += ", y " + std::to_string(window.y0) + ".." + std::to_string(window.y1) + ", x " + std::to_string(window.x0) +
            ".." + std::to_string(window.x1);
  }
  return text + "]";
}

Result<std::vector<SamplePlace>> placesIn(const AnnotatedFile& file, const AnnotationSource& source,
                                          TrainingDataReport& report) {
  CYTO_ASSIGN(const auto image, io::openImage(file.image, {source.key}));
  CYTO_ASSIGN(const bool arePlanesChannels, io::hasOnePlaneForMany(file.labels, source.labelsKey, image->info()));
  const Shape shape = labelledShape(image->info().shape, arePlanesChannels);
  CYTO_ASSIGN(const io::LabelReader labels, io::LabelReader::open(file.labels, source.labelsKey, shape));
  ++report.imageTypes[typeText(image->info(), arePlanesChannels)];
  ++report.labelTypes[labels.info().fileDtype];
  const auto parts = [](int64_t extent) {
    return std::max<int64_t>(1, (extent + kLargestSampleSide - 1) / kLargestSampleSide);
  };
  const int64_t down = parts(shape.y), across = parts(shape.x);
  std::vector<SamplePlace> places;
  for (int64_t t = 0; t < shape.t; ++t) {
    for (int64_t z = 0; z < shape.z; ++z) {
      for (int64_t part = 0; part < down * across; ++part) {
        const int64_t row = part / across, column = part % across;
        SamplePlace place{.file = file, .key = source.key, .labelsKey = source.labelsKey, .channel = source.channel};
        place.arePlanesChannels = arePlanesChannels;
        place.t = t;
        place.z = z;
        place.isWholePlane = down * across == 1;
        place.window = {row * shape.y / down, column * shape.x / across, (row + 1) * shape.y / down,
                        (column + 1) * shape.x / across};
        place.isWholeFile = place.isWholePlane && shape.t * shape.z == 1;
        places.push_back(std::move(place));
      }
    }
  }
  return places;
}

Result<TrainingImage> readSample(const SamplePlace& place) {
  CYTO_ASSIGN(const auto source, io::openImage(place.file.image, {place.key}));
  TrainingImage image;
  image.name = place.name();
  CYTO_ASSIGN(image.image, readPixels(*source, place));
  CYTO_ASSIGN(image.labels, readLabels(place, source->info().shape));
  return image;
}

Result<SampleContent> examineSample(const SamplePlace& place) {
  const auto begin = std::chrono::steady_clock::now();
  SampleContent content;
  CYTO_ASSIGN(const auto source, io::openImage(place.file.image, {place.key}));
  CYTO_ASSIGN(const std::vector<uint32_t> labels, readLabels(place, source->info().shape));
  for (const Bounds& object : objectsIn(labels, place.window.width())) {
    if (object.pixels < kSmallestTrainingObject) {
      ++content.smallObjects;
      continue;
    }
    ++content.objects;
    content.sides.push_back(
        static_cast<double>(std::max(object.lastRow - object.firstRow, object.lastColumn - object.firstColumn) + 1));
  }
  // Pixels of what is left out are of no interest, unless they cannot be read.
  CYTO_ASSIGN(const RgbImage image, readPixels(*source, place));
  content.kind = kindOf(image, place);
  content.isColour = isColour(image);
  content.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return content;
}

}  // namespace cyto
