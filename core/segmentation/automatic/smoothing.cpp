#include "core/segmentation/automatic/smoothing.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace cyto {

std::vector<float> smoothed(const std::vector<float>& plane, Extent2 size, double sigma) {
  if (!(sigma > 0)) return plane;
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<float> kernel;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i) sum += std::exp(-i * i / (2 * sigma * sigma));
  for (int i = -reach; i <= reach; ++i)
    kernel.push_back(static_cast<float>(std::exp(-i * i / (2 * sigma * sigma)) / sum));
  std::vector<float> result(plane.size());
  const int rows = static_cast<int>(size.y), columns = static_cast<int>(size.x);
  const cv::Mat from(rows, columns, CV_32F, const_cast<float*>(plane.data()));
  cv::Mat to(rows, columns, CV_32F, result.data());
  cv::sepFilter2D(from, to, CV_32F, kernel, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
  return result;
}

}  // namespace cyto
