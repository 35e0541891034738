// Sections through cells in the electron microscope: profiles of very different size, dark membranes, grainy cytoplasm,
// mitochondria, vesicles. Either the profiles are labelled or the mitochondria. In a stack profiles run through the
// slices.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/mosaic.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class ElectronMicroscopy : public Painter {
 public:
  explicit ElectronMicroscopy(const Stage& stage)
      : stage_(stage), cast_(stage_), texture_(stage.extent.isVolume(), {4, 0.7}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 7, 60, style);
    membrane_ = std::max(0.8, std::min(radius_ * style.logUniform(0.05, 0.2), 4.0));
    membraneLight_ = style.uniform(0.35, 0.75);
    unevenMembrane_ = style.uniform(0, 0.5);
    shadeVariation_ = style.uniform(0.01, 0.14);
    grain_ = style.uniform(0.02, 0.12);
    grainFeature_ = style.logUniform(1.5, 6);
    warp_ = radius_ * style.uniform(0.15, 0.6);
    warpFeature_ = radius_ * style.uniform(0.8, 2.5);
    mitochondriaLight_ = style.uniform(0.12, 0.4);
    cristae_ = style.uniform(0.05, 0.25);
    vesicles_ = style.chance(0.6) ? style.logUniform(300, 8000) : 0;
    labelsMitochondria_ = style.chance(0.25);
    depthScale_ = stage.extent.isVolume() ? style.uniform(0.2, 0.6) : 1;
    psf_ = style.logUniform(0.4, 1.2);
    placeProfiles(style);
    placeMitochondria(style);
  }

  const Population& population() const override { return labelsMitochondria_ ? cast_.population() : profiles_; }
  bool isDarkField() const override { return false; }

  Picture paint(int64_t frame) const override {
    Picture picture;
    picture.labels = LabelRaster(stage_.extent);
    FloatRaster light(stage_.extent);
    Raster<int32_t> owners(stage_.extent, -1);
    drawProfiles(light, picture.labels, owners);
    drawMitochondria(frame, owners, light, picture.labels);
    if (vesicles_ > 0) {
      scatter(stage_, {vesicles_, 0.9, std::max(1.2, 0.12 * radius_), 0.22, 0.75, 0}, stage_.random.stream("vesicles"),
              light);
    }
    add(light, noiseField(stage_.extent, grainFeature_, {2, 0.7}, stage_.random.stream("grain"), stage_.sliceStep),
        static_cast<float>(grain_));
    blur(light, psf_);
    for (float& value : light) value = std::max(value, 0.03f);
    multiply(light, illumination(stage_, 0.3, stage_.random.stream("illumination")));
    picture.light.push_back(std::move(light));
    return picture;
  }

 private:
  Point toMosaic(const Point& point) const { return {point.z * depthScale_, point.y, point.x}; }

  /// Points at random: some near each other, some far, as profiles have all sizes.
  void placeProfiles(Random& style) {
    const double area = static_cast<double>(stage_.extent.y * stage_.extent.x) / (4 * radius_ * radius_);
    const double layers = stage_.extent.isVolume() ? 1 + stage_.height() * depthScale_ / (2 * radius_) : 1;
    const auto count = static_cast<int64_t>(std::clamp(area * layers * style.uniform(0.7, 1.4), 3.0, 6000.0));
    std::vector<Seed> seeds;
    for (int64_t i = 0; i < count; ++i) {
      Agent agent;
      agent.look = style.bits();
      Pose pose;
      pose.centre = {stage_.extent.isVolume() ? style.uniform(0, stage_.height()) : 0,
                     style.uniform(-0.05, 1.05) * static_cast<double>(stage_.extent.y),
                     style.uniform(-0.05, 1.05) * static_cast<double>(stage_.extent.x)};
      agent.poses.push_back(pose);
      seeds.push_back({toMosaic(pose.centre), radius_ * style.uniform(0, 0.9)});
      profiles_.push_back(std::move(agent));
    }
    mosaic_ = std::make_unique<Mosaic>(std::move(seeds));
  }

  void placeMitochondria(Random& style) {
    const double size = std::max(5.0, radius_ * style.uniform(0.3, 0.7)), elongation = style.uniform(1, 2.2);
    Crowd crowd;
    crowd.coverage = labelsMitochondria_ ? style.logUniform(0.04, 0.2) : style.uniform(0, 0.08);
    crowd.clumping = 0.2;
    crowd.overlap = 0;
    crowd.size = sizesAround(size, 0.3);
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(elongation * someFactor(0.3, random));
      return randomBlob(pose.size * std::max(longer, 1.0), pose.size / std::max(longer, 1.0), pose.size * 1.3,
                        {0.12, 1.2}, random);
    };
    cast_.settle({crowd}, {}, size / 1.5, stage_.random.stream("mitochondria"));
  }

  void drawProfiles(FloatRaster& light, LabelRaster& labels, Raster<int32_t>& owners) const {
    const Random& random = stage_.random;
    const FloatRaster warpY = noiseField(stage_.extent, warpFeature_, {4, 0.5}, random.stream("warp y"),
                                         stage_.sliceStep * depthScale_),
                      warpX = noiseField(stage_.extent, warpFeature_, {4, 0.5}, random.stream("warp x"),
                                         stage_.sliceStep * depthScale_),
                      uneven = noiseField(stage_.extent, radius_, {3, 0.6}, random.stream("uneven"), stage_.sliceStep);
    std::vector<double> shades;
    for (const Agent& agent : profiles_) {
      Random look(agent.look);
      shades.push_back(0.72 * (1 + shadeVariation_ * look.normal()));
    }
    size_t index = 0;
    for (int64_t z = 0; z < stage_.extent.z; ++z) {
      for (int64_t y = 0; y < stage_.extent.y; ++y) {
        for (int64_t x = 0; x < stage_.extent.x; ++x, ++index) {
          const Point warped{static_cast<double>(z) * stage_.sliceStep, static_cast<double>(y) + warp_ * warpY[index],
                             static_cast<double>(x) + warp_ * warpX[index]};
          const Mosaic::Cell cell = mosaic_->at(toMosaic(warped));
          const auto own = static_cast<size_t>(cell.seed);
          const double away = cell.toWall / membrane_;
          const double dark = membraneLight_ * std::clamp(1 + unevenMembrane_ * uneven[index], 0.3, 1.4);
          light[index] = static_cast<float>(shades[own] * (1 - std::min(dark, 0.95) * std::exp(-away * away)));
          if (cell.toWall < 0.6 * membrane_) continue;
          owners[index] = cell.seed;
          if (!labelsMitochondria_) labels[index] = static_cast<uint32_t>(own + 1);
        }
      }
    }
  }

  /// A mitochondrion lies in the profile in which its centre is.
  void drawMitochondria(int64_t frame, const Raster<int32_t>& owners, FloatRaster& light, LabelRaster& labels) const {
    for (const Cast::Placed& one : cast_.placedAt(frame)) {
      const Point& centre = one.pose.centre;
      const auto z = static_cast<int64_t>(centre.z / stage_.sliceStep + 0.5), y = static_cast<int64_t>(centre.y),
                 x = static_cast<int64_t>(centre.x);
      const Extent3& extent = stage_.extent;
      if (z < 0 || y < 0 || x < 0 || z >= extent.z || y >= extent.y || x >= extent.x) continue;
      const int32_t owner = owners[owners.index(z, y, x)];
      if (owner < 0) continue;
      Random random = Random(one.agent->look).stream("look");
      const double shift = random.uniform(0, 32), lines = std::max(2.0, 0.35 * one.pose.size),
                   rim = std::max(0.8, 0.08 * one.pose.size);
      visitPixels(one.body, extent, stage_.sliceStep, 0, [&](size_t index, const Point& local, double depth) {
        if (owners[index] != owner) return;
        const double noise = texture_.at(local.z / one.pose.size, local.y / lines + shift, local.x / (3 * lines));
        double value = -mitochondriaLight_ + cristae_ * noise;
        value -= 0.25 * std::exp(-std::pow(depth / rim, 2));
        light[index] += static_cast<float>(value * 0.72);
        if (labelsMitochondria_) labels[index] = one.label;
      });
    }
  }

  Stage stage_;
  Cast cast_;
  Texture texture_;
  Population profiles_;
  std::unique_ptr<Mosaic> mosaic_;
  double radius_, membrane_, membraneLight_, unevenMembrane_, shadeVariation_, grain_, grainFeature_, warp_,
      warpFeature_, mitochondriaLight_, cristae_, vesicles_, depthScale_, psf_;
  bool labelsMitochondria_;
};

}  // namespace

std::unique_ptr<Painter> makeElectronMicroscopy(const Stage& stage, bool) {
  return std::make_unique<ElectronMicroscopy>(stage);
}

}  // namespace cyto::synthesis
