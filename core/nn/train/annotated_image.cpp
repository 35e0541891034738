#include "core/nn/train/annotated_image.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace cyto::nn {

namespace {

struct Bounds {
  int64_t firstRow, lastRow, firstColumn, lastColumn;
  int64_t pixels = 0;
  double sumX = 0, sumY = 0;
};

std::unordered_map<uint32_t, Bounds> measure(const TrainingImage& image) {
  std::unordered_map<uint32_t, Bounds> all;
  for (int64_t y = 0; y < image.image.rows; ++y) {
    for (int64_t x = 0; x < image.image.columns; ++x) {
      const uint32_t id = image.labels[static_cast<size_t>(y * image.image.columns + x)];
      if (id == 0) continue;
      Bounds& object = all.try_emplace(id, Bounds{y, y, x, x}).first->second;
      object.lastRow = y;
      object.firstColumn = std::min(object.firstColumn, x);
      object.lastColumn = std::max(object.lastColumn, x);
      object.sumX += static_cast<double>(x) + 0.5;
      object.sumY += static_cast<double>(y) + 0.5;
      ++object.pixels;
    }
  }
  return all;
}

/// Images of one kind share stain, polarity and size class.
std::string kindOf(const at::Tensor& pixels) {
  const at::Tensor values = pixels.to(at::kFloat);
  const double colour = (values.amax(0) - values.amin(0)).mean().item<double>();
  const double level = values.median().item<double>();
  const int64_t side = std::max(pixels.size(1), pixels.size(2));
  const char* size = side < 300 ? "small" : side < 400 ? "medium" : side < 900 ? "large" : "whole";
  return std::string(colour > 12 ? "colour " : "gray ") + (level > 110 ? "bright " : "dark ") + size;
}

AnnotatedImage convert(const TrainingImage& image) {
  AnnotatedImage result;
  result.name = image.name;
  const int64_t rows = image.image.rows, columns = image.image.columns;
  result.pixels = at::from_blob(const_cast<uint8_t*>(image.image.pixels.data()), {rows, columns, 3}, at::kByte)
                      .permute({2, 0, 1})
                      .contiguous();
  std::unordered_map<uint32_t, float> indexOf;
  const auto measured = measure(image);
  std::map<uint32_t, Bounds> inOrder(measured.begin(), measured.end());
  for (const auto& [id, object] : inOrder) {
    if (object.pixels < kSmallestObject) continue;
    const auto pixels = static_cast<double>(object.pixels);
    result.objects.push_back(
        {object.sumX / pixels, object.sumY / pixels, pixels,
         static_cast<double>(std::max(object.lastRow - object.firstRow, object.lastColumn - object.firstColumn) + 1)});
    indexOf[id] = static_cast<float>(result.objects.size());
  }
  result.labels = at::zeros({1, rows, columns}, at::kFloat);
  float* label = result.labels.mutable_data_ptr<float>();
  for (size_t i = 0; i < image.labels.size(); ++i) {
    const auto found = indexOf.find(image.labels[i]);
    if (found != indexOf.end()) label[i] = found->second;
  }
  result.kind = kindOf(result.pixels);
  return result;
}

}  // namespace

Result<std::vector<AnnotatedImage>> annotate(const std::vector<TrainingImage>& images) {
  std::vector<AnnotatedImage> all;
  std::map<std::string, int> count;
  for (const TrainingImage& image : images) {
    const int64_t pixels = image.image.rows * image.image.columns;
    if (pixels <= 0 || static_cast<int64_t>(image.labels.size()) != pixels ||
        static_cast<int64_t>(image.image.pixels.size()) != 3 * pixels) {
      return Error(ErrorCode::kInvalidArgument,
                   "the labels of '" + image.name + "' have another shape than the image; give one label per pixel");
    }
    AnnotatedImage converted = convert(image);
    if (converted.objects.empty()) continue;
    ++count[converted.kind];
    all.push_back(std::move(converted));
  }
  if (all.empty()) {
    return Error(ErrorCode::kInvalidArgument, "no image has a labelled object of at least " +
                                                  std::to_string(kSmallestObject) +
                                                  " pixels; there is nothing to learn");
  }
  for (AnnotatedImage& image : all) image.weight = 1.0 / std::sqrt(count[image.kind]);
  return all;
}

std::vector<AnnotatedImage> splitValidation(std::vector<AnnotatedImage>& images, double share, uint64_t seed) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < images.size(); ++i) groups[images[i].kind].push_back(i);
  Random random(seed);
  std::vector<char> chosen(images.size(), 0);
  for (auto& [kind, members] : groups) {
    if (members.size() < 2) continue;
    std::shuffle(members.begin(), members.end(), random);
    const size_t take =
        std::max<size_t>(1, static_cast<size_t>(std::lround(share * static_cast<double>(members.size()))));
    for (size_t i = 0; i < take; ++i) chosen[members[i]] = 1;
  }
  std::vector<AnnotatedImage> training, validation;
  for (size_t i = 0; i < images.size(); ++i) (chosen[i] ? validation : training).push_back(std::move(images[i]));
  images = std::move(training);
  return validation;
}

}  // namespace cyto::nn
