#pragma once

#include <QPointF>
#include <QSize>
#include <cmath>

#include "core/array/shape.h"
#include "core/array/tiling.h"

namespace cyto::ui {

/// A position in a plane; pixel centres are whole numbers.
struct ImagePoint {
  double y = 0;
  double x = 0;

  /// The pixel that holds it. The first pixel spans -0.5 to 0.5, its near edge included, so rounding would not do.
  int64_t row() const { return static_cast<int64_t>(std::floor(y + 0.5)); }
  int64_t column() const { return static_cast<int64_t>(std::floor(x + 0.5)); }
};

/// Where a plane lies in a view: `zoom` device pixels per image pixel, and the device position, a whole number, of the
/// corner of the plane. Everything is in device pixels of the view.
class ViewTransform {
 public:
  static constexpr double kMaxZoom = 64;

  /// The plane must have pixels.
  void setPlane(Extent2 plane);
  void setViewSize(QSize devicePixels);

  double zoom() const { return zoom_; }
  int64_t originY() const { return originY_; }
  int64_t originX() const { return originX_; }
  QSize viewSize() const { return view_; }
  Extent2 plane() const { return plane_; }

  ImagePoint toImage(QPointF device) const;
  QPointF toDevice(ImagePoint point) const;

  /// The part of the plane that is on screen; whole pixels.
  PlaneBox visible() const;

  /// Shows the whole plane, centred, at most at a zoom of 8.
  void fit();
  /// Changes the zoom so that the image under `anchor` stays there.
  void zoomTo(double zoom, QPointF anchor);
  /// The zoom one step in or out: 1.25 times, and 1 exactly when a step would jump over it.
  double steppedZoom(double steps) const;
  void panBy(double dy, double dx);
  void centreOn(ImagePoint point);

  bool operator==(const ViewTransform&) const = default;

 private:
  double fittingZoom() const;
  double smallestZoom() const;
  void keepInSight();

  Extent2 plane_{1, 1};
  QSize view_{1, 1};
  double zoom_ = 1;
  int64_t originY_ = 0;
  int64_t originX_ = 0;
};

}  // namespace cyto::ui
