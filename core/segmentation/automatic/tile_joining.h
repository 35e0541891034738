#pragma once

#include "core/array/tiling.h"
#include "core/labels/label_volume.h"
#include "core/labels/transaction.h"
#include "core/segmentation/automatic/instance_labels.h"

namespace cyto {

/// Puts the objects of tiles together to labels of an image. Each tile gives the pixels of its block; its halo tells
/// which of its objects are those of the tiles before it.
class TileJoining {
 public:
  TileJoining(const Shape& image, const Tiling& tiling);

  /// Tiles of a plane come by ascending id. `labels` has the size of the tile with its halo; kInternal otherwise.
  Status add(int64_t t, int64_t z, int64_t tile, const InstanceLabels& labels);

  /// The labels, without objects that have fewer than `minSize` pixels in all. Ids are 1..objects in the order of
  /// planes and tiles. Nothing may be added afterwards.
  LabelVolume finish(int64_t minSize, uint32_t& objects);

 private:
  void joinWithEarlier(int64_t t, int64_t z, int64_t tile, const InstanceLabels& labels);
  uint32_t representative(uint32_t id) const;
  void join(uint32_t a, uint32_t b);

  Tiling tiling_;
  Transaction painted_;           // with ids that are final up to joining and dropping
  std::vector<uint32_t> parent_;  // of each id: itself, or a lower one of the same object
  std::vector<int64_t> areas_;    // of each id
  uint32_t firstId_ = 0;          // of the tile at hand: its object n is firstId_ + n
};

}  // namespace cyto
