#include "core/synthesis/labelling.h"

#include <gtest/gtest.h>

namespace cyto::synthesis {
namespace {

LabelRaster rasterOf(const std::vector<std::string>& rows) {
  LabelRaster raster({1, static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
  size_t i = 0;
  for (const std::string& row : rows) {
    for (const char digit : row) raster[i++] = static_cast<uint32_t>(digit - '0');
  }
  return raster;
}

TEST(SynthesisLabelling, OfEveryLabelTheLargestPieceStays) {
  LabelRaster labels = rasterOf({"11011", "10001", "02200", "00200", "30022"});
  keepLargestPieces(labels, 2);
  const LabelRaster wanted = rasterOf({"11000", "10000", "02200", "00200", "00000"});
  EXPECT_TRUE(std::equal(labels.begin(), labels.end(), wanted.begin()));
}

TEST(SynthesisLabelling, PiecesThatMeetLateAreOne) {
  LabelRaster spiral = rasterOf({"1010101", "1010101", "1111111", "0000000", "1111100"});
  keepLargestPieces(spiral, 1);
  EXPECT_TRUE(std::equal(spiral.begin(), spiral.end(),
                         rasterOf({"1010101", "1010101", "1111111", "0000000", "0000000"}).begin()));
}

TEST(SynthesisLabelling, SlicesHangTogether) {
  LabelRaster labels({3, 1, 4});
  labels.row(0, 0)[0] = labels.row(1, 0)[0] = labels.row(2, 0)[0] = 1;  // a column through the slices
  labels.row(0, 0)[3] = labels.row(2, 0)[3] = 1;                        // two that do not touch
  keepLargestPieces(labels, 1);
  EXPECT_EQ(labels.row(1, 0)[0], 1u);
  EXPECT_EQ(labels.row(0, 0)[3], 0u);
}

TEST(SynthesisLabelling, BodiesMeetInTheMiddle) {
  const auto disc = std::make_shared<Blob>(Blob::Outline{10, 10, 10, {}, {}});
  const std::vector<Body> bodies = {{disc, {0, 20, 15}, 0}, {disc, {0, 20, 27}, 0}};
  const Coverage contact = coverageOf(bodies, {1, 40, 45}, 1);
  EXPECT_EQ(contact.owner.row(0, 20)[20], 0);
  EXPECT_EQ(contact.owner.row(0, 20)[22], 1);
  EXPECT_EQ(contact.owner.row(0, 2)[2], -1);
}

Agent agentOf(int64_t parent, int64_t firstFrame, size_t frames) {
  Agent agent;
  agent.parent = parent;
  agent.firstFrame = firstFrame;
  agent.poses.resize(frames);
  return agent;
}

TEST(SynthesisLabelling, TracksFollowWhatIsSeen) {
  // 0 divides into 1 and 2 after two frames; 3 is away in frame 1; 4 divides into 5 and 6, of which 6 is never seen.
  const Population population = {agentOf(-1, 0, 2), agentOf(0, 2, 2), agentOf(0, 2, 2), agentOf(-1, 0, 4),
                                 agentOf(-1, 0, 3), agentOf(4, 3, 1), agentOf(4, 3, 1)};
  std::vector<LabelRaster> frames = {rasterOf({"10405"}), rasterOf({"11005"}), rasterOf({"23405"}),
                                     rasterOf({"23406"})};
  const std::vector<Track> tracks = trackObjects(population, frames);
  const std::vector<Track> wanted = {{1, 0, 1, 0}, {2, 0, 0, 0}, {3, 0, 2, 0}, {4, 2, 3, 1},
                                     {5, 2, 3, 1}, {6, 2, 3, 0}, {7, 3, 3, 0}};
  EXPECT_EQ(tracks, wanted);
  EXPECT_TRUE(std::equal(frames[3].begin(), frames[3].end(), rasterOf({"45607"}).begin()));
}

}  // namespace
}  // namespace cyto::synthesis
