#pragma once

#include "core/array/shape.h"
#include "core/training/training_data.h"

namespace cyto {

/// A plane, or a patch of one, of an annotated file.
struct SamplePlace {
  AnnotatedFile file;
  std::string key, labelsKey;
  std::optional<int64_t> channel;
  bool arePlanesChannels = false;  ///< the image is a stack, and the labels are one plane for all of it
  int64_t t = 0, z = 0;
  PlaneBox window;
  bool isWholeFile = true;  ///< the only plane of the file and all of it
  bool isWholePlane = true;

  /// The path, and where in it when there are several.
  std::string name() const;
};

/// What the labels and pixels of a sample look like.
struct SampleContent {
  int64_t objects = 0, smallObjects = 0;
  std::vector<double> sides;  ///< longer side of the bounds of each object
  std::string kind;
  bool isColour = false;
  double seconds = 0;  ///< to read it
};

/// The samples of one file; adds its types to `report`. Errors: unreadable, or image and labels of different shape.
Result<std::vector<SamplePlace>> placesIn(const AnnotatedFile& file, const AnnotationSource& source,
                                          TrainingDataReport& report);

/// Any thread.
Result<TrainingImage> readSample(const SamplePlace& place);
Result<SampleContent> examineSample(const SamplePlace& place);

}  // namespace cyto
