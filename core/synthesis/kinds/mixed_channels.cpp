// Large nuclei, which are labelled, among small round cells, which are not: as bright field with fluorescence in the
// channels of one image, or one of these alone.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

constexpr int kNuclei = 0;

class MixedChannels : public Painter {
 public:
  MixedChannels(const Stage& stage, bool allowsColour)
      : stage_(stage), cast_(stage_), texture_(false, {4, 0.7}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 8, 40, style);
    small_ = std::max(2.5, radius_ * style.uniform(0.2, 0.5));
    psf_ = style.logUniform(0.7, 1 + 0.12 * radius_);
    smallLight_ = style.uniform(0.2, 1.6);
    nucleusVariation_ = style.uniform(0.1, 0.5);
    cellBody_ = style.uniform(0.05, 0.4);
    haze_ = style.uniform(0.05, 0.4);
    optics_.method =
        style.chance(0.6) ? TransmittedLight::Method::kBrightField : TransmittedLight::Method::kPhaseContrast;
    optics_.blur = style.logUniform(0.6, 1.5);
    optics_.halo = small_ * style.uniform(0.5, 2);
    optics_.strength = style.uniform(0.8, 2);
    optics_.defocus = style.sign() * style.uniform(2, 8);
    optics_.absorption = style.uniform(0, 0.3);
    isColoured_ = allowsColour && style.chance(0.7);
    order_ = static_cast<size_t>(style.integer(0, 5));
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return !isColoured_; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    FloatRaster thickness(stage_.extent), stain(stage_.extent), marker(stage_.extent);
    std::vector<Cast::Placed> nuclei;
    for (const Cast::Placed& one : placed) {
      one.agent->crowd == kNuclei ? drawNucleus(one, thickness, stain, marker)
                                  : drawSmall(one, thickness, stain, marker);
      if (one.agent->crowd == kNuclei) nuclei.push_back(one);
    }
    Picture picture;
    picture.labels = labelsOf(nuclei, coverageOf(bodiesOf(nuclei), stage_.extent, 1));
    for (FloatRaster* light : {&stain, &marker}) {
      blur(*light, psf_);
      add(*light, blurred(*light, 2 * radius_), static_cast<float>(haze_));
      for (float& value : *light) value += 0.04f;
    }
    if (!isColoured_) {
      multiply(stain, illumination(stage_, 0.4, stage_.random.stream("illumination")));
      picture.light.push_back(std::move(stain));
      return picture;
    }
    add(thickness, noiseField(stage_.extent, 0.5 * radius_, {4, 0.7}, stage_.random.stream("ripple")), 0.04f);
    FloatRaster clear = transmitted(thickness, optics_);
    multiply(clear, illumination(stage_, 0.4, stage_.random.stream("illumination")));
    std::array<FloatRaster*, 3> channels = {&clear, &stain, &marker};
    constexpr size_t kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const size_t i : kOrders[order_]) picture.light.push_back(*channels[i]);
    return picture;
  }

 private:
  void populate(Random& style) {
    const double elongation = style.uniform(1, 1.5);
    const Waviness waviness{style.uniform(0.02, 0.12), style.uniform(1, 2)};
    Crowd nuclei;
    nuclei.coverage = style.logUniform(0.04, 0.4);
    nuclei.clumping = style.uniform(0, 0.7);
    nuclei.overlap = 0.08;
    nuclei.size = sizesAround(radius_, style.uniform(0.05, 0.25));
    nuclei.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(std::max(1.0, elongation * someFactor(0.2, random)));
      return randomBlob(pose.size * longer, pose.size / longer, pose.size, waviness, random);
    };
    Crowd small = nuclei;
    small.isLabelled = false;
    small.coverage = style.logUniform(0.01, 0.25);
    small.clumping = style.uniform(0.5, 0.98);
    small.overlap = 1;  // they lie on the others
    small.size = sizesAround(small_, 0.12);
    const Motion motion{
        radius_ * style.logUniform(0.02, 0.2), 0.6, 0.05, style.uniform(15, 40), std::sqrt(2), 0.8, false};
    cast_.settle({nuclei, small}, motion, small_, stage_.random);
  }

  void drawNucleus(const Cast::Placed& one, FloatRaster& thickness, FloatRaster& stain, FloatRaster& marker) const {
    Random random = Random(one.agent->look).stream("look");
    const double light = std::clamp(std::exp(random.normal() * nucleusVariation_), 0.3, 3.0),
                 shift = random.uniform(0, 32);
    const double marked = random.chance(0.15) ? random.uniform(0.5, 2) : random.uniform(0, 0.15);
    const double feature = 0.4 * one.pose.size, around = 0.6 * one.pose.size;
    visitPixels(one.body, stage_.extent, 1, around, [&](size_t index, const Point& local, double depth) {
      const double noise = texture_.at(0, local.y / feature + shift, local.x / feature + shift);
      const double cell = std::clamp((depth + around) / around, 0.0, 1.0);
      double height = 0.35 * cell * (1 + 0.5 * noise);
      marker[index] += static_cast<float>(marked * cellBody_ * cell);
      if (depth > -0.5) {
        const double edge = std::clamp(depth + 0.5, 0.0, 1.0), share = std::clamp(2 * depth / one.pose.size, 0.0, 1.0);
        height += 0.25 * edge;
        stain[index] += static_cast<float>(light * edge * (0.6 + 0.4 * share) * std::max(0.3, 1 + 0.15 * noise));
        marker[index] += static_cast<float>(marked * edge);
      }
      thickness[index] = std::max(thickness[index], static_cast<float>(height));
    });
  }

  void drawSmall(const Cast::Placed& one, FloatRaster& thickness, FloatRaster& stain, FloatRaster& marker) const {
    Random random = Random(one.agent->look).stream("look");
    const double light = smallLight_ * random.logUniform(0.2, 1.5),
                 marked = random.chance(0.6) ? random.uniform(0.3, 1.5) : 0;
    visitPixels(one.body, stage_.extent, 1, 0.5, [&](size_t index, const Point&, double depth) {
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0), rest = 1 - std::clamp(depth / one.pose.size, 0.0, 1.0);
      const double dome = std::sqrt(std::max(0.0, 1 - rest * rest));
      thickness[index] = std::max(thickness[index], static_cast<float>(edge * (0.3 + 0.9 * dome)));
      stain[index] += static_cast<float>(light * edge * dome);
      marker[index] += static_cast<float>(marked * edge * dome);
    });
  }

  Stage stage_;
  Cast cast_;
  Texture texture_;
  TransmittedLight optics_;
  double radius_, small_, psf_, smallLight_, nucleusVariation_, cellBody_, haze_;
  bool isColoured_;
  size_t order_;
};

}  // namespace

std::unique_ptr<Painter> makeMixedChannels(const Stage& stage, bool allowsColour) {
  return std::make_unique<MixedChannels>(stage, allowsColour);
}

}  // namespace cyto::synthesis
