#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cyto {

/// Means of several measures over items (objects of images, or the images themselves): of each image, of each group of
/// images, and of everything.
class GroupedMeans {
 public:
  /// Two ways to weigh: each item alike, or each image alike, however many items it has.
  struct Means {
    int64_t items = 0;
    int64_t images = 0;
    std::vector<double> ofItems;
    std::vector<double> ofImages;  ///< mean of the means of the images
  };

  /// `values` has one value per measure, as many each time. The group of an image is that of its first item; an image
  /// with an empty group belongs to none.
  void add(const std::string& image, const std::string& group, const std::vector<double>& values);

  bool isEmpty() const { return images_.empty(); }

  /// There must be an item.
  Means all() const;
  /// By name of the group.
  std::map<std::string, Means> groups() const;

  struct ImageMeans {
    std::string image;
    std::string group;
    int64_t items = 0;
    std::vector<double> means;
  };
  /// In the order in which the images came.
  std::vector<ImageMeans> images() const;

 private:
  struct Image {
    std::string name;
    std::string group;
    int64_t items = 0;
    std::vector<double> sums;
  };

  static Means meansOf(const std::vector<const Image*>& images);

  std::vector<Image> images_;
  std::map<std::string, size_t> positions_;
};

}  // namespace cyto
