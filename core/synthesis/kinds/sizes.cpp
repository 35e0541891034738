#include <algorithm>

#include "core/synthesis/kinds/kinds.h"

namespace cyto::synthesis {

double typicalRadius(const Stage& stage, double smallest, double largest, Random& random) {
  const double fits = std::max(smallest, std::min(largest, 0.35 * stage.shorterSide()));
  return random.logUniform(smallest, fits);
}

std::function<double(Random&)> sizesAround(double typical, double variation) {
  return [=](Random& random) { return typical * someFactor(variation, random); };
}

double someFactor(double variation, Random& random) {
  return std::exp(std::clamp(random.normal(), -2.0, 2.0) * variation);
}

}  // namespace cyto::synthesis
