// Unstained cells in transmitted light: bacteria, yeasts and adherent cells as a map of thickness, seen by phase
// contrast, by differential interference contrast (relief) or in bright field.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

using Method = TransmittedLight::Method;

enum class Morphology { kRods, kBlobs, kSpread };

class TransmittedCells : public Painter {
 public:
  TransmittedCells(const Stage& stage, Method method, Morphology morphology, bool allowsColour)
      : stage_(stage),
        cast_(stage_),
        morphology_(morphology),
        texture_(false, {4, 0.7}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    drawAppearance(style);
    drawOptics(method, style);
    isColoured_ = allowsColour && method == Method::kBrightField && style.chance(0.4);
    for (float& part : tint_) part = static_cast<float>(style.uniform(0.6, 1));
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return false; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    const Coverage coverage = coverageOf(bodiesOf(placed), stage_.extent, stage_.sliceStep);
    FloatRaster thickness(stage_.extent);
    for (size_t i = 0; i < placed.size(); ++i) draw(placed[i], static_cast<int32_t>(i), coverage, thickness);
    scatter(stage_, debris_, stage_.random.stream("debris"), thickness);
    if (ripple_ > 0) {
      add(thickness, noiseField(stage_.extent, rippleFeature_, {3, 0.6}, stage_.random.stream("ripple")),
          static_cast<float>(ripple_));
    }
    Picture picture;
    picture.labels = labelsOf(placed, coverage);
    FloatRaster light = transmitted(thickness, optics_);
    addShadows(light);
    multiply(light, illumination(stage_, unevenness_, stage_.random.stream("illumination")));
    picture.light = isColoured_ ? tinted(light, tint_) : std::vector<FloatRaster>{std::move(light)};
    return picture;
  }

 private:
  void drawAppearance(Random& style) {
    switch (morphology_) {
      case Morphology::kRods: radius_ = typicalRadius(stage_, 2.5, 14, style); break;
      case Morphology::kBlobs: radius_ = typicalRadius(stage_, 5, 50, style); break;
      case Morphology::kSpread: radius_ = typicalRadius(stage_, 14, 125, style); break;
    }
    const double flat = morphology_ == Morphology::kRods ? 0.5 : morphology_ == Morphology::kBlobs ? 0.25 : 0.1;
    plateau_ = style.uniform(flat, 0.9);
    grain_ = style.uniform(0.02, 0.25) * (morphology_ == Morphology::kSpread ? 1.6 : 1);
    grainFeature_ = std::max(1.5, radius_ * style.logUniform(0.08, 0.5));
    hasNucleus_ = morphology_ != Morphology::kRods && style.chance(0.7);
    organelles_ = morphology_ == Morphology::kRods ? style.chance(0.2) : style.uniform(0, 8);
    thicknessVariation_ = style.uniform(0.02, 0.3);
    roundedUp_ = morphology_ == Morphology::kSpread && style.chance(0.5) ? style.uniform(0.02, 0.25) : 0;
    ripple_ = style.chance(0.6) ? style.logUniform(0.005, 0.08) : 0;
    rippleFeature_ = style.logUniform(2, 20);
    unevenness_ = style.uniform(0, 0.6);
    if (style.chance(0.6)) {
      debris_ = {style.logUniform(100, 3000), 0.7, std::max(1.5, std::min(0.3 * radius_, 6.0)),
                 style.uniform(0.1, 0.7),     0.3, style.chance(0.3) ? 0.3 : 0};
    } else {
      debris_.perMegapixel = 0;
    }
    ruffle_ = morphology_ == Morphology::kSpread && style.chance(0.6) ? style.uniform(0.05, 0.5) : 0;
    ruffleWidth_ = std::max(0.8, radius_ * style.logUniform(0.015, 0.05));
    shadows_ = style.chance(0.3) ? style.uniform(1, 8) : 0;
  }

