#pragma once

#include <map>

#include "core/base/cancel.h"
#include "core/nn/promptable_model.h"
#include "core/nn/train/annotated_samples.h"

namespace cyto::nn {

/// The pixel (x, y) of an object that lies farthest from its border, in continuous image coordinates.
std::pair<double, double> deepestPoint(const AnnotatedImage& image, int64_t object);

/// Prompts up to `objectsPerImage` objects of each sample as the program does, at the frame side of the
/// model; `models` share the work, one thread each. Entry "" is the mean over all objects, the others over the
/// objects of one kind of image. Objects are the same in every call.
/// Errors: those of reading an image, kCancelled.
Result<std::map<std::string, TrainingScore>> validate(const std::vector<PromptableModel*>& models,
                                                      const AnnotatedSamples& samples, int64_t objectsPerImage,
                                                      at::ScalarType type, const CancelToken& cancel);

/// One click for each of up to `objectsPerImage` objects, answered as the program answers: what a picture of the
/// training shows.
TrainingPreview previewOf(PromptableModel& model, const AnnotatedImage& image, int64_t objectsPerImage,
                          at::ScalarType type);

}  // namespace cyto::nn
