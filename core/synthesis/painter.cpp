#include "core/synthesis/painter.h"

namespace cyto::synthesis {

void Cast::settle(std::vector<Crowd> crowds, const Motion& motion, double smallestRadius, const Random& random) {
  crowds_ = std::move(crowds);
  Occupancy occupancy(stage_, smallestRadius / 3);
  for (size_t i = 0; i < crowds_.size(); ++i) {
    synthesis::settle(stage_, crowds_[i], static_cast<int>(i), occupancy, random.stream("places").stream(i),
                      population_);
  }
  live(stage_, motion, crowds_, random.stream("life"), population_);
}

std::vector<Cast::Placed> Cast::placedAt(int64_t frame) const {
  std::vector<Placed> placed;
  for (size_t i = 0; i < population_.size(); ++i) {
    const Agent& agent = population_[i];
    if (!agent.isAliveAt(frame)) continue;
    const Pose& pose = agent.at(frame);
    const SolidPointer solid = crowds_[static_cast<size_t>(agent.crowd)].solid(agent.look, pose);
    placed.push_back({Body(solid, pose.centre, pose.angle), &agent, pose, static_cast<uint32_t>(i + 1)});
  }
  return placed;
}

std::vector<Body> bodiesOf(const std::vector<Cast::Placed>& placed) {
  std::vector<Body> bodies;
  bodies.reserve(placed.size());
  for (const Cast::Placed& one : placed) bodies.push_back(one.body);
  return bodies;
}

LabelRaster labelsOf(const std::vector<Cast::Placed>& placed, const Coverage& coverage) {
  LabelRaster labels(coverage.owner.extent());
  for (size_t i = 0; i < labels.size(); ++i) {
    const int32_t owner = coverage.owner[i];
    if (owner < 0) continue;
    const Cast::Placed& one = placed[static_cast<size_t>(owner)];
    if (one.agent->isLabelled) labels[i] = one.label;
  }
  return labels;
}

}  // namespace cyto::synthesis