  void drawOptics(Method method, Random& style) {
    optics_.method = method;
    optics_.blur = style.logUniform(0.5, 0.6 + radius_ * (morphology_ == Morphology::kRods ? 0.12 : 0.04));
    const double width = morphology_ == Morphology::kSpread ? 0.3 * radius_ : radius_;
    optics_.halo = width * style.logUniform(0.5, 3);
    optics_.strength = style.logUniform(0.4, 2.2);
    optics_.isNegative = style.chance(0.15);
    optics_.direction = style.angle();
    optics_.defocus = style.sign() * style.uniform(1, 6);
    optics_.absorption = style.chance(0.6) ? style.uniform(0.03, 0.6) : 0.02;
    if (method == Method::kRelief) {
      optics_.strength *= std::max(1.0, width * 0.2);
      debris_.perMegapixel = std::min(debris_.perMegapixel, 600.0);
    }
    if (method == Method::kBrightField) {
      // Curvature shows fine structure strongly; the point spread function of a wide field smooths it.
      optics_.blur = std::max(0.8, width * style.logUniform(0.04, 0.2));
      optics_.strength *= std::max(1.0, 0.5 * width / optics_.blur);
      grain_ *= 0.25;
      grainFeature_ = std::max(grainFeature_, 2.5 * optics_.blur);
      ripple_ *= 0.15;
      rippleFeature_ = std::max(rippleFeature_, 3 * optics_.blur);
      debris_.smallest = std::max(debris_.smallest, 0.6 * optics_.blur);
      debris_.largest = std::max(debris_.largest, optics_.blur);
      debris_.perMegapixel = std::min(debris_.perMegapixel, 1000.0);
    }
  }

  SolidPointer solidFor(uint64_t look, const Pose& pose, double elongation, const Waviness& waviness,
                        double slenderness, double bend) const {
    Random random = Random(look).stream("form");
    if (morphology_ == Morphology::kRods) {
      const double radius = radius_ * someFactor(0.06, random);
      const double septum = stage_.frames > 1 ? std::clamp((pose.age - 0.7) / 0.3, 0.0, 1.0) : pose.age > 0.75;
      return std::make_shared<Rod>(
          Rod::Outline{std::max(pose.size, 2 * radius), radius, random.normal() * bend * pose.size, 0.35 * septum});
    }
    if (morphology_ == Morphology::kBlobs || isRounded(look)) {
      const double size = isRounded(look) ? 0.4 * pose.size : pose.size;
      const double longer = std::sqrt(std::max(1.0, elongation * someFactor(0.15, random)));
      return randomBlob(size * longer, size / longer, size, waviness, random);
    }
    return randomSpreadCell(pose.size, std::clamp(slenderness + random.normal() * 0.25, 0.0, 1.0), random);
  }

  void populate(Random& style) {
    const double elongation = style.uniform(1, 1.5), slenderness = style.uniform(0, 1);
    const double bend = style.chance(0.4) ? style.uniform(0.01, 0.12) : 0.01;
    const Waviness waviness{style.uniform(0.005, 0.08), style.uniform(1, 2)};
    Crowd crowd;
    const bool isColony = morphology_ != Morphology::kSpread && style.chance(0.6);
    crowd.coverage = style.logUniform(0.03, isColony ? 0.6 : 0.45);
    crowd.clumping = isColony ? style.uniform(0.9, 1) : style.uniform(0, 0.7);
    crowd.alignment = morphology_ == Morphology::kBlobs ? 0 : style.uniform(0, 1);
    crowd.overlap = morphology_ == Morphology::kSpread ? 0.12 : 0.04;
    const double length = morphology_ == Morphology::kRods ? radius_ * style.uniform(3.5, 11) : radius_;
    crowd.size = sizesAround(length, morphology_ == Morphology::kRods ? 0.3 : style.uniform(0.04, 0.35));
    crowd.solid = [=, this](uint64_t look, const Pose& pose) {
      return solidFor(look, pose, elongation, waviness, slenderness, bend);
    };
    const bool isRods = morphology_ == Morphology::kRods;
    const Motion motion{radius_ * style.logUniform(0.01, 0.15),
                        0.6,
                        isRods ? 0.02 : 0.05,
                        style.uniform(10, 30),
                        isRods ? 2 : std::sqrt(2),
                        isRods ? 0.5 : 0.7,
                        true};
    cast_.settle({crowd}, motion, isRods ? 1.3 * radius_ : 0.6 * radius_, stage_.random);
  }

  /// Adherent cells that let go, for example to divide, are small, thick and bright.
  bool isRounded(uint64_t look) const { return Random(look).stream("rounded").uniform() < roundedUp_; }

