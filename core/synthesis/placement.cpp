#include <algorithm>

#include "core/synthesis/population.h"

namespace cyto::synthesis {

namespace {

constexpr int kTriesPerObject = 12;
constexpr int kMostFailures = 30;
constexpr int64_t kMostCells = 1 << 22;

/// Volume in pixels, or area for planes, of what lies within the frame.
double contentInFrame(const Stage& stage, const Body& body, const std::vector<Point>& footprint, double cell) {
  int64_t inside = 0;
  for (const Point& local : footprint) {
    const Point point = body.toFrame(local);
    inside += point.y >= 0 && point.x >= 0 && point.y < static_cast<double>(stage.extent.y) &&
              point.x < static_cast<double>(stage.extent.x) &&
              (!stage.extent.isVolume() || (point.z >= 0 && point.z <= stage.height()));
  }
  return static_cast<double>(inside) * cell * cell * (stage.extent.isVolume() ? cell : 1);
}

}  // namespace

Occupancy::Occupancy(const Stage& stage, double cell) : cell_(std::max(cell, 1.0)) {
  const auto cellsFor = [&] {
    border_ = 8 * cell_;
    const auto along = [&](double length) { return static_cast<int64_t>((length + 2 * border_) / cell_) + 1; };
    grid_ = {stage.extent.isVolume() ? along(stage.height()) : 1, along(static_cast<double>(stage.extent.y)),
             along(static_cast<double>(stage.extent.x))};
    return grid_.count();
  };
  while (cellsFor() > kMostCells) cell_ *= 1.3;
  taken_.resize(static_cast<size_t>(grid_.count()));
}

size_t Occupancy::indexOf(const Point& point) const {
  const auto along = [&](double position, int64_t count) {
    return std::clamp<int64_t>(static_cast<int64_t>((position + border_) / cell_), 0, count - 1);
  };
  const int64_t z = grid_.z > 1 ? along(point.z, grid_.z) : 0;
  return static_cast<size_t>((z * grid_.y + along(point.y, grid_.y)) * grid_.x + along(point.x, grid_.x));
}

std::vector<Point> Occupancy::footprintOf(const Solid& solid) const {
  const double reach = solid.reach(), height = grid_.z > 1 ? solid.halfHeight() : 0;
  std::vector<Point> points;
  const auto inDepth = static_cast<int64_t>(height / cell_), inPlane = static_cast<int64_t>(reach / cell_);
  for (int64_t z = -inDepth; z <= inDepth; ++z) {
    for (int64_t y = -inPlane; y <= inPlane; ++y) {
      for (int64_t x = -inPlane; x <= inPlane; ++x) {
        const Point local{static_cast<double>(z) * cell_, static_cast<double>(y) * cell_,
                          static_cast<double>(x) * cell_};
        if (solid.depth(local) > 0) points.push_back(local);
      }
    }
  }
  if (points.empty()) points.push_back({});
  return points;
}

bool Occupancy::take(const Body& body, const std::vector<Point>& footprint, double overlap) {
  const auto most = static_cast<size_t>(overlap * static_cast<double>(footprint.size()));
  std::vector<size_t> cells;
  cells.reserve(footprint.size());
  size_t inOthers = 0;
  for (const Point& local : footprint) {
    cells.push_back(indexOf(body.toFrame(local)));
    inOthers += taken_[cells.back()];
    if (inOthers > most) return false;
  }
  for (const size_t index : cells) taken_[index] = true;
  return true;
}

namespace {

/// Adds the objects of one crowd.
class Settlement {
 public:
  Settlement(const Stage& stage, const Crowd& crowd, int index, Occupancy& occupancy, Random random,
             Population& population)
      : stage_(stage), crowd_(crowd), index_(index), occupancy_(occupancy), random_(random), population_(population) {}

  void run() {
    const double frame = static_cast<double>(stage_.extent.y * stage_.extent.x) *
                         (stage_.extent.isVolume() ? stage_.height() + stage_.sliceStep : 1);
    int failures = 0;
    double covered = 0;
    while (covered < crowd_.coverage * frame && static_cast<int64_t>(bodies_.size()) < crowd_.most &&
           failures < kMostFailures) {
      const double added = settleOne();
      covered += added;
      failures += added == 0;
    }
  }

