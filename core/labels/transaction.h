#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>

#include "core/array/plane_mask.h"
#include "core/labels/label_delta.h"

namespace cyto {

/// What painting does to pixels that have an id already.
enum class PaintRule {
  kOnlyBackground,  ///< pixels of other objects stay theirs
  kOverwrite,
};

/// The one way to change labels: collects writes on a private copy; nobody sees them until the delta of `finish` is
/// applied to the volume. Dropping the transaction drops the writes. Masks may reach over the border of the plane;
/// they are cut there.
class Transaction {
 public:
  /// `labels` must not change before `finish`.
  explicit Transaction(const LabelVolume& labels);

  /// The labels with the writes so far.
  const LabelVolume& labels() const { return after_; }

  /// Gives the mask's pixels of a plane the id (0 erases); returns how many changed.
  /// `mayChange(old)` decides per pixel and is asked after the rule; empty: yes.
  int64_t paint(int64_t t, int64_t z, const PlaneMask& mask, uint32_t id, PaintRule rule,
                const std::function<bool(uint32_t old)>& mayChange = {});

  /// Gives the pixels of a plane the ids of `plane`, row-major and as large as the plane; where it has 0, and where the
  /// rule says so, they stay. Returns how many changed.
  int64_t paint(int64_t t, int64_t z, std::span<const uint32_t> plane, PaintRule rule);

  /// Asks for the new id of every pixel inside `box` where `other`, a volume of the same shape, has an id; returns how
  /// many changed. The answer must depend on the two ids alone: it is asked once for a run of equal pixels. Chunks that
  /// `other` does not have cost nothing.
  using Choice = std::function<uint32_t(uint32_t old, uint32_t other)>;
  int64_t combine(const LabelVolume& other, const Box& box, const Choice& newId);

  /// Gives every pixel of `from` inside `box` the id `to`; returns how many changed.
  int64_t replace(const Box& box, uint32_t from, uint32_t to);

  /// What has changed since the beginning. The transaction must not be used afterwards.
  LabelDelta finish();

 private:
  template <typename NewId>
  int64_t rewrite(const ChunkKey& key, const PlaneBox& window, NewId newId);

  LabelVolume after_;
  /// What the touched chunks were at the beginning; null for those that did not exist.
  std::map<ChunkKey, std::shared_ptr<const LabelVolume::Chunk>> before_;
};

}  // namespace cyto
