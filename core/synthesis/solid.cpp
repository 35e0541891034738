#include "core/synthesis/solid.h"

#include <algorithm>

namespace cyto::synthesis {

namespace {

double length(const Point& point) { return std::sqrt(point.z * point.z + point.y * point.y + point.x * point.x); }

/// The larger one, rounded off where both are nearly equal.
double smoothMaximum(double a, double b, double width) {
  const double overlap = std::max(width - std::abs(a - b), 0.0) / width;
  return std::max(a, b) + overlap * overlap * width * 0.25;
}

}  // namespace

Blob::Blob(const Outline& outline) : outline_(outline) {
  double amplitude = 0;
  for (int i = 0; i < kWaves; ++i) {
    const auto wave = static_cast<size_t>(i);
    amplitude += std::hypot(outline.cosines[wave], outline.sines[wave]);
  }
  largestFactor_ = 1 + amplitude;
  reach_ = std::max({outline.x, outline.y}) * largestFactor_;
}

double Blob::depth(const Point& local) const {
  const double u = local.x / outline_.x, v = local.y / outline_.y, w = local.z / outline_.z;
  const double inPlane = std::sqrt(u * u + v * v), radius = std::sqrt(u * u + v * v + w * w);
  const double smallest = std::min({outline_.x, outline_.y, outline_.z});
  if (radius > 1.5 * largestFactor_) return -(radius - largestFactor_) * smallest;
  double factor = 1;
  if (inPlane > 1e-9) {
    // cos and sin of k times the angle, by multiplying complex numbers.
    const double cosine = u / inPlane, sine = v / inPlane;
    double c = cosine, s = sine;
    for (size_t i = 0; i < kWaves; ++i) {
      const double next = c * cosine - s * sine;
      s = c * sine + s * cosine;
      c = next;
      factor += outline_.cosines[i] * c + outline_.sines[i] * s;
    }
    factor = 1 + (factor - 1) * (inPlane / radius);
  }
  if (radius < 1e-9) return smallest * factor;
  const double gu = u / outline_.x, gv = v / outline_.y, gw = w / outline_.z;
  const double slope = std::sqrt(gu * gu + gv * gv + gw * gw) / radius;
  return std::min((factor - radius) / slope, smallest * largestFactor_);
}

std::vector<Ball> Blob::balls() const {
  if (outline_.x < 1.3 * outline_.y) return {{0, std::sqrt(outline_.x * outline_.y)}};
  const double offset = outline_.x - outline_.y;
  return {{-offset, 0.9 * outline_.y}, {0, outline_.y}, {offset, 0.9 * outline_.y}};
}

SolidPointer randomBlob(double x, double y, double z, const Waviness& waviness, Random& random) {
  Blob::Outline outline{x, y, z, {}, {}};
  for (size_t i = 0; i < Blob::kWaves; ++i) {
    const double amplitude = waviness.amplitude / std::pow(static_cast<double>(i + 2) / 2, waviness.roughness);
    outline.cosines[i] = std::clamp(random.normal(), -2.0, 2.0) * amplitude * 0.5;
    outline.sines[i] = std::clamp(random.normal(), -2.0, 2.0) * amplitude * 0.5;
  }
  // An outline that comes too near to its centre would fall apart.
  double sum = 0;
  for (size_t i = 0; i < Blob::kWaves; ++i) sum += std::hypot(outline.cosines[i], outline.sines[i]);
  constexpr double kLargestSum = 0.6;
  for (size_t i = 0; sum > kLargestSum && i < Blob::kWaves; ++i) {
    outline.cosines[i] *= kLargestSum / sum;
    outline.sines[i] *= kLargestSum / sum;
  }
  return std::make_shared<Blob>(outline);
}

Rod::Rod(const Outline& outline) : outline_(outline), half_(std::max(outline.length / 2 - outline.radius, 0.0)) {}

double Rod::depth(const Point& local) const {
  const double along = half_ > 0 ? std::clamp(local.x / half_, -1.0, 1.0) : 0;
  const double centreY = outline_.bend * (along * along - 1.0 / 3);
  double radius = outline_.radius;
  if (outline_.constriction > 0) {
    const double offset = local.x / outline_.radius;
    radius *= 1 - outline_.constriction * std::exp(-offset * offset);
  }
  // Where the rod is bent, the distance along y is longer than the one to its axis.
  const double slope = half_ > 0 ? 2 * outline_.bend * along / half_ : 0;
  const double overEnd = std::max(std::abs(local.x) - half_, 0.0);
  const double across = (local.y - centreY) / std::sqrt(1 + slope * slope);
  return radius - length({local.z, across, overEnd});
}

double Rod::reach() const { return half_ + outline_.radius + std::abs(outline_.bend); }

std::vector<Ball> Rod::balls() const {
  const auto parts = static_cast<int>(std::ceil(half_ / outline_.radius)) + 1;
  std::vector<Ball> balls;
  for (int i = 0; i < parts; ++i) {
    const double share = parts > 1 ? 2.0 * i / (parts - 1) - 1 : 0;
    balls.push_back({share * half_, outline_.radius});
  }
  return balls;
}

SpreadCell::SpreadCell(const std::vector<Arm>& arms, double joint) : joint_(joint) {
  constexpr double kMargin = 4;  // how far outside the depth still has to be right
  for (const Arm& arm : arms) {
    const Point axis{arm.to.z - arm.from.z, arm.to.y - arm.from.y, arm.to.x - arm.from.x};
    const Point middle{arm.from.z + axis.z / 2, arm.from.y + axis.y / 2, arm.from.x + axis.x / 2};
    const double square = axis.z * axis.z + axis.y * axis.y + axis.x * axis.x;
    const double away = std::sqrt(square) / 2 + std::max(arm.fromRadius, arm.toRadius) + joint + kMargin;
    limbs_.push_back({arm, axis, middle, square > 0 ? 1 / square : 0, away * away});
    reach_ = std::max({reach_, length(arm.from) + arm.fromRadius, length(arm.to) + arm.toRadius});
  }
  reach_ += joint_ / 4 * std::log2(static_cast<double>(arms.size()) + 1);
}

double SpreadCell::depth(const Point& local) const {
  double deepest = -1e9;
  for (const Limb& limb : limbs_) {
    const double my = local.y - limb.middle.y, mx = local.x - limb.middle.x, mz = local.z - limb.middle.z;
    if (mz * mz + my * my + mx * mx > limb.farSquare) continue;
    const Arm& arm = limb.arm;
    const Point &axis = limb.axis, offset{local.z - arm.from.z, local.y - arm.from.y, local.x - arm.from.x};
    const double projection = (axis.z * offset.z + axis.y * offset.y + axis.x * offset.x) * limb.inverseSquare;
    const double along = std::clamp(projection, 0.0, 1.0);
    const double distance = length({offset.z - along * axis.z, offset.y - along * axis.y, offset.x - along * axis.x});
    const double depth = arm.fromRadius + (arm.toRadius - arm.fromRadius) * along - distance;
    deepest = smoothMaximum(deepest, depth, joint_);
  }
  return deepest;
}

std::vector<Ball> SpreadCell::balls() const { return {{0, reach_ * 0.5}}; }

namespace {

/// An arm of two parts from the body to a tip, bent at its elbow.
void addArm(const Point& root, double rootRadius, const Point& tip, double tipRadius, Random& random,
            std::vector<SpreadCell::Arm>& arms) {
  const double share = random.uniform(0.35, 0.65), aside = random.normal() * 0.12;
  const double y = tip.y - root.y, x = tip.x - root.x;
  const Point elbow{0, root.y + share * y - aside * x, root.x + share * x + aside * y};
  const double elbowRadius = tipRadius + (rootRadius - tipRadius) * (1 - share) * random.uniform(0.6, 1);
  arms.push_back({root, elbow, rootRadius, elbowRadius});
  arms.push_back({elbow, tip, elbowRadius, tipRadius});
}

}  // namespace

SolidPointer randomSpreadCell(double radius, double slenderness, Random& random) {
  std::vector<SpreadCell::Arm> arms;
  const double bodyRadius = radius * random.uniform(0.28, 0.42) * (1 - 0.6 * slenderness);
  const double half = radius * random.uniform(0.08, 0.3) * (0.5 + slenderness);
  arms.push_back({{0, 0, -half}, {0, 0, half}, bodyRadius, bodyRadius * random.uniform(0.7, 1)});
  const auto tipRadius = [&] { return std::max(0.7, bodyRadius * random.logUniform(0.04, 0.3)); };
  // One arm to each side along the axis, then some to anywhere.
  for (const double side : {-1.0, 1.0}) {
    const double angle = random.normal() * 0.3, reach = radius * random.uniform(0.65, 1);
    const Point tip{0, reach * std::sin(angle), side * reach * std::cos(angle)};
    addArm({0, 0, side * half}, bodyRadius * random.uniform(0.7, 1), tip, tipRadius(), random, arms);
  }
  const auto more = random.integer(0, slenderness > 0.6 ? 1 : 3);
  for (int64_t i = 0; i < more; ++i) {
    const double angle = random.angle(), reach = radius * random.uniform(0.4, 0.9) * (1 - 0.4 * slenderness);
    const Point root{0, 0, random.uniform(-1, 1) * half},
        tip{0, reach * std::sin(angle), root.x + reach * std::cos(angle)};
    addArm(root, bodyRadius * random.uniform(0.5, 0.9), tip, tipRadius(), random, arms);
    if (random.chance(0.15)) arms.push_back({tip, tip, bodyRadius * random.uniform(0.2, 0.45), 0});
  }
  return std::make_shared<SpreadCell>(arms, bodyRadius * random.uniform(0.5, 1.2));
}

PixelBox boundsOf(const Body& body, const Extent3& extent, double sliceStep, double margin) {
  const double reach = body.solid().reach() + margin, height = (body.solid().halfHeight() + margin) / sliceStep;
  const auto range = [](double centre, double around, int64_t count, int64_t& low, int64_t& high) {
    const auto last = static_cast<double>(count);
    low = static_cast<int64_t>(std::clamp(std::ceil(centre - around), 0.0, last));
    high = static_cast<int64_t>(std::clamp(std::floor(centre + around) + 1, 0.0, last));
  };
  PixelBox box{};
  range(body.centre().z / sliceStep, height, extent.z, box.z0, box.z1);
  range(body.centre().y, reach, extent.y, box.y0, box.y1);
  range(body.centre().x, reach, extent.x, box.x0, box.x1);
  return box;
}

}  // namespace cyto::synthesis
