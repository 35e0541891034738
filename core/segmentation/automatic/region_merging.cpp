#include "core/segmentation/automatic/region_merging.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>
#include <tuple>

namespace cyto {

namespace {

constexpr double kWorstDistance = 1.5;
constexpr double kWorstSizeError = 2;
constexpr double kEvenBoundary = 0.5;

/// Sums over the cells of a region, which are all that its badness needs.
struct Region {
  double cells = 0, y = 0, x = 0;
  double centroidY = 0, centroidX = 0, centroidSquares = 0;
  double logSize = 0;

  Region operator+(const Region& other) const {
    return {cells + other.cells,
            y + other.y,
            x + other.x,
            centroidY + other.centroidY,
            centroidX + other.centroidX,
            centroidSquares + other.centroidSquares,
            logSize + other.logSize};
  }

  /// Badness times cells.
  double cost(double sizeWeight) const {
    const double ownY = y / cells, ownX = x / cells, side = std::sqrt(cells);
    const double square =
        (centroidSquares - 2 * (ownY * centroidY + ownX * centroidX)) / cells + ownY * ownY + ownX * ownX;
    const double distance = std::min(kWorstDistance, std::sqrt(std::max(square, 0.0)) / side);
    const double sizeError = std::min(kWorstSizeError, std::abs(logSize / cells - std::log2(side)));
    return cells * (distance + sizeWeight * sizeError);
  }
};

/// The cells where two regions meet.
struct Contact {
  double boundary = 0;  ///< sum of probabilities
  double pairs = 0;
};

class Merging {
 public:
  Merging(const InstanceLabels& labels, const CentroidMaps& maps, const CentroidParameters& parameters)
      : parameters_(parameters),
        regions_(labels.count + size_t{1}),
        contacts_(regions_.size()),
        versions_(regions_.size(), 0),
        mergedInto_(regions_.size()) {
    std::iota(mergedInto_.begin(), mergedInto_.end(), 0u);
    measure(labels, maps);
  }

  void run() {
    for (uint32_t a = 1; a < regions_.size(); ++a) {
      for (const auto& [b, contact] : contacts_[a]) {
        if (a < b) propose(a, b);
      }
    }
    while (!offers_.empty()) {
      const Offer offer = offers_.top();
      offers_.pop();
      // A region that was merged has another version, so old offers fall away.
      if (versions_[offer.a] == offer.versionA && versions_[offer.b] == offer.versionB) merge(offer.a, offer.b);
    }
  }

  uint32_t representative(uint32_t id) const {
    while (mergedInto_[id] != id) id = mergedInto_[id];
    return id;
  }

 private:
  struct Offer {
    double gain;
    uint32_t a, b, versionA, versionB;
    bool operator<(const Offer& other) const { return std::tie(gain, other.a, other.b) < std::tie(other.gain, a, b); }
  };

  void measure(const InstanceLabels& labels, const CentroidMaps& maps) {
    const int64_t rows = labels.size.y, columns = labels.size.x;
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x) {
        const auto i = static_cast<size_t>(y * columns + x);
        if (labels.ids[i] == 0) continue;
        const auto cy = static_cast<double>(maps.centroidY[i]), cx = static_cast<double>(maps.centroidX[i]);
        Region& region = regions_[labels.ids[i]];
        region = region + Region{1,
                                 static_cast<double>(y),
                                 static_cast<double>(x),
                                 cy,
                                 cx,
                                 cy * cy + cx * cx,
                                 static_cast<double>(maps.logSize[i])};
        if (x + 1 < columns) touch(labels, maps, i, i + 1);
        if (y + 1 < rows) touch(labels, maps, i, i + static_cast<size_t>(columns));
      }
    }
  }

  void touch(const InstanceLabels& labels, const CentroidMaps& maps, size_t i, size_t j) {
    const uint32_t a = labels.ids[i], b = labels.ids[j];
    if (a == b || b == 0) return;
    // One thin line of cells with a boundary divides: take the side where it is weaker.
    const auto probability = static_cast<double>(std::min(maps.boundary[i], maps.boundary[j]));
    for (const auto& [from, to] : {std::pair{a, b}, {b, a}}) {
      Contact& contact = contacts_[from][to];
      contact.boundary += probability;
      contact.pairs += 1;
    }
  }

  void propose(uint32_t a, uint32_t b) {
    if (a > b) std::swap(a, b);
    const Contact& contact = contacts_[a].at(b);
    const Region& first = regions_[a];
    const Region& second = regions_[b];
    const double weight = parameters_.sizeWeight;
    const double saved = first.cost(weight) + second.cost(weight) - (first + second).cost(weight);
    const double gain = saved / std::min(first.cells, second.cells) +
                        parameters_.boundaryWeight * (kEvenBoundary - contact.boundary / contact.pairs);
    if (gain > 0) offers_.push({gain, a, b, versions_[a], versions_[b]});
  }

  void merge(uint32_t a, uint32_t b) {
    regions_[a] = regions_[a] + regions_[b];
    mergedInto_[b] = a;
    ++versions_[a];
    ++versions_[b];
    for (const auto& [other, contact] : contacts_[b]) {
      contacts_[other].erase(b);
      if (other == a) continue;
      for (const auto& [from, to] : {std::pair{a, other}, {other, a}}) {
        contacts_[from][to].boundary += contact.boundary;
        contacts_[from][to].pairs += contact.pairs;
      }
    }
    contacts_[b].clear();
    for (const auto& [other, contact] : contacts_[a]) propose(a, other);
  }

  const CentroidParameters& parameters_;
  std::vector<Region> regions_;
  std::vector<std::map<uint32_t, Contact>> contacts_;
  std::vector<uint32_t> versions_;
  std::vector<uint32_t> mergedInto_;
  std::priority_queue<Offer> offers_;
};

}  // namespace

void mergeRegions(InstanceLabels& regions, const CentroidMaps& maps, const CentroidParameters& parameters) {
  Merging merging(regions, maps, parameters);
  merging.run();
  std::vector<uint32_t> newId(regions.count + size_t{1}, 0);
  uint32_t count = 0;
  for (uint32_t id = 1; id < newId.size(); ++id) {
    const uint32_t kept = merging.representative(id);
    newId[id] = kept == id ? ++count : newId[kept];  // a region is merged into one with a lower id
  }
  for (uint32_t& id : regions.ids) id = newId[id];
  regions.count = count;
}

}  // namespace cyto
