#include "ui/views/view_transform.h"

#include <algorithm>
#include <cmath>

namespace cyto::ui {

void ViewTransform::setPlane(Extent2 plane) {
  plane_ = plane;
  keepInSight();
}

void ViewTransform::setViewSize(QSize devicePixels) {
  // What was in the middle stays in the middle.
  originY_ += (devicePixels.height() - view_.height()) / 2;
  originX_ += (devicePixels.width() - view_.width()) / 2;
  view_ = devicePixels.expandedTo({1, 1});
  keepInSight();
}

ImagePoint ViewTransform::toImage(QPointF device) const {
  return {(device.y() - static_cast<double>(originY_)) / zoom_ - 0.5,
          (device.x() - static_cast<double>(originX_)) / zoom_ - 0.5};
}

QPointF ViewTransform::toDevice(ImagePoint point) const {
  return {(point.x + 0.5) * zoom_ + static_cast<double>(originX_),
          (point.y + 0.5) * zoom_ + static_cast<double>(originY_)};
}

PlaneBox ViewTransform::visible() const {
  const ImagePoint first = toImage({0, 0});
  const ImagePoint last = toImage({static_cast<double>(view_.width()), static_cast<double>(view_.height())});
  const PlaneBox box{static_cast<int64_t>(std::floor(first.y + 0.5)), static_cast<int64_t>(std::floor(first.x + 0.5)),
                     static_cast<int64_t>(std::ceil(last.y + 0.5)), static_cast<int64_t>(std::ceil(last.x + 0.5))};
  return box.clippedTo({0, 0, plane_.y, plane_.x});
}

double ViewTransform::fittingZoom() const {
  return std::min(static_cast<double>(view_.height()) / static_cast<double>(plane_.y),
                  static_cast<double>(view_.width()) / static_cast<double>(plane_.x));
}

double ViewTransform::smallestZoom() const { return std::min(fittingZoom() / 2, 1.0); }

void ViewTransform::fit() {
  constexpr double kMaxFit = 8;
  zoom_ = std::min(kMaxFit, fittingZoom());
  centreOn({static_cast<double>(plane_.y - 1) / 2, static_cast<double>(plane_.x - 1) / 2});
}

void ViewTransform::zoomTo(double zoom, QPointF anchor) {
  const ImagePoint fixed = toImage(anchor);
  zoom_ = std::clamp(zoom, smallestZoom(), kMaxZoom);
  originY_ = std::llround(anchor.y() - (fixed.y + 0.5) * zoom_);
  originX_ = std::llround(anchor.x() - (fixed.x + 0.5) * zoom_);
  keepInSight();
}

double ViewTransform::steppedZoom(double steps) const {
  const double stepped = zoom_ * std::pow(1.25, steps);
  const bool jumpsOverOne = (zoom_ - 1) * (stepped - 1) < 0;
  return jumpsOverOne ? 1.0 : stepped;
}

void ViewTransform::panBy(double dy, double dx) {
  originY_ += std::llround(dy);
  originX_ += std::llround(dx);
  keepInSight();
}

void ViewTransform::centreOn(ImagePoint point) {
  originY_ = std::llround(view_.height() / 2.0 - (point.y + 0.5) * zoom_);
  originX_ = std::llround(view_.width() / 2.0 - (point.x + 0.5) * zoom_);
  keepInSight();
}

// A corner of the image stays within reach: at least 64 device pixels of it, or what there is, are on screen.
void ViewTransform::keepInSight() {
  const auto keep = [](int64_t origin, double size, int view) {
    const auto whole = static_cast<int64_t>(std::ceil(size));
    const int64_t margin = std::min<int64_t>(64, whole);
    return std::clamp<int64_t>(origin, margin - whole, std::max<int64_t>(view - margin, 0));
  };
  originY_ = keep(originY_, static_cast<double>(plane_.y) * zoom_, view_.height());
  originX_ = keep(originX_, static_cast<double>(plane_.x) * zoom_, view_.width());
}

}  // namespace cyto::ui
