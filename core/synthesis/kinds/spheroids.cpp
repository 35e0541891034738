// Islets, spheroids, embryos: one or few large bodies with rough outlines and lumps, absorbing, stained or glowing,
// over tissue and membranes out of focus that nobody labels.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class Spheroids : public Painter {
 public:
  Spheroids(const Stage& stage, bool allowsColour)
      : stage_(stage),
        cast_(stage_),
        lumps_(false, {4, 0.7}, stage.random.stream("lumps")),
        outline_(false, {4, 0.55}, stage.random.stream("outline")) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 16, 150, style);
    roughness_ = style.logUniform(0.01, 0.12) * radius_;
    roughFeature_ = radius_ * style.logUniform(0.15, 0.6);
    isGlowing_ = style.chance(0.2);
    lumpiness_ = style.uniform(0.05, 0.45);
    lumpFeature_ = radius_ * style.logUniform(0.1, 0.7);
    dome_ = style.uniform(0.1, 1);
    rim_ = style.uniform(-0.5, 0.8);
    core_ = style.chance(0.3) ? style.uniform(0.2, 0.7) : 0;
    density_ = style.logUniform(0.35, 2);
    tissue_ = style.chance(0.7) ? style.uniform(0.02, 0.25) : 0;
    membranes_ = style.chance(0.6) ? style.uniform(0.1, 0.6) : 0;
    blur_ = style.logUniform(0.6, 1 + radius_ * 0.03);
    isColoured_ = allowsColour && style.chance(0.7);
    for (float& part : bodyStain_) part = static_cast<float>(style.uniform(0.05, 1.2));
    for (float& part : tissueStain_) part = static_cast<float>(style.uniform(0.2, 1));
    for (float& part : lamp_) part = static_cast<float>(style.uniform(0.4, 1));
    unevenness_ = style.uniform(0.1, 0.8);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return isGlowing_; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    Coverage coverage{Raster<int32_t>(stage_.extent, -1), FloatRaster(stage_.extent)};
    FloatRaster bodies(stage_.extent);
    for (size_t i = 0; i < placed.size(); ++i) draw(placed[i], static_cast<int32_t>(i), coverage, bodies);
    Picture picture;
    picture.labels = labelsOf(placed, coverage);
    blur(bodies, blur_);
    const FloatRaster around = background();
    picture.light = isGlowing_ ? glowing(bodies, around) : absorbing(bodies, around);
    const FloatRaster lamp = illumination(stage_, unevenness_, stage_.random.stream("illumination"));
    for (FloatRaster& channel : picture.light) multiply(channel, lamp);
    return picture;
  }

 private:
  void populate(Random& style) {
    const double elongation = style.uniform(1, 1.8);
    const Waviness waviness{style.uniform(0.03, 0.3), style.uniform(0.6, 1.6)};
    Crowd crowd;
    crowd.coverage = style.logUniform(0.05, 0.6);
    crowd.most = style.chance(0.5) ? 1 : style.integer(2, 12);
    crowd.clumping = style.uniform(0, 0.5);
    crowd.overlap = 0.01;
    crowd.size = sizesAround(radius_, style.uniform(0.1, 0.6));
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(std::max(1.0, elongation * someFactor(0.2, random)));
      return randomBlob(pose.size * longer, pose.size / longer, pose.size, waviness, random);
    };
    const Motion motion{radius_ * style.logUniform(0.005, 0.05), 0.7, 0.02, 0, 1, 0.7, true};
    cast_.settle({crowd}, motion, radius_ / 2, stage_.random);
  }

  void draw(const Cast::Placed& one, int32_t number, Coverage& coverage, FloatRaster& bodies) const {
    Random random = Random(one.agent->look).stream("look");
    const double amount = density_ * someFactor(0.25, random), shiftY = random.uniform(0, 32),
                 shiftX = random.uniform(0, 32);
    const double across = one.pose.size * 0.7;
    visitPixels(one.body, stage_.extent, 1, 2 * roughness_ + 1, [&](size_t index, const Point& local, double smooth) {
      const auto noise = [&](const Texture& texture, double feature) {
        return texture.at(0, local.y / feature + shiftY, local.x / feature + shiftX);
      };
      const double depth = smooth + roughness_ * noise(outline_, roughFeature_);
      if (depth <= -0.5) return;
      if (depth > coverage.depth[index]) {
        coverage.owner[index] = number;
        coverage.depth[index] = static_cast<float>(depth);
      }
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0), share = std::clamp(depth / across, 0.0, 1.0),
                   rest = 1 - share;
      double value = 1 - dome_ + dome_ * std::sqrt(std::max(0.0, 1 - rest * rest));
      value *= std::max(0.15, 1 + lumpiness_ * noise(lumps_, lumpFeature_));
      value += rim_ * std::exp(-depth / (0.06 * one.pose.size + 1)) + core_ * share;
      bodies[index] = std::max(bodies[index], static_cast<float>(amount * edge * std::max(value, 0.12)));
    });
  }

  /// Tissue, folds and fibres around the bodies.
  FloatRaster background() const {
    FloatRaster around(stage_.extent);
    if (tissue_ > 0) {
      add(around, noiseField(stage_.extent, 0.4 * stage_.shorterSide(), {5, 0.55}, stage_.random.stream("tissue")),
          static_cast<float>(tissue_));
    }
    if (membranes_ > 0) {
      // Lines of equal height of smooth noise look like folds of a membrane.
      const FloatRaster height =
          noiseField(stage_.extent, 0.35 * stage_.shorterSide(), {4, 0.45}, stage_.random.stream("folds"));
      FloatRaster folds(stage_.extent);
      for (size_t i = 0; i < folds.size(); ++i) {
        const double line = std::sin(5 * height[i]);
        folds[i] = static_cast<float>(membranes_ * std::exp(-line * line * 40));
      }
      add(around, blurred(folds, 1 + blur_), 0.5f);
    }
    scatter(stage_, {300, 1, 5, 0.4, 0.3, 0.3}, stage_.random.stream("debris"), around);
    return around;
  }

  std::vector<FloatRaster> absorbing(const FloatRaster& bodies, const FloatRaster& around) const {
    FloatRaster rest(around);
    for (float& value : rest) value = 0.25f + 0.6f * std::max(value, -0.3f);
    auto light = throughStains({&bodies, &rest}, {bodyStain_, tissueStain_}, lamp_);
    if (isColoured_) return light;
    light.resize(1);
    return light;
  }

  std::vector<FloatRaster> glowing(const FloatRaster& bodies, const FloatRaster& around) const {
    FloatRaster light = bodies;
    add(light, blurred(bodies, 0.5 * radius_), 0.3f);
    for (size_t i = 0; i < light.size(); ++i) light[i] += 0.06f + 0.15f * std::max(around[i], 0.0f);
    if (isColoured_) return tinted(light, lamp_);
    std::vector<FloatRaster> one;
    one.push_back(std::move(light));
    return one;
  }

  Stage stage_;
  Cast cast_;
  Texture lumps_, outline_;
  double radius_, roughness_, roughFeature_, lumpiness_, lumpFeature_, dome_, rim_, core_, density_, tissue_,
      membranes_, blur_, unevenness_;
  bool isGlowing_, isColoured_;
  Colour bodyStain_{}, tissueStain_{}, lamp_{};
};

}  // namespace

std::unique_ptr<Painter> makeSpheroids(const Stage& stage, bool allowsColour) {
  return std::make_unique<Spheroids>(stage, allowsColour);
}

}  // namespace cyto::synthesis
