#include "core/synthesis/mosaic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace cyto::synthesis {

namespace {

double squaredDistance(const Point& a, const Point& b) {
  const double z = a.z - b.z, y = a.y - b.y, x = a.x - b.x;
  return z * z + y * y + x * x;
}

}  // namespace

Mosaic::Mosaic(std::vector<Seed> seeds) : seeds_(std::move(seeds)), all_(seeds_.size()) {
  std::iota(all_.begin(), all_.end(), 0);
  if (seeds_.empty()) return;
  layBuckets();
  fillBuckets();
}

void Mosaic::layBuckets() {
  Point low = seeds_[0].place, high = low;
  for (const Seed& seed : seeds_) {
    const Point& place = seed.place;
    low = {std::min(low.z, place.z), std::min(low.y, place.y), std::min(low.x, place.x)};
    high = {std::max(high.z, place.z), std::max(high.y, place.y), std::max(high.x, place.x)};
  }
  const Point size{high.z - low.z + 1, high.y - low.y + 1, high.x - low.x + 1};
  const bool isFlat = size.z <= 1;
  const auto count = static_cast<double>(seeds_.size());
  const double spacing = isFlat ? std::sqrt(size.y * size.x / count) : std::cbrt(size.z * size.y * size.x / count);
  bucket_ = std::max(0.6 * spacing, 1.0);
  const double margin = 2 * spacing;  // points around the seeds are asked for too
  origin_ = {isFlat ? low.z - bucket_ / 2 : low.z - margin, low.y - margin, low.x - margin};
  const auto along = [&](double length) { return static_cast<int64_t>((length + 2 * margin) / bucket_) + 1; };
  buckets_ = {isFlat ? 1 : along(size.z), along(size.y), along(size.x)};
}

void Mosaic::fillBuckets() {
  constexpr int64_t kBlock = 8;  // first for blocks of buckets, then for each bucket of a block
  candidates_.resize(static_cast<size_t>(buckets_.count()));
  const double axes = buckets_.z == 1 ? 2 : 3;
  const auto middle = [](double origin, int64_t i, double side) {
    return origin + (static_cast<double>(i) + 0.5) * side;
  };
  const double block = bucket_ * kBlock;
  for (int64_t z0 = 0; z0 < buckets_.z; z0 += kBlock) {
    for (int64_t y0 = 0; y0 < buckets_.y; y0 += kBlock) {
      for (int64_t x0 = 0; x0 < buckets_.x; x0 += kBlock) {
        const double z = buckets_.z == 1 ? middle(origin_.z, 0, bucket_) : middle(origin_.z, z0 / kBlock, block);
        const std::vector<int32_t> near =
            candidatesAmong(all_, {z, middle(origin_.y, y0 / kBlock, block), middle(origin_.x, x0 / kBlock, block)},
                            block / 2 * std::sqrt(axes));
        for (int64_t bz = z0; bz < std::min(z0 + kBlock, buckets_.z); ++bz) {
          for (int64_t by = y0; by < std::min(y0 + kBlock, buckets_.y); ++by) {
            for (int64_t bx = x0; bx < std::min(x0 + kBlock, buckets_.x); ++bx) {
              candidates_[static_cast<size_t>((bz * buckets_.y + by) * buckets_.x + bx)] = candidatesAmong(
                  near,
                  {middle(origin_.z, bz, bucket_), middle(origin_.y, by, bucket_), middle(origin_.x, bx, bucket_)},
                  bucket_ / 2 * std::sqrt(axes));
            }
          }
        }
      }
    }
  }
}

std::vector<int32_t> Mosaic::candidatesAmong(const std::vector<int32_t>& seeds, const Point& middle,
                                             double halfDiagonal) const {
  // No point of the cube has a second-best power over this bound.
  double best = std::numeric_limits<double>::max(), second = best;
  std::vector<double> least(seeds.size());
  for (size_t i = 0; i < seeds.size(); ++i) {
    const Seed& seed = seeds_[static_cast<size_t>(seeds[i])];
    const double distance = std::sqrt(squaredDistance(middle, seed.place)), square = seed.weight * seed.weight;
    const double nearest = std::max(distance - halfDiagonal, 0.0), farthest = distance + halfDiagonal;
    least[i] = nearest * nearest - square;
    const double most = farthest * farthest - square;
    if (most < best) {
      second = best;
      best = most;
    } else {
      second = std::min(second, most);
    }
  }
  std::vector<int32_t> candidates;
  for (size_t i = 0; i < seeds.size(); ++i) {
    if (least[i] <= second) candidates.push_back(seeds[i]);
  }
  return candidates;
}

Mosaic::Cell Mosaic::at(const Point& point) const {
  Cell cell;
  if (seeds_.empty()) return cell;
  const double z = (point.z - origin_.z) / bucket_, y = (point.y - origin_.y) / bucket_,
               x = (point.x - origin_.x) / bucket_;
  const bool isInside = z >= 0 && y >= 0 && x >= 0 && z < static_cast<double>(buckets_.z) &&
                        y < static_cast<double>(buckets_.y) && x < static_cast<double>(buckets_.x);
  const auto bucket = [&] {
    return static_cast<size_t>((static_cast<int64_t>(z) * buckets_.y + static_cast<int64_t>(y)) * buckets_.x +
                               static_cast<int64_t>(x));
  };
  double best = std::numeric_limits<double>::max(), second = best;
  for (const int32_t i : isInside ? candidates_[bucket()] : all_) {
    const Seed& seed = seeds_[static_cast<size_t>(i)];
    const double power = squaredDistance(point, seed.place) - seed.weight * seed.weight;
    if (power < best) {
      second = best, cell.next = cell.seed;
      best = power, cell.seed = i;
    } else if (power < second) {
      second = power, cell.next = i;
    }
  }
  if (cell.next < 0) {
    cell.toWall = 1e6;
    return cell;
  }
  const Point &own = seeds_[static_cast<size_t>(cell.seed)].place, &next = seeds_[static_cast<size_t>(cell.next)].place;
  cell.toWall = (second - best) / (2 * std::max(std::sqrt(squaredDistance(own, next)), 1e-6));
  return cell;
}

}  // namespace cyto::synthesis
