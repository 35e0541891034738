#include "core/synthesis/mosaic.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyto::synthesis {

namespace {

double squaredDistance(const Point& a, const Point& b) {
  const double z = a.z - b.z, y = a.y - b.y, x = a.x - b.x;
  return z * z + y * y + x * x;
}

}  // namespace

Mosaic::Mosaic(std::vector<Seed> seeds) : seeds_(std::move(seeds)) {
  if (seeds_.empty()) return;
  Point end = origin_ = seeds_[0].place;
  for (const Seed& seed : seeds_) {
    origin_ = {std::min(origin_.z, seed.place.z), std::min(origin_.y, seed.place.y), std::min(origin_.x, seed.place.x)};
    end = {std::max(end.z, seed.place.z), std::max(end.y, seed.place.y), std::max(end.x, seed.place.x)};
    largestWeight_ = std::max(largestWeight_, seed.weight);
  }
  const Point size{end.z - origin_.z, end.y - origin_.y, end.x - origin_.x};
  const auto count = static_cast<double>(seeds_.size());
  bucket_ = size.z > 1 ? std::cbrt((size.z + 1) * (size.y + 1) * (size.x + 1) / count)
                       : std::sqrt((size.y + 1) * (size.x + 1) / count);
  const auto along = [&](double length) { return static_cast<int64_t>(length / bucket_) + 1; };
  buckets_ = {along(size.z), along(size.y), along(size.x)};
  members_.resize(static_cast<size_t>(buckets_.count()));
  for (size_t i = 0; i < seeds_.size(); ++i) {
    const Point& place = seeds_[i].place;
    const auto z = static_cast<int64_t>((place.z - origin_.z) / bucket_),
               y = static_cast<int64_t>((place.y - origin_.y) / bucket_),
               x = static_cast<int64_t>((place.x - origin_.x) / bucket_);
    members_[static_cast<size_t>((z * buckets_.y + y) * buckets_.x + x)].push_back(static_cast<int32_t>(i));
  }
}

Mosaic::Cell Mosaic::at(const Point& point) const {
  Cell cell;
  if (seeds_.empty()) return cell;
  double best = std::numeric_limits<double>::max(), second = best;
  const auto look = [&](int64_t z, int64_t y, int64_t x) {
    for (const int32_t i : members_[static_cast<size_t>((z * buckets_.y + y) * buckets_.x + x)]) {
      const Seed& seed = seeds_[static_cast<size_t>(i)];
      const double power = squaredDistance(point, seed.place) - seed.weight * seed.weight;
      if (power < best) {
        second = best, cell.next = cell.seed;
        best = power, cell.seed = i;
      } else if (power < second) {
        second = power, cell.next = i;
      }
    }
  };
  const auto bucketOf = [&](double position, double origin, int64_t count) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor((position - origin) / bucket_)), 0, count - 1);
  };
  const int64_t z0 = bucketOf(point.z, origin_.z, buckets_.z), y0 = bucketOf(point.y, origin_.y, buckets_.y),
                x0 = bucketOf(point.x, origin_.x, buckets_.x);
  const int64_t farthest = std::max({buckets_.z, buckets_.y, buckets_.x});
  // Rings of buckets, until none further out can hold a better seed.
  for (int64_t ring = 0; ring <= farthest; ++ring) {
    const double reach = static_cast<double>(ring - 1) * bucket_;
    if (ring > 1 && reach * reach - largestWeight_ * largestWeight_ > second) break;
    for (int64_t z = std::max<int64_t>(z0 - ring, 0); z <= std::min(z0 + ring, buckets_.z - 1); ++z) {
      for (int64_t y = std::max<int64_t>(y0 - ring, 0); y <= std::min(y0 + ring, buckets_.y - 1); ++y) {
        const bool isFace = std::abs(z - z0) == ring || std::abs(y - y0) == ring;
        const int64_t step = isFace || ring == 0 ? 1 : 2 * ring;
        for (int64_t x = x0 - ring; x <= x0 + ring; x += step) {
          if (x >= 0 && x < buckets_.x) look(z, y, x);
        }
      }
    }
  }
  if (cell.next >= 0) {
    const double apart = std::sqrt(squaredDistance(seeds_[static_cast<size_t>(cell.seed)].place, seeds_[static_cast<size_t>(cell.next)].place));
    cell.toWall = (second - best) / (2 * std::max(apart, 1e-6));
  } else {
    cell.toWall = 1e6;
  }
  return cell;
}

}  // namespace cyto::synthesis
