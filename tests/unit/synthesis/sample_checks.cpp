#include "tests/unit/synthesis/sample_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/synthesis/filters.h"

namespace cyto::test {

using synthesis::FloatRaster;
using synthesis::SyntheticSample;
using synthesis::Track;

namespace {

/// Index steps to the neighbours of a pixel that share a side with it.
template <typename Visit>
void visitNeighbours(const Shape& shape, size_t index, Visit visit) {
  const auto row = static_cast<size_t>(shape.x), plane = static_cast<size_t>(shape.y * shape.x);
  const size_t x = index % row, y = index % plane / row, z = index / plane;
  if (x > 0) visit(index - 1);
  if (x + 1 < row) visit(index + 1);
  if (y > 0) visit(index - row);
  if (y + 1 < static_cast<size_t>(shape.y)) visit(index + row);
  if (z > 0) visit(index - plane);
  if (z + 1 < static_cast<size_t>(shape.z)) visit(index + plane);
}

std::span<const uint32_t> frameOf(const Array& labels, int64_t frame) {
  const Shape& shape = labels.shape();
  const auto size = static_cast<size_t>(shape.z * shape.y * shape.x);
  return labels.as<uint32_t>().subspan(static_cast<size_t>(frame) * size, size);
}

/// Mean of the channels of one frame.
FloatRaster grayOf(const Array& image, int64_t frame) {
  const Shape& shape = image.shape();
  FloatRaster gray({shape.z, shape.y, shape.x});
  visitDtype(image.dtype(), [&](auto zero) {
    for (int64_t c = 0; c < image.channels(); ++c) {
      size_t i = 0;
      for (int64_t z = 0; z < shape.z; ++z) {
        for (const auto value : image.plane<decltype(zero)>(c, frame, z)) gray[i++] += static_cast<float>(value);
      }
    }
  });
  return gray;
}

void expectLineage(const SyntheticSample& sample, const std::vector<FrameObjects>& frames) {
  std::map<uint32_t, int> daughters;
  for (size_t i = 0; i < sample.tracks.size(); ++i) {
    const Track& track = sample.tracks[i];
    EXPECT_EQ(track.id, i + 1) << "ids have no gaps";
    EXPECT_LE(track.begin, track.end);
    for (int64_t t = 0; t < static_cast<int64_t>(frames.size()); ++t) {
      EXPECT_EQ(frames[static_cast<size_t>(t)].sizes.contains(track.id), t >= track.begin && t <= track.end)
          << "track " << track.id << " in frame " << t;
    }
    if (track.parent == 0) continue;
    ++daughters[track.parent];
    ASSERT_LE(track.parent, sample.tracks.size());
    EXPECT_EQ(sample.tracks[track.parent - 1].end, track.begin - 1);
  }
  for (const auto& [parent, count] : daughters) EXPECT_EQ(count, 2) << "daughters of " << parent;
}

}  // namespace

FrameObjects objectsIn(const Array& labels, int64_t frame) {
  const auto ids = frameOf(labels, frame);
  FrameObjects objects;
  std::vector<bool> seen(ids.size());
  std::vector<size_t> waiting;
  for (size_t start = 0; start < ids.size(); ++start) {
    if (ids[start] == 0 || seen[start]) continue;
    ++objects.pieces[ids[start]];
    seen[start] = true;
    waiting.push_back(start);
    while (!waiting.empty()) {
      const size_t index = waiting.back();
      waiting.pop_back();
      ++objects.sizes[ids[start]];
      visitNeighbours(labels.shape(), index, [&](size_t next) {
        if (seen[next] || ids[next] != ids[start]) return;
        seen[next] = true;
        waiting.push_back(next);
      });
    }
  }
  return objects;
}

double contrastAtBorders(const SyntheticSample& sample, int64_t frame) {
  const FloatRaster gray = synthesis::blurred(grayOf(sample.image, frame), 1);
  const FloatRaster down = synthesis::slope(gray, 1, 0), right = synthesis::slope(gray, 0, 1);
  const auto ids = frameOf(sample.labels, frame);
  FloatRaster isBorder(gray.extent());
  for (size_t i = 0; i < ids.size(); ++i) {
    visitNeighbours(sample.labels.shape(), i,
                    [&](size_t next) { isBorder[i] = std::max(isBorder[i], ids[next] != ids[i] ? 1.0f : 0.0f); });
  }
  const FloatRaster near = synthesis::blurred(isBorder, 2);
  double atBorders = 0, away = 0, borders = 0, others = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const double steepness = std::hypot(down[i], right[i]);
    if (isBorder[i] > 0) atBorders += steepness, ++borders;
    if (near[i] < 0.01f) away += steepness, ++others;
  }
  return others > 0 && borders > 0 ? atBorders / borders / (away / others + 1e-9) : 1;
}

void expectSound(const SyntheticSample& sample, const Shape& shape) {
  EXPECT_EQ(sample.image.shape(), shape);
  EXPECT_EQ(sample.labels.shape(), shape);
  EXPECT_EQ(sample.labels.dtype(), Dtype::kUint32);
  EXPECT_EQ(sample.labels.channels(), 1);
  EXPECT_TRUE(sample.image.channels() == 1 || (sample.image.channels() == 3 && sample.image.dtype() == Dtype::kUint8));
  std::set<double> values;
  visitDtype(sample.image.dtype(), [&](auto zero) {
    for (const auto value : sample.image.as<decltype(zero)>()) values.insert(static_cast<double>(value));
  });
  EXPECT_GE(values.size(), 16u) << "gray values in use";
  ASSERT_FALSE(sample.tracks.empty());
  std::vector<FrameObjects> frames;
  for (int64_t t = 0; t < shape.t; ++t) {
    frames.push_back(objectsIn(sample.labels, t));
    for (const auto& [id, pieces] : frames.back().pieces) EXPECT_EQ(pieces, 1) << "object " << id << " in frame " << t;
    for (const auto& [id, size] : frames.back().sizes) EXPECT_GE(size, 12) << "object " << id << " in frame " << t;
    for (const auto& [id, size] : frames.back().sizes) EXPECT_LE(id, sample.tracks.size());
  }
  EXPECT_FALSE(frames[0].sizes.empty());
  expectLineage(sample, frames);
}

bool areEqual(const SyntheticSample& a, const SyntheticSample& b) {
  const auto same = [](const Array& x, const Array& y) {
    return x.dtype() == y.dtype() && x.shape() == y.shape() && x.channels() == y.channels() &&
           std::memcmp(x.data(), y.data(), static_cast<size_t>(x.size_bytes())) == 0;
  };
  return same(a.image, b.image) && same(a.labels, b.labels) && a.tracks == b.tracks;
}

}  // namespace cyto::test
