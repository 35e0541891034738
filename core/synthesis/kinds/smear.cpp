// Cells spread on a slide in bright field. A smear: large pale cells that overlap and fold, of which the small dark
// nuclei are labelled. Blood: red cells with pale centres and a few white cells, which are labelled; platelets are not.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

constexpr int kOrdinary = 0, kSpecial = 1;

class Smear : public Painter {
 public:
  Smear(const Stage& stage, bool isBlood, bool allowsColour)
      : stage_(stage), cast_(stage_), isBlood_(isBlood), texture_(false, {4, 0.65}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    radius_ = isBlood ? typicalRadius(stage, 6, 60, style) : typicalRadius(stage, 14, 90, style);
    nucleus_ = isBlood ? 0.6 : std::clamp(style.logUniform(0.1, 0.4), 3 / radius_, 0.5);
    pale_ = style.logUniform(0.06, 0.5) * (isBlood ? 2 : 1);
    pallor_ = style.uniform(0.2, 0.95);
    pallorSize_ = style.uniform(0.3, 0.6);
    dark_ = style.uniform(0.7, 2);
    folds_ = style.chance(0.6) ? style.uniform(0.2, 0.8) : 0;
    grain_ = style.uniform(0.05, 0.5);
    rim_ = style.uniform(-0.2, 0.6);
    psf_ = style.logUniform(0.5, 0.8 + 0.04 * radius_);
    debris_ = style.chance(0.7) ? style.logUniform(50, 1500) : 0;
    isColoured_ = allowsColour && style.chance(isBlood ? 0.85 : 0.4);
    drawDyes(style);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return false; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    FloatRaster plasma(stage_.extent), nuclei(stage_.extent);
    Picture picture;
    picture.labels = LabelRaster(stage_.extent);
    if (isBlood_) {
      picture.labels = labelsOf(placed, coverageOf(bodiesOf(placed), stage_.extent, 1));
    }
    for (const Cast::Placed& one : placed) drawCell(one, plasma);
    for (const Cast::Placed& one : placed) drawNucleus(one, nuclei, picture.labels);
    scatter(stage_, {debris_, 0.8, 3, 0.5, 0, 0.2}, stage_.random.stream("debris"), nuclei);
    add(plasma, noiseField(stage_.extent, 0.3 * stage_.shorterSide(), {5, 0.6}, stage_.random.stream("film")), 0.02f);
    blur(plasma, psf_);
    blur(nuclei, psf_);
    picture.light = throughStains({&nuclei, &plasma}, {nuclearDye_, plasmaDye_}, lamp_);
    const FloatRaster lamp = illumination(stage_, 0.4, stage_.random.stream("illumination"));
    for (FloatRaster& channel : picture.light) multiply(channel, lamp);
    if (!isColoured_) picture.light = {std::move(picture.light[1])};
    return picture;
  }

 private:
  void drawDyes(Random& style) {
    const auto vary = [&](Colour colour) {
      for (float& part : colour) part = static_cast<float>(std::max(0.03, part * style.uniform(0.6, 1.4)));
      return colour;
    };
    nuclearDye_ = vary({0.8f, 1, 0.4f});
    constexpr std::array<Colour, 4> kPlasma = {
        {{0.15f, 0.8f, 0.5f}, {0.9f, 0.5f, 0.2f}, {0.5f, 0.5f, 0.6f}, {0.3f, 0.7f, 0.9f}}};
    plasmaDye_ = vary(kPlasma[static_cast<size_t>(style.integer(0, kPlasma.size() - 1))]);
    for (float& part : lamp_) part = static_cast<float>(style.uniform(0.8, 1));
  }

