#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/array/array.h"
#include "core/base/cancel.h"
#include "core/base/result.h"

namespace cyto::synthesis {

/// What a sample shall be.
struct SynthesisOptions {
  std::string kind;                   ///< one of `kinds()`
  cyto::Shape shape{1, 1, 256, 256};  ///< frames, slices, rows, columns; rows and columns at least `kLeastSide`
  std::optional<Dtype> pixelType;     ///< uint8 or uint16; nothing: drawn at random, as is whether a plane has colours
};

inline constexpr int64_t kLeastSide = 48;

/// The life of one object, as in man_track.txt of the Cell Tracking Challenge.
struct Track {
  uint32_t id = 0;
  int64_t begin = 0;    ///< first frame
  int64_t end = 0;      ///< last frame, included
  uint32_t parent = 0;  ///< 0: none; otherwise it ends in the frame before and has exactly two daughters

  bool operator==(const Track&) const = default;
};

/// An image of cells that do not exist, and where they are.
struct SyntheticSample {
  Array image;   ///< uint8 or uint16; one channel, or three that are red, green and blue (uint8, a single plane)
  Array labels;  ///< uint32, ids from 1 on without gaps; in each frame an id is one connected piece
  std::vector<Track> tracks;  ///< by id; one per object also when there is one frame
};

/// A kind of image that can be made.
struct KindDescription {
  std::string_view name;
  std::string_view about;
  bool hasVolumes = false;  ///< can have slices
  bool hasSeries = false;   ///< can have frames
};

const std::vector<KindDescription>& kinds();
const KindDescription* findKind(std::string_view name);

/// Makes one sample. It depends on the options and the seed alone: not on threads, nor on earlier calls. May be called
/// from several threads. Errors: kInvalidArgument for an unknown kind, a kind without slices or frames, a shape that is
/// too small, a pixel type other than those named; kOutOfMemory; kCancelled, asked for in each frame.
Result<SyntheticSample> synthesize(const SynthesisOptions& options, uint64_t seed, const CancelToken& cancel = {});

/// The seed of sample number `index` of a set with this seed: well mixed, so that sets of other seeds share none.
uint64_t sampleSeed(uint64_t setSeed, uint64_t index);

}  // namespace cyto::synthesis
