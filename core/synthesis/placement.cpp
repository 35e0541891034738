#include <algorithm>

#include "core/synthesis/population.h"

namespace cyto::synthesis {

namespace {

constexpr int kTriesPerObject = 12;
constexpr int64_t kMostCells = 1 << 22;

double shareInFrame(const Stage& stage, const Body& body, double cell) {
  // Sampled on a coarse grid; good enough to know how much is covered.
  int64_t inside = 0, all = 0;
  const double reach = body.solid().reach();
  for (double y = -reach; y <= reach; y += cell) {
    for (double x = -reach; x <= reach; x += cell) {
      if (body.solid().depth({0, y, x}) <= 0) continue;
      ++all;
      const Point point = body.toFrame({0, y, x});
      inside += point.y >= 0 && point.x >= 0 && point.y < static_cast<double>(stage.extent.y) &&
                point.x < static_cast<double>(stage.extent.x);
    }
  }
  return all > 0 ? static_cast<double>(inside) / static_cast<double>(all) : 0;
}

/// Volume in pixels, or area for planes, within the frame.
double contentOf(const Stage& stage, const Body& body, double cell) {
  int64_t inside = 0;
  const double reach = body.solid().reach();
  for (double y = -reach; y <= reach; y += cell) {
    for (double x = -reach; x <= reach; x += cell) inside += body.solid().depth({0, y, x}) > 0;
  }
  const double area = static_cast<double>(inside) * cell * cell * shareInFrame(stage, body, cell);
  return stage.extent.isVolume() ? area * body.solid().halfHeight() * 1.33 : area;
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

bool Occupancy::isTaken(const Point& point) const { return taken_[indexOf(point)]; }

bool Occupancy::take(const Body& body, double overlap) {
  const double reach = body.solid().reach(), height = grid_.z > 1 ? body.solid().halfHeight() : 0;
  std::vector<size_t> cells;
  int64_t inside = 0, inOthers = 0;
  const Point& centre = body.centre();
  for (double z = centre.z - height; z <= centre.z + height; z += cell_) {
    for (double y = centre.y - reach; y <= centre.y + reach; y += cell_) {
      for (double x = centre.x - reach; x <= centre.x + reach; x += cell_) {
        const Point point{z, y, x};
        if (body.depth(point) <= 0) continue;
        const size_t index = indexOf(point);
        ++inside;
        inOthers += taken_[index];
        cells.push_back(index);
      }
    }
  }
  if (static_cast<double>(inOthers) > overlap * static_cast<double>(inside)) return false;
  for (const size_t index : cells) taken_[index] = true;
  return true;
}

void settle(const Stage& stage, const Crowd& crowd, int index, Occupancy& occupancy, Random random,
            Population& population) {
  const double frameContent = static_cast<double>(stage.extent.y * stage.extent.x) *
                              (stage.extent.isVolume() ? stage.height() + stage.sliceStep : 1);
  const size_t first = population.size();
  double covered = 0;
  std::vector<Body> settled;
  int64_t failures = 0;
  while (covered < crowd.coverage * frameContent && static_cast<int64_t>(settled.size()) < crowd.most &&
         failures < 30) {
    Agent agent;
    agent.look = random.bits();
    agent.crowd = index;
    agent.isLabelled = crowd.isLabelled;
    Pose pose;
    pose.size = crowd.size(random);
    pose.age = random.uniform();
    pose.angle = random.angle();
    bool found = false;
    for (int attempt = 0; attempt < kTriesPerObject && !found; ++attempt) {
      const bool joins = !settled.empty() && random.chance(crowd.clumping);
      if (!joins) {
        pose.centre = {stage.extent.isVolume() ? random.uniform(0, stage.height()) : 0,
                       random.uniform(-0.02, 1.02) * static_cast<double>(stage.extent.y),
                       random.uniform(-0.02, 1.02) * static_cast<double>(stage.extent.x)};
        if (crowd.likelihood && !random.chance(crowd.likelihood(pose.centre))) continue;
        if (crowd.overlap < 0.5 && occupancy.isTaken(pose.centre)) continue;
        found = occupancy.take(Body(crowd.solid(agent.look, pose), pose.centre, pose.angle), crowd.overlap);
        continue;
      }
      // Against another one: from too near outwards, until it fits.
      const auto neighbour =
          static_cast<size_t>(random.integer(0, static_cast<int64_t>(settled.size()) - 1));
      const Body& other = settled[neighbour];
      const Pose& otherPose = population[first + neighbour].poses[0];
      if (random.chance(crowd.alignment)) pose.angle = otherPose.angle + random.normal() * 0.12;
      const SolidPointer solid = crowd.solid(agent.look, pose);
      const double direction = random.angle();
      const double lift = stage.extent.isVolume() ? random.uniform(-1, 1) : 0;
      const double inPlane = std::sqrt(1 - lift * lift);
      const double together = solid->reach() + other.solid().reach();
      for (double share = 0.35; share <= 1.15 && !found; share += 0.1) {
        const double distance = share * together;
        pose.centre = {other.centre().z + lift * distance, other.centre().y + std::sin(direction) * inPlane * distance,
                       other.centre().x + std::cos(direction) * inPlane * distance};
        if (occupancy.isTaken(pose.centre)) continue;
        found = occupancy.take(Body(solid, pose.centre, pose.angle), crowd.overlap);
      }
    }
    if (!found) {
      ++failures;
      continue;
    }
    settled.emplace_back(crowd.solid(agent.look, pose), pose.centre, pose.angle);
    covered += contentOf(stage, settled.back(), occupancy.cell());
    agent.poses.push_back(pose);
    population.push_back(std::move(agent));
  }
}

}  // namespace cyto::synthesis
