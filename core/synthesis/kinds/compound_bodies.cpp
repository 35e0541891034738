// Bodies that hold many nuclei and are one object each: egg chambers on a string, from small to large, and organoids
// with a layer of cells around a cavity. Confocal, in one or several colours.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class CompoundBodies : public Painter {
 public:
  CompoundBodies(const Stage& stage, bool allowsColour)
      : stage_(stage), texture_(false, {4, 0.65}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    largest_ = typicalRadius(stage, 22, 140, style) * 1.1;
    isString_ = style.chance(0.65);
    cytoplasm_ = style.logUniform(0.03, 0.5);
    nuclei_ = style.uniform(0.5, 1.2);
    innerNuclei_ = style.chance(0.85) ? style.uniform(6, 40) : 0;
    innerSize_ = style.uniform(0.1, 0.24);
    layer_ = style.chance(0.8) ? style.uniform(0.05, 0.14) : 0;
    layerLight_ = style.uniform(0.1, 0.9);
    wall_ = style.chance(0.5) ? style.uniform(0.1, 0.8) : 0;
    grain_ = style.uniform(0.1, 0.5);
    psf_ = style.logUniform(0.6, 2);
    background_ = style.chance(0.3) ? style.uniform(0.03, 0.2) : style.uniform(0, 0.03);
    isColoured_ = allowsColour && style.chance(0.7);
    nuclearColour_ = randomFluorophoreColour(style);
    bodyColour_ = randomFluorophoreColour(style);
    const Waviness waviness{style.uniform(0.01, 0.08), 1.5};
    isString_ ? string(style, waviness) : scattered(style, waviness);
  }

  const Population& population() const override { return population_; }
  bool isDarkField() const override { return true; }

  Picture paint(int64_t) const override {
    const Coverage coverage = coverageOf(bodies_, stage_.extent, 1);
    Picture picture;
    picture.labels = LabelRaster(stage_.extent);
    for (size_t i = 0; i < picture.labels.size(); ++i) picture.labels[i] = static_cast<uint32_t>(coverage.owner[i] + 1);
    FloatRaster flesh(stage_.extent), nuclei(stage_.extent);
    for (size_t i = 0; i < bodies_.size(); ++i) draw(i, coverage, flesh, nuclei);
    scatter(stage_, {120, 1, 4, 0.4, 0, 0.5}, stage_.random.stream("debris"), flesh);
    for (FloatRaster* light : {&flesh, &nuclei}) {
      blur(*light, psf_);
      add(*light, blurred(*light, 0.3 * largest_), 0.06f);
      for (float& value : *light) value = std::max(value + static_cast<float>(background_), 0.0f);
    }
    if (isColoured_) {
      picture.light = tinted(flesh, bodyColour_);
      const auto second = tinted(nuclei, nuclearColour_);
      for (size_t c = 0; c < 3; ++c) add(picture.light[c], second[c]);
    } else {
      add(flesh, nuclei);
      picture.light.push_back(std::move(flesh));
    }
    return picture;
  }

 private:
  void addBody(const SolidPointer& solid, const Point& centre, double angle, double size, Random& random) {
    Agent agent;
    agent.look = random.bits();
    agent.poses.push_back({centre, angle, size, 0});
    population_.push_back(std::move(agent));
    bodies_.emplace_back(solid, centre, angle);
  }

  /// Chambers that grow along a curve, each against the last.
  void string(Random& style, const Waviness& waviness) {
    const int64_t strings = style.integer(1, 2);
    Occupancy occupancy(stage_, largest_ / 8);
    for (int64_t s = 0; s < strings; ++s) {
      double size = largest_ * style.uniform(0.7, 1.1), angle = style.angle();
      Point at{0, style.uniform(0.1, 0.9) * static_cast<double>(stage_.extent.y),
               style.uniform(0.1, 0.9) * static_cast<double>(stage_.extent.x)};
      const double shrinking = style.uniform(0.55, 0.95), elongation = style.uniform(1.05, 1.9);
      for (int i = 0; i < 9 && size > 7; ++i) {
        const double longer = std::sqrt(1 + (elongation - 1) * std::pow(0.85, i));
        const SolidPointer solid = randomBlob(size * longer, size / longer, size, waviness, style);
        if (!occupancy.take(Body(solid, at, angle), 0.08)) break;
        addBody(solid, at, angle, size, style);
        const double next = size * shrinking * style.uniform(0.85, 1.1);
        const double step = (size * longer + next * longer) * style.uniform(0.97, 1.08);
        angle += style.normal() * 0.25;
        at = {0, at.y + std::sin(angle) * step, at.x + std::cos(angle) * step};
        size = next;
      }
    }
  }

  void scattered(Random& style, const Waviness& waviness) {
    Crowd crowd;
    const double elongation = style.uniform(1, 1.7);
    crowd.coverage = style.logUniform(0.1, 0.6);
    crowd.clumping = style.uniform(0, 0.8);
    crowd.overlap = 0.02;
    crowd.size = sizesAround(largest_, style.uniform(0.1, 0.5));
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      return randomBlob(pose.size * std::sqrt(elongation), pose.size / std::sqrt(elongation), pose.size, waviness,
                        random);
    };
    Occupancy occupancy(stage_, largest_ / 5);
    settle(stage_, crowd, 0, occupancy, stage_.random.stream("places"), population_);
    for (const Agent& agent : population_) {
      const Pose& pose = agent.poses[0];
      bodies_.emplace_back(crowd.solid(agent.look, pose), pose.centre, pose.angle);
    }
  }

  void draw(size_t number, const Coverage& coverage, FloatRaster& flesh, FloatRaster& nuclei) const {
    const Agent& agent = population_[number];
    const Body& body = bodies_[number];
    Random random = Random(agent.look).stream("look");
    const double size = agent.poses[0].size, shift = random.uniform(0, 32), brightness = someFactor(0.2, random);
    const double layer = std::max(2.0, layer_ * size);
    visitOwnedPixels(
        body, static_cast<int32_t>(number), coverage, 1, [&](size_t index, const Point& local, double depth) {
          const double feature = 0.12 * size + 2;
          const double noise = texture_.at(0, local.y / feature + shift, local.x / feature);
          double value =
              cytoplasm_ * std::max(0.1, 1 + grain_ * noise) + wall_ * std::exp(-depth / std::max(0.8, 0.02 * size));
          if (layer_ > 0 && depth < layer) value += 0.5 * cytoplasm_ + 0.3 * layerLight_;
          flesh[index] = static_cast<float>(brightness * value);
        });
    if (layer_ > 0) drawLayer(number, layer, coverage, random, nuclei);
    const double count = innerNuclei_ > 0 ? std::max(2.0, random.poisson(innerNuclei_)) : 0;
    std::vector<Ball> drawn;
    std::vector<Point> centres;
    for (double i = 0; i < count; ++i) {
      const double away = std::sqrt(random.uniform()) * 0.65 * size, angle = random.angle();
      const Point centre{0, away * std::sin(angle), away * std::cos(angle) * 1.2};
      const double radius = size * innerSize_ * someFactor(0.25, random);
      bool isFree = body.solid().depth(centre) > radius;
      for (size_t j = 0; j < centres.size(); ++j) {
        isFree =
            isFree && std::hypot(centre.y - centres[j].y, centre.x - centres[j].x) > 0.95 * (radius + drawn[j].radius);
      }
      if (!isFree) continue;
      centres.push_back(centre);
      drawn.push_back({0, radius});
      drawNucleus(number, centre, radius, coverage, random, nuclei);
    }
  }

  /// The layer of small cells around a chamber: their nuclei at one depth below the surface.
  void drawLayer(size_t number, double layer, const Coverage& coverage, Random& random, FloatRaster& nuclei) const {
    const Body& body = bodies_[number];
    const double radius = std::max(1.0, layer * 0.38), size = body.solid().reach();
    const auto count = static_cast<int>(std::min(400.0, 2 * M_PI * size / (2.6 * radius)));
    for (int i = 0; i < count; ++i) {
      const double angle = 2 * M_PI * (i + random.uniform(-0.2, 0.2)) / count;
      // The surface in this direction, by walking outwards.
      double away = 0;
      while (away < size && body.solid().depth({0, away * std::sin(angle), away * std::cos(angle)}) > 0.5 * layer)
        away += 1;
      drawNucleus(number, {0, away * std::sin(angle), away * std::cos(angle)}, radius, coverage, random, nuclei);
    }
  }

  void drawNucleus(size_t number, const Point& at, double radius, const Coverage& coverage, Random& random,
                   FloatRaster& nuclei) const {
    radius = std::max(radius, 1.0);
    const Body nucleus(randomBlob(radius * 1.1, radius / 1.1, radius, {0.05, 1.5}, random), bodies_[number].toFrame(at),
                       random.angle());
    const double brightness = nuclei_ * someFactor(0.3, random);
    visitPixels(nucleus, stage_.extent, 1, 0.5, [&](size_t index, const Point& local, double depth) {
      if (coverage.owner[index] != static_cast<int32_t>(number)) return;
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0);
      const double noise = texture_.at(0, 2 * local.y / radius, 2 * local.x / radius);
      nuclei[index] = std::max(nuclei[index], static_cast<float>(brightness * edge * std::max(0.2, 1 + 0.3 * noise)));
    });
  }

  Stage stage_;
  Texture texture_;
  Population population_;
  std::vector<Body> bodies_;
  double largest_, cytoplasm_, nuclei_, innerNuclei_, innerSize_, layer_, layerLight_, wall_, grain_, psf_, background_;
  bool isString_, isColoured_;
  Colour nuclearColour_{}, bodyColour_{};
};

}  // namespace

std::unique_ptr<Painter> makeCompoundBodies(const Stage& stage, bool allowsColour) {
  return std::make_unique<CompoundBodies>(stage, allowsColour);
}

}  // namespace cyto::synthesis
