#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/synthesis/synthesis.h"

namespace cyto::test {

/// What the labels of one frame hold, counted the slow way.
struct FrameObjects {
  std::map<uint32_t, int64_t> sizes;   ///< pixels by id
  std::map<uint32_t, int64_t> pieces;  ///< pieces by id, joined by sides
};
FrameObjects objectsIn(const Array& labels, int64_t frame);

/// How much steeper the image (smoothed, as gray) is at the borders of labels than away from them.
double contrastAtBorders(const synthesis::SyntheticSample& sample, int64_t frame);

/// Fails the test unless image, labels and tracks of a sample fit each other.
void expectSound(const synthesis::SyntheticSample& sample, const Shape& shape);

/// The same image, labels and tracks.
bool areEqual(const synthesis::SyntheticSample& a, const synthesis::SyntheticSample& b);

}  // namespace cyto::test
