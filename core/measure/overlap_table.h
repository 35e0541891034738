#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace cyto {

/// How many pixels the objects of a truth and of a prediction have, and have in common. It is filled in one pass over
/// both, block by block; any number of axes will do, since only pixels at the same place are compared.
class OverlapTable {
 public:
  struct Object {
    uint64_t id = 0;
    int64_t area = 0;  ///< pixels
  };

  /// A true and a predicted object, as positions in `truth()` and `prediction()`, that share pixels.
  struct Overlap {
    int64_t truth = 0;
    int64_t prediction = 0;
    int64_t area = 0;  ///< pixels that both have
    double iou = 0;    ///< intersection over union of the two objects
  };

  /// Counts one block; both have an id for each pixel, in the same order, 0 for background.
  void add(std::span<const uint64_t> truth, std::span<const uint64_t> prediction);

  /// In the order in which they were first met.
  const std::vector<Object>& truth() const { return truth_.objects; }
  const std::vector<Object>& prediction() const { return prediction_.objects; }

  /// All pairs that share a pixel, by position of the true object, then of the predicted one.
  std::vector<Overlap> overlaps() const;

 private:
  struct Objects {
    std::vector<Object> objects;
    std::unordered_map<uint64_t, uint32_t> positions;

    uint32_t count(uint64_t id, int64_t pixels);
  };

  void addRun(uint64_t truth, uint64_t prediction, int64_t pixels);

  Objects truth_;
  Objects prediction_;
  std::unordered_map<uint64_t, int64_t> common_;  // by both positions, the one of the truth in the upper half
};

}  // namespace cyto
