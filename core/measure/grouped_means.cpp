#include "core/measure/grouped_means.h"

namespace cyto {

void GroupedMeans::add(const std::string& image, const std::string& group, const std::vector<double>& values) {
  const auto [found, isNew] = positions_.try_emplace(image, images_.size());
  if (isNew) images_.push_back({image, group, 0, std::vector<double>(values.size())});
  Image& entry = images_[found->second];
  for (size_t i = 0; i < values.size(); ++i) entry.sums[i] += values[i];
  ++entry.items;
}

GroupedMeans::Means GroupedMeans::meansOf(const std::vector<const Image*>& images) {
  const size_t measures = images.front()->sums.size();
  Means means{0, static_cast<int64_t>(images.size()), std::vector<double>(measures), std::vector<double>(measures)};
  for (const Image* image : images) means.items += image->items;
  for (const Image* image : images) {
    for (size_t i = 0; i < measures; ++i) {
      means.ofItems[i] += image->sums[i] / static_cast<double>(means.items);
      means.ofImages[i] += image->sums[i] / static_cast<double>(image->items) / static_cast<double>(means.images);
    }
  }
  return means;
}

GroupedMeans::Means GroupedMeans::all() const {
  std::vector<const Image*> images;
  for (const Image& image : images_) images.push_back(&image);
  return meansOf(images);
}

std::map<std::string, GroupedMeans::Means> GroupedMeans::groups() const {
  std::map<std::string, std::vector<const Image*>> members;
  for (const Image& image : images_) {
    if (!image.group.empty()) members[image.group].push_back(&image);
  }
  std::map<std::string, Means> means;
  for (const auto& [group, images] : members) means[group] = meansOf(images);
  return means;
}

std::vector<GroupedMeans::ImageMeans> GroupedMeans::images() const {
  std::vector<ImageMeans> all;
  for (const Image& image : images_) {
    ImageMeans means{image.name, image.group, image.items, image.sums};
    for (double& value : means.means) value /= static_cast<double>(image.items);
    all.push_back(std::move(means));
  }
  return all;
}

}  // namespace cyto
