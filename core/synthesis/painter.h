#pragma once

#include <memory>

#include "core/synthesis/camera.h"
#include "core/synthesis/labelling.h"
#include "core/synthesis/population.h"
#include "core/synthesis/synthesis.h"

namespace cyto::synthesis {

/// One frame before the camera.
struct Picture {
  std::vector<FloatRaster> light;  ///< one channel, or red, green and blue
  LabelRaster labels;              ///< agents + 1; only those that can be seen and are to be labelled
};

/// Draws the frames of one sample. What all frames share (styles, objects, their lives) is drawn at random when it is
/// made; painting a frame depends on nothing else. Immutable.
class Painter {
 public:
  virtual ~Painter() = default;

  virtual const Population& population() const = 0;
  virtual Picture paint(int64_t frame) const = 0;

  /// Whether what is not there is dark.
  virtual bool isDarkField() const = 0;
};

/// Objects of one or several crowds and what they look like in a frame.
class Cast {
 public:
  struct Placed {
    Body body;
    const Agent* agent;
    Pose pose;
    uint32_t label;  ///< agent + 1
  };

  explicit Cast(const Stage& stage) : stage_(stage) {}

  /// Settles crowds one after the other on the same ground and gives them their lives.
  void settle(std::vector<Crowd> crowds, const Motion& motion, double smallestRadius, const Random& random);

  const Population& population() const { return population_; }
  std::vector<Placed> placedAt(int64_t frame) const;

 private:
  const Stage& stage_;
  std::vector<Crowd> crowds_;
  Population population_;
};

std::vector<Body> bodiesOf(const std::vector<Cast::Placed>& placed);

/// Labels of the bodies that own pixels and are to be labelled.
LabelRaster labelsOf(const std::vector<Cast::Placed>& placed, const Coverage& coverage);

using MakePainter = std::unique_ptr<Painter> (*)(const Stage& stage, bool allowsColour);

/// An entry of the registry.
struct Kind {
  KindDescription description;
  MakePainter make;
};

/// Every kind, in the order in which it is listed.
const std::vector<Kind>& registry();

}  // namespace cyto::synthesis
