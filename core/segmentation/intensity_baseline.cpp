#include "core/segmentation/intensity_baseline.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace cyto {

namespace {

cv::Mat greyOf(const RgbImage& image) {
  cv::Mat grey(static_cast<int>(image.rows), static_cast<int>(image.columns), CV_8U);
  const uint8_t* rgb = image.pixels.data();
  for (int y = 0; y < grey.rows; ++y) {
    for (int x = 0; x < grey.cols; ++x, rgb += 3) {
      grey.at<uint8_t>(y, x) = static_cast<uint8_t>((rgb[0] + rgb[1] + rgb[2]) / 3);
    }
  }
  return grey;
}

cv::Mat foregroundOf(const cv::Mat& grey) {
  cv::Mat bright;
  cv::threshold(grey, bright, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  const bool objectsAreBright = cv::countNonZero(bright) * 2 <= grey.rows * grey.cols;
  if (!objectsAreBright) cv::bitwise_not(bright, bright);
  return bright;
}

}  // namespace

IntensityBaseline::IntensityBaseline(const RgbImage& image) : rows_(image.rows), columns_(image.columns) {
  cv::Mat labels, statistics, centroids;
  const int count = cv::connectedComponentsWithStats(foregroundOf(greyOf(image)), labels, statistics, centroids);
  components_.assign(labels.begin<int32_t>(), labels.end<int32_t>());
  for (int i = 0; i < count; ++i) {
    const int left = statistics.at<int>(i, cv::CC_STAT_LEFT);
    const int top = statistics.at<int>(i, cv::CC_STAT_TOP);
    bounds_.push_back(
        {top, left, top + statistics.at<int>(i, cv::CC_STAT_HEIGHT), left + statistics.at<int>(i, cv::CC_STAT_WIDTH)});
  }
}

PlaneMask IntensityBaseline::componentAt(const PointPrompt& click) const {
  const auto y = static_cast<int64_t>(std::nearbyint(click.y));
  const auto x = static_cast<int64_t>(std::nearbyint(click.x));
  if (!PlaneBox{0, 0, rows_, columns_}.contains(y, x)) return {};
  const int32_t wanted = components_[static_cast<size_t>(y * columns_ + x)];
  if (wanted == 0) return {};
  return maskWhere(bounds_[static_cast<size_t>(wanted)], [&](int64_t row, int64_t column) {
    return components_[static_cast<size_t>(row * columns_ + column)] == wanted;
  });
}

}  // namespace cyto
