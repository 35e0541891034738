// Whole cells with a stain of the cytoplasm, the membrane or the skeleton; compact or spread, sparse or confluent; with
// a nucleus that is dark, bright, or in a channel of its own.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class FluorescentCells : public Painter {
 public:
  FluorescentCells(const Stage& stage, bool allowsColour)
      : stage_(stage), cast_(stage_), texture_(stage.extent.isVolume(), {4, 0.7}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    const bool isVolume = stage.extent.isVolume();
    radius_ = typicalRadius(stage, 6, isVolume ? 30 : 125, style);
    psf_ = style.logUniform(0.5, 1 + radius_ * 0.05);
    membrane_ = style.chance(0.35) ? style.uniform(0.4, 2.5) : 0;
    membraneWidth_ = std::max(0.8, radius_ * style.logUniform(0.02, 0.12));
    cytoplasm_ = membrane_ > 0 ? style.uniform(0.05, 0.6) : 1;
    grain_ = style.uniform(0.05, 0.6);
    grainFeature_ = std::max(1.5, radius_ * style.logUniform(0.06, 0.4));
    fibres_ = style.chance(0.25) ? style.uniform(0.2, 0.8) : 0;
    dome_ = style.uniform(0.1, 0.9);
    nucleusSize_ = style.uniform(0.3, 0.6);
    nucleusLight_ = style.chance(0.5) ? style.uniform(-0.8, -0.2) : (style.chance(0.5) ? 0.0 : style.uniform(0.3, 2));
    brightnessVariation_ = style.uniform(0.05, 0.6);
    haze_ = style.uniform(0, 0.25);
    background_ = style.chance(0.3) ? style.uniform(0.05, 0.3) : style.uniform(0, 0.05);
    isColoured_ = allowsColour && style.chance(0.4);
    nuclearColour_ = style.chance(0.6) ? Colour{0.1f, 0.2f, 1} : randomFluorophoreColour(style);
    cellColour_ = randomFluorophoreColour(style);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return true; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    const Coverage coverage = coverageOf(bodiesOf(placed), stage_.extent, stage_.sliceStep);
    FloatRaster cells(stage_.extent), nuclei(stage_.extent);
    drawCells(placed, coverage, cells);
    drawNuclei(placed, coverage, cells, nuclei);
    Picture picture;
    picture.labels = labelsOf(placed, coverage);
    finish(cells, background_);
    if (!isColoured_) {
      picture.light.push_back(std::move(cells));
      return picture;
    }
    finish(nuclei, 0.3 * background_);
    picture.light = tinted(cells, cellColour_);
    const auto second = tinted(nuclei, nuclearColour_);
    for (size_t c = 0; c < 3; ++c) add(picture.light[c], second[c]);
    return picture;
  }

 private:
  void populate(Random& style) {
    const bool isVolume = stage_.extent.isVolume();
    const bool isSpread = !isVolume && style.chance(0.4);
    const double elongation = style.uniform(1, 2), slenderness = style.uniform(0, 0.9),
                 flatness = style.uniform(0.5, 1);
    const Waviness waviness{style.uniform(0.02, 0.22), style.uniform(0.9, 2)};
    Crowd crowd;
    crowd.coverage = isVolume ? style.logUniform(0.05, 0.5) : style.logUniform(0.08, 0.9);
    crowd.clumping = style.uniform(0.1, 1);
    crowd.overlap = style.uniform(0.02, 0.35);
    crowd.alignment = style.uniform(0, 0.7);
    crowd.size = sizesAround(radius_, style.uniform(0.05, 0.3));
    crowd.solid = [=](uint64_t look, const Pose& pose) -> SolidPointer {
      Random random = Random(look).stream("form");
      if (isSpread) {
        return randomSpreadCell(pose.size * 1.4, std::clamp(slenderness + random.normal() * 0.2, 0.0, 1.0), random);
      }
      const double longer = std::sqrt(std::max(1.0, elongation * someFactor(0.3, random)));
      return randomBlob(pose.size * longer, pose.size / longer, pose.size * flatness, waviness, random);
    };
    const double growth = isVolume ? std::cbrt(2) : std::sqrt(2);
    const Motion motion{radius_ * style.logUniform(0.02, 0.2), 0.7, 0.04, style.uniform(15, 40), growth, 0.6, true};
    cast_.settle({crowd}, motion, radius_ / 1.5, stage_.random);
  }

  struct Look {
    double brightness;
    double shiftY, shiftX;
    double fibreAngle;
  };
  Look lookOf(const Agent& agent) const {
    Random random = Random(agent.look).stream("look");
    return {std::clamp(std::exp(random.normal() * brightnessVariation_), 0.3, 3.0), random.uniform(0, 32),
            random.uniform(0, 32), random.angle()};
  }

  void drawCells(const std::vector<Cast::Placed>& placed, const Coverage& coverage, FloatRaster& cells) const {
    for (size_t i = 0; i < placed.size(); ++i) {
      const Look look = lookOf(*placed[i].agent);
      const double deepest = std::max(1.0, 0.5 * placed[i].pose.size);
      const double c = std::cos(look.fibreAngle), s = std::sin(look.fibreAngle);
      const auto number = static_cast<int32_t>(i);
      visitOwnedPixels(placed[i].body, number, coverage, stage_.sliceStep,
                       [&](size_t index, const Point& local, double depth) {
                         const auto noise = [&](double y, double x) {
                           return texture_.at(local.z / grainFeature_, y / grainFeature_ + look.shiftY,
                                              x / grainFeature_ + look.shiftX);
                         };
                         const double rest = 1 - std::clamp(depth / deepest, 0.0, 1.0);
                         double value = cytoplasm_ * (1 - dome_ + dome_ * std::sqrt(std::max(0.0, 1 - rest * rest)));
                         value *= std::max(0.1, 1 + grain_ * noise(local.y, local.x));
                         if (fibres_ > 0) {
                           const double along = local.x * c + local.y * s, across = local.y * c - local.x * s;
                           value *= std::max(0.2, 1 + fibres_ * noise(across * 2, along * 0.12));
                         }
                         value += membrane_ * std::exp(-depth / membraneWidth_);
                         cells[index] = static_cast<float>(look.brightness * value);
                       });
    }
  }

  void drawNuclei(const std::vector<Cast::Placed>& placed, const Coverage& coverage, FloatRaster& cells,
                  FloatRaster& nuclei) const {
    for (size_t i = 0; i < placed.size(); ++i) {
      const Cast::Placed& one = placed[i];
      Random random = Random(one.agent->look).stream("nucleus");
      const double radius = std::max(1.5, one.pose.size * nucleusSize_ * random.uniform(0.8, 1.1));
      const SolidPointer solid = randomBlob(radius * 1.15, radius / 1.15, radius * 0.8, {0.05, 1.5}, random);
      const Point offset{0, random.normal() * 0.1 * one.pose.size, random.normal() * 0.1 * one.pose.size};
      const Body nucleus(solid, one.body.toFrame(offset), one.pose.angle);
      const double brightness = random.uniform(0.6, 1.3);
      visitPixels(nucleus, stage_.extent, stage_.sliceStep, 0.5, [&](size_t index, const Point& local, double depth) {
        if (coverage.owner[index] != static_cast<int32_t>(i)) return;
        const double edge = std::clamp(depth + 0.5, 0.0, 1.0);
        const double noise = texture_.at(local.z / radius, local.y / radius, local.x / radius);
        nuclei[index] = static_cast<float>(brightness * edge * (1 + 0.2 * noise));
        cells[index] *= static_cast<float>(std::max(0.05, 1 + nucleusLight_ * edge));
      });
    }
  }

  void finish(FloatRaster& light, double background) const {
    const bool isVolume = stage_.extent.isVolume();
    blur(light, psf_, isVolume ? 2.5 * psf_ / stage_.sliceStep : 0);
    add(light, blurred(light, radius_, isVolume ? radius_ / stage_.sliceStep : 0), static_cast<float>(haze_));
    for (float& value : light) value += static_cast<float>(background);
    multiply(light, illumination(stage_, 0.5, stage_.random.stream("illumination")));
  }

  Stage stage_;
  Cast cast_;
  Texture texture_;
  double radius_, psf_, membrane_, membraneWidth_, cytoplasm_, grain_, grainFeature_, fibres_, dome_, nucleusSize_,
      nucleusLight_, brightnessVariation_, haze_, background_;
  bool isColoured_;
  Colour nuclearColour_, cellColour_;
};

}  // namespace

std::unique_ptr<Painter> makeFluorescentCells(const Stage& stage, bool allowsColour) {
  return std::make_unique<FluorescentCells>(stage, allowsColour);
}

}  // namespace cyto::synthesis