  void populate(Random& style) {
    const double elongation = style.uniform(1, isBlood_ ? 1.15 : 1.6);
    const Waviness waviness = isBlood_ ? Waviness{style.uniform(0.005, 0.06), 1.5}
                                       : Waviness{style.uniform(0.06, 0.2), style.uniform(0.4, 1.2)};
    Crowd crowd;
    crowd.coverage = isBlood_ ? style.logUniform(0.08, 0.7) : style.logUniform(0.1, 0.7);
    crowd.clumping = style.uniform(0, 0.9);
    crowd.overlap = isBlood_ ? style.uniform(0.02, 0.2) : style.uniform(0.1, 0.6);
    crowd.size = sizesAround(radius_, isBlood_ ? style.uniform(0.03, 0.15) : style.uniform(0.1, 0.35));
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(std::max(1.0, elongation * someFactor(0.1, random)));
      return randomBlob(pose.size * longer, pose.size / longer, pose.size, waviness, random);
    };
    Crowd special = crowd;
    special.coverage = isBlood_ && style.chance(0.6) ? style.uniform(0.01, 0.08) : 0;
    special.size = sizesAround(radius_ * style.uniform(1.2, 1.8), 0.12);
    special.overlap = 0.05;
    cast_.settle({crowd, special}, {}, radius_ / 2, stage_.random);
  }

  void drawCell(const Cast::Placed& one, FloatRaster& plasma) const {
    Random random = Random(one.agent->look).stream("cell");
    const double amount = pale_ * someFactor(0.25, random), shift = random.uniform(0, 32),
                 feature = 0.35 * one.pose.size;
    const double fold = random.chance(folds_) ? random.uniform(0.5, 1.5) : 0, foldFeature = 1.2 * one.pose.size;
    const bool hasPallor = isBlood_ && one.agent->crowd == kOrdinary;
    visitPixels(one.body, stage_.extent, 1, 0.5, [&](size_t index, const Point& local, double depth) {
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0);
      double value = std::max(0.2, 1 + grain_ * texture_.at(0, local.y / feature + shift, local.x / feature + shift));
      value += rim_ * std::exp(-depth / (0.05 * one.pose.size + 0.6));
      if (hasPallor) {
        const double away = std::sqrt(local.y * local.y + local.x * local.x) / (pallorSize_ * one.pose.size);
        value = value * 0.3 + 0.7;
        value *= 1 - pallor_ * std::exp(-away * away);
      } else if (fold > 0) {
        const double line = texture_.at(0, local.y / foldFeature + shift, local.x / foldFeature) / 0.12;
        value += fold * std::exp(-line * line);
      }
      plasma[index] += static_cast<float>(amount * edge * value);
    });
  }

  void drawNucleus(const Cast::Placed& one, FloatRaster& nuclei, LabelRaster& labels) const {
    if (isBlood_ && one.agent->crowd != kSpecial) return;
    Random random = Random(one.agent->look).stream("nucleus");
    const double amount = dark_ * someFactor(0.3, random), shift = random.uniform(0, 32);
    const int64_t lobes = isBlood_ ? random.integer(1, 4) : 1;
    for (int64_t lobe = 0; lobe < lobes; ++lobe) {
      const double radius =
          std::max(2.2, one.pose.size * nucleus_ * someFactor(0.2, random) / std::sqrt(static_cast<double>(lobes)));
      const double away = lobes > 1 ? 0.35 : isBlood_ ? 0.08 : 0.2;
      const Point at{0, random.normal() * away * one.pose.size * 0.6, random.normal() * away * one.pose.size};
      const Body body(randomBlob(radius * 1.12, radius / 1.12, radius, {0.06, 1.5}, random), one.body.toFrame(at),
                      random.angle());
      const double feature = 0.5 * radius + 0.5;
      visitPixels(body, stage_.extent, 1, 0.5, [&](size_t index, const Point& local, double depth) {
        const double edge = std::clamp(depth + 0.5, 0.0, 1.0);
        const double noise = texture_.at(0, local.y / feature + shift, local.x / feature + shift);
        nuclei[index] = std::max(nuclei[index], static_cast<float>(amount * edge * std::max(0.3, 1 + 0.25 * noise)));
        if (!isBlood_ && depth > 0) labels[index] = one.label;
      });
    }
  }

  Stage stage_;
  Cast cast_;
  bool isBlood_;
  Texture texture_;
  double radius_, nucleus_, pale_, pallor_, pallorSize_, dark_, folds_, grain_, rim_, psf_, debris_;
  bool isColoured_;
  Colour nuclearDye_{}, plasmaDye_{}, lamp_{};
};

}  // namespace

std::unique_ptr<Painter> makeSmear(const Stage& stage, bool allowsColour) {
  return std::make_unique<Smear>(stage, false, allowsColour);
}
std::unique_ptr<Painter> makeBlood(const Stage& stage, bool allowsColour) {
  return std::make_unique<Smear>(stage, true, allowsColour);
}

}  // namespace cyto::synthesis
