#include "core/nn/train/annotated_image.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace cyto::nn {

namespace {

struct Measured {
  int64_t firstRow, lastRow, firstColumn, lastColumn;
  int64_t pixels = 0;
  double sumX = 0, sumY = 0;
};

std::map<uint32_t, Measured> measure(const TrainingImage& image) {
  std::unordered_map<uint32_t, Measured> all;
  for (int64_t y = 0; y < image.image.rows; ++y) {
    const uint32_t* const row = image.labels.data() + y * image.image.columns;
    for (int64_t x = 0; x < image.image.columns; ++x) {
      if (row[x] == 0) continue;
      Measured& object = all.try_emplace(row[x], Measured{y, y, x, x}).first->second;
      object.lastRow = y;
      object.firstColumn = std::min(object.firstColumn, x);
      object.lastColumn = std::max(object.lastColumn, x);
      object.sumX += static_cast<double>(x) + 0.5;
      object.sumY += static_cast<double>(y) + 0.5;
      ++object.pixels;
    }
  }
  return {all.begin(), all.end()};
}

bool isGray(const std::vector<uint8_t>& rgb) {
  for (size_t i = 0; i + 2 < rgb.size(); i += 3) {
    if (rgb[i] != rgb[i + 1] || rgb[i] != rgb[i + 2]) return false;
  }
  return true;
}

void takePixels(const RgbImage& image, AnnotatedImage& result) {
  result.channels = isGray(image.pixels) ? 1 : 3;
  if (result.channels == 3) {
    result.pixels = image.pixels;
    return;
  }
  result.pixels.resize(image.pixels.size() / 3);
  for (size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = image.pixels[3 * i];
}

}  // namespace

Result<AnnotatedImage> annotate(const TrainingImage& image) {
  const int64_t pixels = image.image.rows * image.image.columns;
  if (pixels <= 0 || static_cast<int64_t>(image.labels.size()) != pixels ||
      static_cast<int64_t>(image.image.pixels.size()) != 3 * pixels) {
    return Error(ErrorCode::kInvalidArgument,
                 "the labels of '" + image.name + "' have another shape than the image; give one label per pixel");
  }
  AnnotatedImage result;
  result.name = image.name;
  result.rows = image.image.rows;
  result.columns = image.image.columns;
  takePixels(image.image, result);
  std::unordered_map<uint32_t, uint32_t> labelOf;
  for (const auto& [id, object] : measure(image)) {
    if (object.pixels < kSmallestTrainingObject) continue;
    const auto count = static_cast<double>(object.pixels);
    result.objects.push_back(
        {object.sumX / count, object.sumY / count, count,
         static_cast<double>(std::max(object.lastRow - object.firstRow, object.lastColumn - object.firstColumn) + 1)});
    labelOf[id] = static_cast<uint32_t>(result.objects.size());
  }
  if (result.objects.empty()) {
    return Error(ErrorCode::kInvalidArgument, "'" + image.name + "' has no labelled object of at least " +
                                                  std::to_string(kSmallestTrainingObject) + " pixels; leave it out");
  }
  result.labels.resize(image.labels.size());
  for (size_t i = 0; i < image.labels.size(); ++i) {
    const auto found = image.labels[i] == 0 ? labelOf.end() : labelOf.find(image.labels[i]);
    result.labels[i] = found == labelOf.end() ? 0 : found->second;
  }
  return result;
}

}  // namespace cyto::nn