 private:
  /// What it covers of the frame, or 0 when there was no room.
  double settleOne() {
    Agent agent;
    agent.look = random_.bits();
    agent.crowd = index_;
    agent.isLabelled = crowd_.isLabelled;
    Pose pose;
    pose.size = crowd_.size(random_);
    pose.age = random_.uniform();
    pose.angle = random_.angle();
    const SolidPointer solid = crowd_.solid(agent.look, pose);
    const std::vector<Point> footprint = occupancy_.footprintOf(*solid);
    for (int attempt = 0; attempt < kTriesPerObject; ++attempt) {
      const bool joins = !bodies_.empty() && random_.chance(crowd_.clumping);
      if (!(joins ? placeBeside(solid, footprint, pose) : placeAnywhere(solid, footprint, pose))) continue;
      bodies_.emplace_back(solid, pose.centre, pose.angle);
      poses_.push_back(pose);
      agent.poses.push_back(pose);
      population_.push_back(std::move(agent));
      // What lies outside the frame counts a little, so that this ends.
      const double cell = occupancy_.cell();
      return std::max(contentInFrame(stage_, bodies_.back(), footprint, cell), cell);
    }
    return 0;
  }

  bool placeAnywhere(const SolidPointer& solid, const std::vector<Point>& footprint, Pose& pose) {
    pose.centre = {stage_.extent.isVolume() ? random_.uniform(0, stage_.height()) : 0,
                   random_.uniform(-0.02, 1.02) * static_cast<double>(stage_.extent.y),
                   random_.uniform(-0.02, 1.02) * static_cast<double>(stage_.extent.x)};
    if (crowd_.likelihood && !random_.chance(crowd_.likelihood(pose.centre))) return false;
    return occupancy_.take(Body(solid, pose.centre, pose.angle), footprint, crowd_.overlap);
  }

  /// Against another one: from too near outwards, until it fits.
  bool placeBeside(const SolidPointer& solid, const std::vector<Point>& footprint, Pose& pose) {
    const auto neighbour = static_cast<size_t>(random_.integer(0, static_cast<int64_t>(bodies_.size()) - 1));
    const Body& other = bodies_[neighbour];
    if (random_.chance(crowd_.alignment)) pose.angle = poses_[neighbour].angle + random_.normal() * 0.12;
    const double direction = random_.angle(), lift = stage_.extent.isVolume() ? random_.uniform(-1, 1) : 0;
    const double inPlane = std::sqrt(1 - lift * lift), together = solid->reach() + other.solid().reach();
    for (double share = 0.35; share <= 1.15; share += 0.1) {
      const double distance = share * together;
      pose.centre = {other.centre().z + lift * distance, other.centre().y + std::sin(direction) * inPlane * distance,
                     other.centre().x + std::cos(direction) * inPlane * distance};
      if (!isNearFrame(pose.centre, solid->reach())) return false;
      if (occupancy_.take(Body(solid, pose.centre, pose.angle), footprint, crowd_.overlap)) return true;
    }
    return false;
  }

  bool isNearFrame(const Point& centre, double reach) const {
    return centre.y > -reach && centre.x > -reach && centre.y < static_cast<double>(stage_.extent.y) + reach &&
           centre.x < static_cast<double>(stage_.extent.x) + reach &&
           (!stage_.extent.isVolume() || (centre.z > -reach && centre.z < stage_.height() + reach));
  }

  const Stage& stage_;
  const Crowd& crowd_;
  int index_;
  Occupancy& occupancy_;
  Random random_;
  Population& population_;
  std::vector<Body> bodies_;
  std::vector<Pose> poses_;
};

}  // namespace

void settle(const Stage& stage, const Crowd& crowd, int index, Occupancy& occupancy, Random random,
            Population& population) {
  Settlement(stage, crowd, index, occupancy, random, population).run();
}

}  // namespace cyto::synthesis
