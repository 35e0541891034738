#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

#include "core/nn/train/annotated_image.h"

namespace cyto::nn {

/// A position in continuous coordinates: pixel centres at +0.5.
struct Position {
  double x = 0, y = 0;
};

double uniform(Random& random, double low, double high);
double normal(Random& random, double deviation);
bool chance(Random& random, double probability);
double logUniform(Random& random, double low, double high);

/// Where each pixel of a square crop lies in the image: scale, mirror, turn, stretch and, sometimes, bending.
class CropGeometry {
 public:
  /// Around a random object, which lies somewhere in the middle. The scale is mostly that of use (longest side of the
  /// image to `frameSide`), sometimes one that makes the side of the object log-uniform in 12..250 pixels, so that
  /// sizes the images lack are learned too.
  static CropGeometry draw(const AnnotatedImage& image, int64_t side, int64_t frameSide,
                           const TrainingVariation& variation, Random& random);

  Position toImage(Position inFrame) const;

  /// The inverse of `toImage`.
  Position toFrame(Position inImage) const;

  double scale() const { return scale_; }  ///< frame pixels per image pixel
  int64_t side() const { return side_; }

 private:
  /// Displacement in frame pixels along (x, y), as a plane wave: smooth and with a known largest slope.
  struct Wave {
    double perX, perY, phase, x, y;
  };
  Position bent(Position inFrame) const;
  void drawWaves(Random& random);
  void tabulate();

  int64_t side_ = 0;
  double scale_ = 1;
  double xx_ = 1, xy_ = 0, yx_ = 0, yy_ = 1, x_ = 0, y_ = 0;  // image = matrix * bent frame + shift
  std::vector<Wave> waves_;
  std::vector<Position> table_;  // displacements at every kTableStep-th pixel, row by row; empty: none
  int64_t tableSide_ = 0;
};

/// An image seen through a geometry.
struct SampledCrop {
  at::Tensor pixels;  ///< (3, S, S) float, 0..1; the border of the image goes on outside it
  at::Tensor labels;  ///< (S, S) float, 0 outside the image
  at::Tensor inside;  ///< (S, S) float, 1 in the image
};
SampledCrop sampleCrop(const AnnotatedImage& image, const CropGeometry& geometry);

}  // namespace cyto::nn
