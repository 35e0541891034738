#pragma once

#include <map>

#include "core/base/cancel.h"
#include "core/nn/promptable_model.h"
#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// Mean IoU at the resolution of the images.
struct ValidationScore {
  double point = 0;  ///< one click at the deepest point, the best alternative as the program gives it
  double box = 0;    ///< tight box
  int64_t objects = 0;
};

/// The pixel (x, y) of an object that lies farthest from its border, in continuous image coordinates.
std::pair<double, double> deepestPoint(const AnnotatedImage& image, int64_t object);

/// Prompts up to `objectsPerImage` objects of each image as the program does, at the frame side of the
/// model; `models` share the work, one thread each. Entry "" is the mean over all objects, the others over the
/// objects of one kind of image. Objects are the same in every call.
std::map<std::string, ValidationScore> validate(const std::vector<PromptableModel*>& models,
                                                const std::vector<AnnotatedImage>& images, int64_t objectsPerImage,
                                                at::ScalarType type, const CancelToken& cancel);

}  // namespace cyto::nn
