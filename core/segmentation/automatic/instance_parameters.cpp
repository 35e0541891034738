#include "core/segmentation/automatic/instance_parameters.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

/// A parameter by its name, in the kinds of maps that have it.
struct Parameter {
  std::vector<double*> reals;
  std::vector<int64_t*> counts;
  double most = 1;
  double least = 0;
};

constexpr double kLargestSigma = 50;
constexpr double kLargestWeight = 100;
constexpr double kLargestSize = 1e12;
constexpr double kMostPoints = 256;

std::map<std::string, Parameter> parametersOf(InstanceParameters& all) {
  DistanceParameters& distance = all.distance;
  CentroidParameters& centroid = all.centroid;
  GridParameters& grid = all.grid;
  return {{"center_distance_threshold", {{&distance.centerDistanceThreshold}, {}}},
          {"boundary_distance_threshold", {{&distance.boundaryDistanceThreshold}, {}}},
          {"foreground_threshold", {{&distance.foregroundThreshold, &centroid.foregroundThreshold}, {}}},
          {"foreground_smoothing", {{&distance.foregroundSmoothing}, {}, kLargestSigma}},
          {"distance_smoothing", {{&distance.distanceSmoothing}, {}, kLargestSigma}},
          {"boundary_smoothing", {{&centroid.boundarySmoothing}, {}, kLargestSigma}},
          {"boundary_weight", {{&centroid.boundaryWeight}, {}, kLargestWeight}},
          {"size_weight", {{&centroid.sizeWeight}, {}, kLargestWeight}},
          {"min_confidence", {{&centroid.minConfidence}, {}}},
          {"points_per_side", {{}, {&grid.pointsPerSide}, kMostPoints, 1}},
          {"pred_iou_thresh", {{&grid.minPredictedIou}, {}}},
          {"stability_score_thresh", {{&grid.minStability}, {}}},
          {"box_nms_thresh", {{&grid.maxBoxOverlap}, {}}},
          {"min_size", {{}, {&distance.minSize, &centroid.minSize, &grid.minSize}, kLargestSize}}};
}

}  // namespace

InstanceParameters presetFor(const std::string& modelName) {
  struct Preset {
    double centre, boundary, smoothing;
    double iou, stability;
  };
  // spec/micro-sam.md §6.7
  static const std::map<std::string, Preset> kPresets = {{"vit_t_lm", {0.5, 0.5, 2.0, 0.6, 0.65}},
                                                         {"vit_b_lm", {0.4, 0.5, 2.0, 0.65, 0.7}},
                                                         {"vit_l_lm", {0.4, 0.4, 1.6, 0.65, 0.73}},
                                                         {"vit_h_lm", {0.5, 0.5, 1.4, 0.65, 0.7}},
                                                         {"vit_t_em_organelles", {0.4, 0.5, 1.2, 0.75, 0.75}},
                                                         {"vit_b_em_organelles", {0.3, 0.4, 1.2, 0.75, 0.75}},
                                                         {"vit_l_em_organelles", {0.3, 0.4, 1.2, 0.8, 0.8}},
                                                         {"vit_h_em_organelles", {0.3, 0.4, 1.2, 0.8, 0.8}}};
  constexpr int64_t kPresetMinSize = 100;
  InstanceParameters parameters;
  if (const auto found = kPresets.find(modelName); found != kPresets.end()) {
    parameters.distance.centerDistanceThreshold = found->second.centre;
    parameters.distance.boundaryDistanceThreshold = found->second.boundary;
    parameters.distance.distanceSmoothing = found->second.smoothing;
    parameters.distance.minSize = kPresetMinSize;
    parameters.grid.minPredictedIou = found->second.iou;
    parameters.grid.minStability = found->second.stability;
    parameters.grid.minSize = kPresetMinSize;
  }
  return parameters;
}

Status setParameter(InstanceParameters& parameters, const std::string& name, double value) {
  const auto all = parametersOf(parameters);
  const auto found = all.find(name);
  if (found == all.end()) {
    std::string known;
    for (const auto& [key, parameter] : all) known += (known.empty() ? "" : ", ") + key;
    return refused("'" + name + "' is no parameter of the automatic mode; there are " + known);
  }
  const Parameter& parameter = found->second;
  if (!(value >= parameter.least && value <= parameter.most)) {
    return refused("the parameter '" + name + "' must lie in " + std::to_string(std::llround(parameter.least)) + ".." +
                   std::to_string(std::llround(parameter.most)));
  }
  for (double* real : parameter.reals) *real = value;
  if (!parameter.counts.empty() && value != std::floor(value)) {
    return refused("the parameter '" + name + "' must be a whole number");
  }
  for (int64_t* count : parameter.counts) *count = static_cast<int64_t>(value);
  return {};
}

Status setParameter(InstanceParameters& parameters, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  const auto complaint = [&] {
    return refused("'" + assignment + "' is no parameter; write name=value, as in min_size=50");
  };
  if (equals == std::string::npos || equals == 0) return complaint();
  const char* first = assignment.data() + equals + 1;
  const char* last = assignment.data() + assignment.size();
  double value = 0;
  const auto [end, failed] = std::from_chars(first, last, value);
  if (failed != std::errc() || end != last) return complaint();
  return setParameter(parameters, assignment.substr(0, equals), value);
}

}  // namespace cyto
