#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/synthesis/random.h"
#include "core/synthesis/raster.h"

namespace cyto::synthesis {

/// A part of a body along its long axis, as a ball: what motion keeps apart.
struct Ball {
  double x = 0;  ///< along the long axis, from the centre
  double radius = 0;
};

/// The form of one object around the origin, its long axis along x; all numbers in pixels. Immutable.
class Solid {
 public:
  virtual ~Solid() = default;

  /// About the distance to the surface, positive inside.
  virtual double depth(const Point& local) const = 0;

  /// No point that is farther from the origin lies inside; `halfHeight` says the same along z.
  virtual double reach() const = 0;
  virtual double halfHeight() const { return reach(); }

  virtual std::vector<Ball> balls() const = 0;
};

using SolidPointer = std::shared_ptr<const Solid>;

/// A wavy ellipsoid. `waves` are amplitudes relative to the radius, of 2, 3, … waves around the outline.
class Blob : public Solid {
 public:
  static constexpr int kWaves = 8;
  struct Outline {
    double x = 10, y = 10, z = 10;  ///< semi-axes
    std::array<double, kWaves> cosines{}, sines{};
  };

  explicit Blob(const Outline& outline);

  double depth(const Point& local) const override;
  double reach() const override { return reach_; }
  double halfHeight() const override { return outline_.z * largestFactor_; }
  std::vector<Ball> balls() const override;

 private:
  Outline outline_;
  double largestFactor_ = 1;
  double reach_ = 0;
};

/// How wavy outlines are drawn: amplitudes fall with the number of waves as 1 / waves^roughness.
struct Waviness {
  double amplitude = 0.1;
  double roughness = 1.5;
};

/// Axes (x, y, z) and random waves.
SolidPointer randomBlob(double x, double y, double z, const Waviness& waviness, Random& random);

/// A rod with round ends, bent as a parabola, thinner at its middle by the share `constriction`.
class Rod : public Solid {
 public:
  struct Outline {
    double length = 30;  ///< from end to end
    double radius = 5;
    double bend = 0;  ///< the ends lie this far from the tangent at the middle
    double constriction = 0;
  };

  explicit Rod(const Outline& outline);

  double depth(const Point& local) const override;
  double reach() const override;
  double halfHeight() const override { return outline_.radius; }
  std::vector<Ball> balls() const override;

 private:
  Outline outline_;
  double half_;  ///< from the middle to the centre of a round end
};

/// A cell that has spread on glass: tapered arms that run into a body, joined smoothly.
class SpreadCell : public Solid {
 public:
  /// From the body outwards.
  struct Arm {
    Point from, to;
    double fromRadius, toRadius;
  };

  /// `joint` is the width over which arms run into each other.
  SpreadCell(const std::vector<Arm>& arms, double joint);

  double depth(const Point& local) const override;
  double reach() const override { return reach_; }
  std::vector<Ball> balls() const override;

 private:
  /// An arm and a ball around it, so that far arms need no square root.
  struct Limb {
    Arm arm;
    Point axis, middle;
    double inverseSquare;  ///< of the length of the axis; 0 for a length of 0
    double farSquare;      ///< beyond this squared distance from the middle the arm makes no difference
  };

  std::vector<Limb> limbs_;
  double joint_;
  double reach_ = 0;
};

/// A spread cell whose longest extent is about 2 * radius. `slenderness` in 0..1: from a compact cell to a long thin
/// one.
SolidPointer randomSpreadCell(double radius, double slenderness, Random& random);

/// A solid in a frame. The long axis is turned by `angle` from x towards y.
class Body {
 public:
  Body(SolidPointer solid, const Point& centre, double angle)
      : solid_(std::move(solid)), centre_(centre), cosine_(std::cos(angle)), sine_(std::sin(angle)) {}

  const Solid& solid() const { return *solid_; }
  const Point& centre() const { return centre_; }

  Point toLocal(const Point& point) const {
    const double y = point.y - centre_.y, x = point.x - centre_.x;
    return {point.z - centre_.z, y * cosine_ - x * sine_, x * cosine_ + y * sine_};
  }
  Point toFrame(const Point& local) const {
    return {local.z + centre_.z, local.y * cosine_ + local.x * sine_ + centre_.y,
            local.x * cosine_ - local.y * sine_ + centre_.x};
  }
  double depth(const Point& point) const { return solid_->depth(toLocal(point)); }

 private:
  SolidPointer solid_;
  Point centre_;
  double cosine_, sine_;
};

/// A half-open box of pixels.
struct PixelBox {
  int64_t z0, z1, y0, y1, x0, x1;
};

/// The pixels of a frame that may be nearer to a body than `margin`; slices are `sliceStep` pixels apart.
PixelBox boundsOf(const Body& body, const Extent3& extent, double sliceStep, double margin);

/// Calls `visit(index, local, depth)` for every pixel whose depth in the body is over -margin.
template <typename Visit>
void visitPixels(const Body& body, const Extent3& extent, double sliceStep, double margin, Visit&& visit) {
  const PixelBox box = boundsOf(body, extent, sliceStep, margin);
  for (int64_t z = box.z0; z < box.z1; ++z) {
    for (int64_t y = box.y0; y < box.y1; ++y) {
      auto index = static_cast<size_t>((z * extent.y + y) * extent.x + box.x0);
      for (int64_t x = box.x0; x < box.x1; ++x, ++index) {
        const Point local =
            body.toLocal({static_cast<double>(z) * sliceStep, static_cast<double>(y), static_cast<double>(x)});
        const double depth = body.solid().depth(local);
        if (depth > -margin) visit(index, local, depth);
      }
    }
  }
}

}  // namespace cyto::synthesis
