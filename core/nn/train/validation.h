#pragma once

#include <map>

#include "core/base/cancel.h"
#include "core/nn/train/annotated_samples.h"
#include "core/nn/train/trained_network.h"

namespace cyto::nn {

/// The pixel (x, y) of an object that lies farthest from its border, in continuous image coordinates.
std::pair<double, double> deepestPoint(const AnnotatedImage& image, int64_t object);

struct ValidationOptions {
  int64_t objectsPerImage = 6;
  bool judgesPrompts = true, judgesInstances = false;
  at::ScalarType type = at::kFloat;  ///< of the frames
  CancelToken cancel;
};

/// Judges each sample by prompts and by finding all objects; `networks` share the work, one thread each. Up to
/// `objectsPerImage` objects are prompted as the program does, at the frame side of the network. The loss of finding
/// all objects is that of one crop, around one of the objects at the scale of use and not varied. Objects and crops are
/// the same in every call. Entry "" is the mean over everything, the others over one kind of image. Errors: those of
/// reading an image, kCancelled.
Result<std::map<std::string, TrainingScore>> validate(const std::vector<const TrainedNetwork*>& networks,
                                                      const AnnotatedSamples& samples,
                                                      const ValidationOptions& options);

/// One click for each of up to `objectsPerImage` objects, answered as the program answers: what a picture of the
/// training shows.
TrainingPreview previewOf(PromptableModel& model, const AnnotatedImage& image, int64_t objectsPerImage,
                          at::ScalarType type);

}  // namespace cyto::nn