  void draw(const Cast::Placed& one, int32_t number, const Coverage& coverage, FloatRaster& thickness) const {
    Random random = Random(one.agent->look).stream("look");
    const bool rounded = isRounded(one.agent->look);
    const double height = someFactor(thicknessVariation_, random) * (rounded ? 2.5 : 1);
    const double shiftY = random.uniform(0, 32), shiftX = random.uniform(0, 32);
    const double across = morphology_ == Morphology::kSpread && !rounded ? 0.25 * radius_ : radius_;
    const double plateau = rounded ? 0.1 : plateau_;
    visitOwnedPixels(one.body, number, coverage, stage_.sliceStep, [&](size_t index, const Point& local, double depth) {
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0), rest = 1 - std::clamp(depth / across, 0.0, 1.0);
      const double dome = std::sqrt(std::max(0.0, 1 - rest * rest));
      const double noise = texture_.at(0, local.y / grainFeature_ + shiftY, local.x / grainFeature_ + shiftX);
      double value = height * edge * (plateau + (1 - plateau) * dome) * std::max(0.1, 1 + grain_ * noise);
      // Edges that curl up.
      if (ruffle_ > 0 && !rounded)
        value += ruffle_ * edge * std::max(0.0, 0.6 + noise) * std::exp(-depth / ruffleWidth_);
      thickness[index] = std::max(thickness[index], static_cast<float>(value));
    });
    drawInside(one, number, coverage, random, thickness);
  }

  void drawInside(const Cast::Placed& one, int32_t number, const Coverage& coverage, Random random,
                  FloatRaster& thickness) const {
    const auto drop = [&](double radius, const Point& at, double amount) {
      const Body body(randomBlob(radius * 1.1, radius / 1.1, radius, {0.05, 1.5}, random), one.body.toFrame(at),
                      random.angle());
      visitPixels(body, stage_.extent, stage_.sliceStep, 0.5, [&](size_t index, const Point&, double depth) {
        if (coverage.owner[index] != number) return;
        const double share = std::clamp(depth / radius, 0.0, 1.0);
        thickness[index] += static_cast<float>(amount * std::clamp(depth + 0.5, 0.0, 1.0) * (0.4 + 0.6 * share));
      });
    };
    const double across = morphology_ == Morphology::kSpread ? 0.25 * radius_ : radius_;
    if (hasNucleus_)
      drop(across * random.uniform(0.35, 0.65), {0, random.normal() * 0.1 * across, random.normal() * 0.2 * across},
           random.uniform(0.1, 0.5));
    const double count = random.poisson(organelles_);
    for (double i = 0; i < count; ++i) {
      const Point at{0, random.normal() * 0.4 * across, random.normal() * 0.6 * across};
      drop(std::max(0.8, across * random.logUniform(0.05, 0.25)), at, random.sign() * random.uniform(0.15, 0.6));
    }
  }

  /// Dust in other planes: soft dark and bright rings that nobody labels.
  void addShadows(FloatRaster& light) const {
    if (shadows_ <= 0) return;
    FloatRaster discs(stage_.extent);
    const Debris dust{
        shadows_ * 1e6 / static_cast<double>(stage_.extent.count()), 4, 0.2 * stage_.shorterSide(), 0.15, 0.5, 0};
    scatter(stage_, dust, stage_.random.stream("shadows"), discs);
    FloatRaster soft = blurred(discs, 4);
    add(soft, blurred(discs, 9), -0.7f);
    add(light, soft, 0.5f);
  }

  Stage stage_;
  Cast cast_;
  Morphology morphology_;
  Texture texture_;
  TransmittedLight optics_;
  Debris debris_;
  double radius_, plateau_, grain_, grainFeature_, organelles_, thicknessVariation_, roundedUp_, ripple_,
      rippleFeature_, unevenness_, shadows_, ruffle_, ruffleWidth_;
  bool hasNucleus_, isColoured_;
  Colour tint_{};
};

Morphology anyMorphology(const Stage& stage) {
  Random random = stage.random.stream("morphology");
  return static_cast<Morphology>(random.integer(0, 2));
}

}  // namespace

std::unique_ptr<Painter> makePhaseContrastRods(const Stage& stage, bool allowsColour) {
  return std::make_unique<TransmittedCells>(stage, Method::kPhaseContrast, Morphology::kRods, allowsColour);
}
std::unique_ptr<Painter> makePhaseContrastBlobs(const Stage& stage, bool allowsColour) {
  return std::make_unique<TransmittedCells>(stage, Method::kPhaseContrast, Morphology::kBlobs, allowsColour);
}
std::unique_ptr<Painter> makePhaseContrastSpread(const Stage& stage, bool allowsColour) {
  return std::make_unique<TransmittedCells>(stage, Method::kPhaseContrast, Morphology::kSpread, allowsColour);
}
std::unique_ptr<Painter> makeRelief(const Stage& stage, bool allowsColour) {
  return std::make_unique<TransmittedCells>(stage, Method::kRelief, anyMorphology(stage), allowsColour);
}
std::unique_ptr<Painter> makeBrightField(const Stage& stage, bool allowsColour) {
  return std::make_unique<TransmittedCells>(stage, Method::kBrightField, anyMorphology(stage), allowsColour);
}

}  // namespace cyto::synthesis
