// Nuclei with a stain of DNA: bright on dark, single, touching or in clumps; chromatin and nucleoli; some out of focus,
// which are labelled when they are still easy to see; small bright debris that is not labelled.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

constexpr int kFocusLayers = 3;

class FluorescentNuclei : public Painter {
 public:
  FluorescentNuclei(const Stage& stage, bool allowsColour)
      : stage_(stage), cast_(stage_), chromatin_(stage.extent.isVolume(), {4, 0.65}, stage.random.stream("chromatin")) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 3.5, stage.extent.isVolume() ? 25 : 60, style);
    psf_ = style.logUniform(0.5, 1 + radius_ * 0.08);
    contrastOfChromatin_ = style.uniform(0.02, 0.4);
    chromatinFeature_ = radius_ * style.logUniform(0.25, 0.9);
    nucleoli_ = style.chance(0.4) ? style.uniform(0.2, 0.6) : 0;
    dome_ = style.uniform(0.1, 1);
    brightnessVariation_ = style.uniform(0.05, 0.6);
    outOfFocus_ = style.chance(0.5) ? style.uniform(0.02, 0.35) : 0;
    haze_ = style.chance(0.6) ? style.uniform(0.02, 0.3) : 0;
    background_ = style.chance(0.3) ? style.uniform(0.05, 0.4) : style.uniform(0, 0.06);
    texturedBackground_ = style.chance(0.3) ? style.uniform(0.01, 0.08) : 0;
    debris_ = style.chance(0.4) ? style.logUniform(100, 1500) : 0;
    isColoured_ = allowsColour && style.chance(0.15);
    colour_ = randomFluorophoreColour(style);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return true; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    std::vector<FloatRaster> layers(kFocusLayers, FloatRaster(stage_.extent));
    for (const Cast::Placed& one : placed) draw(one, layers);
    Picture picture;
    picture.labels = labelsOf(placed, coverageOf(bodiesOf(placed), stage_.extent, stage_.sliceStep));
    removeUnclear(placed, picture.labels);
    FloatRaster light = throughLens(std::move(layers));
    picture.light = isColoured_ ? tinted(light, colour_) : std::vector<FloatRaster>{std::move(light)};
    return picture;
  }

 private:
  void populate(Random& style) {
    const double elongation = style.uniform(1, 1.9), flatness = style.uniform(0.5, 1);
    const Waviness waviness{style.uniform(0.01, 0.16), style.uniform(0.8, 2)};
    const double lobes = style.chance(0.2) ? style.uniform(0.1, 0.6) : 0;
    const bool isVolume = stage_.extent.isVolume();
    Crowd crowd;
    crowd.coverage = isVolume ? style.logUniform(0.03, 0.35) : style.logUniform(0.05, 0.7);
    crowd.clumping = style.uniform(0, 0.95);
    crowd.alignment = style.chance(0.3) ? style.uniform(0.3, 1) : 0;
    crowd.overlap = style.chance(0.3) ? style.uniform(0.05, 0.3) : 0.02;
    crowd.size = sizesAround(radius_, style.uniform(0.05, 0.35));
    const auto tissue = std::make_shared<Texture>(false, Octaves{2, 0.5}, stage_.random.stream("tissue"));
    if (style.chance(0.4)) {
      const double feature = radius_ * style.uniform(4, 20);
      crowd.likelihood = [tissue, feature](const Point& point) {
        return std::clamp(0.4 + 0.7 * tissue->at(0, point.y / feature, point.x / feature), 0.0, 1.0);
      };
    }
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(std::max(1.0, 1 + (elongation - 1) * someFactor(0.6, random)));
      Waviness own = waviness;
      if (random.chance(lobes)) own = {0.35, 2.5};
      return randomBlob(pose.size * longer, pose.size / longer, pose.size * flatness, own, random);
    };
    Crowd small = crowd;  // dead cells and fragments
    small.isLabelled = false;
    small.coverage = debris_ > 0 ? 0.004 : 0;
    small.size = sizesAround(std::max(1.2, 0.25 * radius_), 0.3);
    small.overlap = 1;
    const double growth = isVolume ? std::cbrt(2) : std::sqrt(2);
    const Motion motion{radius_ * style.logUniform(0.02, 0.3), 0.6, 0.05, style.uniform(12, 40), growth, 0.8, true};
    cast_.settle({crowd, small}, motion, radius_ / 1.4, stage_.random);
  }

  struct Look {
    double brightness;
    int layer;
    Point shift;  // into the texture
  };

  Look lookOf(const Cast::Placed& one) const {
    Random random = Random(one.agent->look).stream("look");
    Look look{};
    look.brightness = std::clamp(std::exp(random.normal() * brightnessVariation_), 0.25, 4.0);
    // Shortly before and after a division chromatin is dense and bright.
    if (stage_.frames > 1 && (one.pose.age > 0.95 || one.pose.age < 0.03)) look.brightness *= 1.6;
    if (one.agent->crowd == 1) look.brightness *= random.uniform(0.5, 3);
    if (!stage_.extent.isVolume() && random.chance(outOfFocus_)) look.layer = random.chance(0.5) ? 1 : 2;
    look.shift = {random.uniform(0, 32), random.uniform(0, 32), random.uniform(0, 32)};
    return look;
  }

  void draw(const Cast::Placed& one, std::vector<FloatRaster>& layers) const {
    const Look look = lookOf(one);
    FloatRaster& light = layers[static_cast<size_t>(look.layer)];
    const double deepest = std::max(one.pose.size * 0.8, 1.0);
    visitPixels(one.body, stage_.extent, stage_.sliceStep, 0.5, [&](size_t index, const Point& local, double depth) {
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0), rest = 1 - std::clamp(depth / deepest, 0.0, 1.0);
      const double profile = 1 - dome_ + dome_ * std::sqrt(std::max(0.0, 1 - rest * rest));
      const auto textured = [&](double feature, double shift) {
        return chromatin_.at(local.z / feature + look.shift.z + shift, local.y / feature + look.shift.y + shift,
                             local.x / feature + look.shift.x);
      };
      double value = 1 + contrastOfChromatin_ * textured(chromatinFeature_, 0);
      if (nucleoli_ > 0 && textured(one.pose.size * 1.1, 3.5) > 1.0) value *= 1 - nucleoli_;
      light[index] += static_cast<float>(look.brightness * edge * profile * std::max(value, 0.1));
    });
  }

  FloatRaster throughLens(std::vector<FloatRaster> layers) const {
    FloatRaster light = std::move(layers[0]);
    const bool isVolume = stage_.extent.isVolume();
    blur(light, psf_, isVolume ? 2.5 * psf_ / stage_.sliceStep : 0);
    for (int layer = 1; layer < kFocusLayers && outOfFocus_ > 0 && !isVolume; ++layer) {
      FloatRaster& defocused = layers[static_cast<size_t>(layer)];
      blur(defocused, psf_ + radius_ * (layer == 1 ? 0.15 : 0.5));
      add(light, defocused);
    }
    if (haze_ > 0)
      add(light, blurred(light, 3 * radius_, isVolume ? 3 * radius_ / stage_.sliceStep : 0), static_cast<float>(haze_));
    if (texturedBackground_ > 0) {
      const FloatRaster noise =
          noiseField(stage_.extent, radius_ * 2, {4, 0.6}, stage_.random.stream("background"), stage_.sliceStep);
      for (size_t i = 0; i < light.size(); ++i) {
        light[i] += static_cast<float>(texturedBackground_) * std::max(0.0f, 1 + noise[i]);
      }
    }
    for (float& value : light) value += static_cast<float>(background_);
    multiply(light, illumination(stage_, 0.5, stage_.random.stream("illumination")));
    return light;
  }

  /// Annotators leave out what is far out of focus.
  void removeUnclear(const std::vector<Cast::Placed>& placed, LabelRaster& labels) const {
    if (outOfFocus_ <= 0) return;
    std::vector<bool> isUnclear(cast_.population().size() + 1);
    for (const Cast::Placed& one : placed) isUnclear[one.label] = lookOf(one).layer == 2;
    for (uint32_t& label : labels) {
      if (isUnclear[label]) label = 0;
    }
  }

  Stage stage_;
  Cast cast_;
  Texture chromatin_;
  double radius_, psf_, contrastOfChromatin_, chromatinFeature_, nucleoli_, dome_, brightnessVariation_, outOfFocus_,
      haze_, background_, texturedBackground_, debris_;
  bool isColoured_;
  Colour colour_;
};

}  // namespace

std::unique_ptr<Painter> makeFluorescentNuclei(const Stage& stage, bool allowsColour) {
  return std::make_unique<FluorescentNuclei>(stage, allowsColour);
}

}  // namespace cyto::synthesis
