#pragma once

#include <functional>
#include <vector>

#include "core/synthesis/solid.h"

namespace cyto::synthesis {

/// What a sample is drawn on.
struct Stage {
  Extent3 extent;
  int64_t frames = 1;
  double sliceStep = 1;  ///< pixels from slice to slice
  Random random{0};

  bool isPlane() const { return frames == 1 && extent.z == 1; }
  double shorterSide() const { return static_cast<double>(std::min(extent.y, extent.x)); }
  double height() const { return static_cast<double>(extent.z - 1) * sliceStep; }
};

/// Where an object is in one frame.
struct Pose {
  Point centre;
  double angle = 0;
  double size = 1;  ///< what it means is the kind's to say: a radius, a length
  double age = 0;   ///< from 0 after a division to 1 at the next
};

/// An object from when it appears to when it divides or leaves.
struct Agent {
  int64_t parent = -1;  ///< index of the agent that divided into this one and another
  int64_t firstFrame = 0;
  uint64_t look = 0;        ///< seed of everything that stays the same about it
  int crowd = 0;            ///< which of the painter's crowds it belongs to
  bool isLabelled = true;   ///< false: a distractor, as real annotations have
  std::vector<Pose> poses;  ///< one per frame

  bool isAliveAt(int64_t frame) const {
    return frame >= firstFrame && frame < firstFrame + static_cast<int64_t>(poses.size());
  }
  const Pose& at(int64_t frame) const { return poses[static_cast<size_t>(frame - firstFrame)]; }
};

using Population = std::vector<Agent>;

/// The form of the object with this look in this pose; its long axis lies along `Pose::angle`.
using SolidOf = std::function<SolidPointer(uint64_t look, const Pose& pose)>;

/// How objects lie in the first frame.
struct Crowd {
  double coverage = 0.2;  ///< share of the frame that they shall cover, as far as they find room
  double clumping = 0.3;  ///< how often one lies against another
  double alignment = 0;   ///< how often it then has the other's direction
  double overlap = 0.05;  ///< share of an object that may lie in others
  int64_t most = 3000;
  bool isLabelled = true;
  std::function<double(Random&)> size;
  SolidOf solid;
  /// Empty: anywhere. Else the likelihood of a place, 0..1.
  std::function<double(const Point&)> likelihood;
};

/// Which places are taken, on a grid coarser than pixels.
class Occupancy {
 public:
  /// `cell` is the side of a cell in pixels.
  Occupancy(const Stage& stage, double cell);

  double cell() const { return cell_; }

  /// Points inside a solid, one per cell that it covers, so that many places can be tried fast.
  std::vector<Point> footprintOf(const Solid& solid) const;

  /// Takes the place of a body and returns true, unless more than the share `overlap` of it is taken.
  bool take(const Body& body, const std::vector<Point>& footprint, double overlap);
  bool take(const Body& body, double overlap) { return take(body, footprintOf(body.solid()), overlap); }

 private:
  size_t indexOf(const Point& point) const;

  double cell_;
  double border_;  ///< places outside the frame count too
  Extent3 grid_;
  std::vector<bool> taken_;
};

/// Adds one crowd in its first frame to the population, where the occupancy has room. The agents get the number
/// `index`.
void settle(const Stage& stage, const Crowd& crowd, int index, Occupancy& occupancy, Random random,
            Population& population);

/// How objects live.
struct Motion {
  double speed = 1;          ///< pixels per frame
  double persistence = 0.7;  ///< 0: a new direction in every frame
  double turning = 0.05;     ///< radians per frame
  double cycle = 20;         ///< frames from division to division, on average; 0: no divisions
  double growth = 1.4;       ///< size before a division by size after it
  double separation = 0.7;   ///< of the daughters from the mother's centre, in units of its reach
  bool keepsApart = true;
};

/// Gives every agent of the first frame its life and adds the daughters; `crowds` are those the agents belong to.
/// Agents that leave the frame end.
void live(const Stage& stage, const Motion& motion, const std::vector<Crowd>& crowds, Random random,
          Population& population);

}  // namespace cyto::synthesis
