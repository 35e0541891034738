#include "core/synthesis/labelling.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace cyto::synthesis {

namespace {

/// Numbers that are joined to sets; the smallest member names its set.
class DisjointSets {
 public:
  uint32_t make() {
    parents_.push_back(static_cast<uint32_t>(parents_.size()));
    return parents_.back();
  }
  uint32_t find(uint32_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(uint32_t a, uint32_t b) {
    a = find(a), b = find(b);
    if (a != b) parents_[std::max(a, b)] = std::min(a, b);
  }
  size_t size() const { return parents_.size(); }

 private:
  std::vector<uint32_t> parents_;
};

constexpr uint32_t kNoTrack = 0;

/// The time an agent is seen without a gap.
struct Sighting {
  size_t agent;
  int64_t begin, end;  ///< both included
};

std::vector<Sighting> sightingsOf(size_t agents, const std::vector<LabelRaster>& frames) {
  std::vector<Sighting> sightings;
  std::vector<int64_t> current(agents, -1);  // index of the sighting that may go on
  for (size_t t = 0; t < frames.size(); ++t) {
    std::vector<bool> seen(agents);
    for (const uint32_t label : frames[t]) {
      if (label > 0) seen[label - 1] = true;
    }
    for (size_t agent = 0; agent < agents; ++agent) {
      if (!seen[agent]) continue;
      const auto frame = static_cast<int64_t>(t);
      const int64_t last = current[agent];
      if (last >= 0 && sightings[static_cast<size_t>(last)].end == frame - 1) {
        sightings[static_cast<size_t>(last)].end = frame;
      } else {
        current[agent] = static_cast<int64_t>(sightings.size());
        sightings.push_back({agent, frame, frame});
      }
    }
  }
  return sightings;
}

}  // namespace

Coverage coverageOf(const std::vector<Body>& bodies, const Extent3& extent, double sliceStep) {
  Coverage coverage{Raster<int32_t>(extent, -1), FloatRaster(extent)};
  for (size_t i = 0; i < bodies.size(); ++i) {
    visitPixels(bodies[i], extent, sliceStep, 0, [&](size_t index, const Point&, double depth) {
      if (depth <= coverage.depth[index]) return;
      coverage.owner[index] = static_cast<int32_t>(i);
      coverage.depth[index] = static_cast<float>(depth);
    });
  }
  return coverage;
}

void keepLargestPieces(LabelRaster& labels, int64_t least) {
  const Extent3& extent = labels.extent();
  Raster<uint32_t> pieces(extent);
  DisjointSets sets;
  const auto plane = static_cast<size_t>(extent.y * extent.x), row = static_cast<size_t>(extent.x);
  size_t i = 0;
  for (int64_t z = 0; z < extent.z; ++z) {
    for (int64_t y = 0; y < extent.y; ++y) {
      for (int64_t x = 0; x < extent.x; ++x, ++i) {
        const uint32_t label = labels[i];
        if (label == 0) continue;
        const bool left = x > 0 && labels[i - 1] == label, above = y > 0 && labels[i - row] == label,
                   before = z > 0 && labels[i - plane] == label;
        const uint32_t piece = left     ? pieces[i - 1]
                               : above  ? pieces[i - row]
                               : before ? pieces[i - plane]
                                        : sets.make();
        pieces[i] = piece;
        if (left && above) sets.join(piece, pieces[i - row]);
        if (before && (left || above)) sets.join(piece, pieces[i - plane]);
      }
    }
  }
  std::vector<int64_t> sizes(sets.size());
  std::vector<uint32_t> owners(sets.size());
  for (i = 0; i < labels.size(); ++i) {
    if (labels[i] == 0) continue;
    pieces[i] = sets.find(pieces[i]);
    ++sizes[pieces[i]];
    owners[pieces[i]] = labels[i];
  }
  std::map<uint32_t, uint32_t> largest;  // piece by label
  for (uint32_t piece = 0; piece < sizes.size(); ++piece) {
    if (sizes[piece] < least) continue;
    const auto [entry, isNew] = largest.try_emplace(owners[piece], piece);
    if (!isNew && sizes[piece] > sizes[entry->second]) entry->second = piece;
  }
  std::vector<bool> stays(sizes.size());
  for (const auto& [label, piece] : largest) stays[piece] = true;
  for (i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && !stays[pieces[i]]) labels[i] = 0;
  }
}

std::vector<Track> trackObjects(const Population& population, std::vector<LabelRaster>& frames) {
  const std::vector<Sighting> sightings = sightingsOf(population.size(), frames);
  std::vector<Track> tracks;
  std::vector<std::vector<uint32_t>> ids(frames.size(), std::vector<uint32_t>(population.size(), kNoTrack));
  std::map<std::pair<int64_t, int64_t>, std::vector<size_t>> births;  // tracks by mother and first frame
  for (const Sighting& sighting : sightings) {
    const auto id = static_cast<uint32_t>(tracks.size() + 1);
    for (int64_t t = sighting.begin; t <= sighting.end; ++t) ids[static_cast<size_t>(t)][sighting.agent] = id;
    const Agent& agent = population[sighting.agent];
    if (agent.parent >= 0 && sighting.begin == agent.firstFrame) {
      births[{agent.parent, sighting.begin}].push_back(tracks.size());
    }
    tracks.push_back({id, sighting.begin, sighting.end, kNoTrack});
  }
  for (const auto& [birth, daughters] : births) {
    const uint32_t mother = ids[static_cast<size_t>(birth.second - 1)][static_cast<size_t>(birth.first)];
    if (mother == kNoTrack || daughters.size() != 2) continue;
    for (const size_t daughter : daughters) tracks[daughter].parent = mother;
  }
  for (size_t t = 0; t < frames.size(); ++t) {
    for (uint32_t& label : frames[t]) label = label > 0 ? ids[t][label - 1] : 0;
  }
  return tracks;
}

}  // namespace cyto::synthesis
