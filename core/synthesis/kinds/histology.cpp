// Sections of tissue with haematoxylin and eosin, or with one violet dye: nuclei are labelled; fibres, red cells, gaps
// and what is far out of focus are not.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class Histology : public Painter {
 public:
  Histology(const Stage& stage, bool allowsColour)
      : stage_(stage),
        cast_(stage_),
        chromatin_(false, {4, 0.75}, stage.random.stream("chromatin")),
        isColoured_(allowsColour) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 4, 45, style);
    depth_ = style.uniform(0.4, 1.3);
    depthVariation_ = style.uniform(0.05, 0.5);
    chromatinContrast_ = style.uniform(0.1, 0.6);
    rim_ = style.uniform(0, 0.8);
    outOfFocus_ = style.chance(0.5) ? style.uniform(0.05, 0.3) : 0;
    psf_ = style.logUniform(0.5, 0.8 + 0.06 * radius_);
    stroma_ = style.logUniform(0.05, 0.7);
    fibreWidth_ = radius_ * style.logUniform(0.2, 1);
    fibreAngle_ = style.angle();
    fibreBend_ = style.logUniform(0.02, 0.4);
    gaps_ = style.chance(0.5) ? style.uniform(0.3, 1.2) : 3;
    dense_ = style.chance(0.35) ? style.uniform(0.6, 1.5) : 3;
    redCells_ = style.chance(0.3) ? style.logUniform(100, 1500) : 0;
    drawDyes(style);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return false; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    FloatRaster eosin = tissue(), sharp(stage_.extent), soft(stage_.extent);
    for (const Cast::Placed& one : placed) draw(one, isFar(*one.agent) ? soft : sharp, eosin);
    Picture picture;
    picture.labels = labelsOf(placed, coverageOf(bodiesOf(placed), stage_.extent, 1));
    for (uint32_t& label : picture.labels) {
      if (label > 0 && isFar(population()[label - 1])) label = 0;
    }
    blur(sharp, psf_);
    blur(eosin, psf_);
    if (outOfFocus_ > 0) add(sharp, blurred(soft, psf_ + 0.35 * radius_));
    picture.light = throughStains({&sharp, &eosin}, {nuclearDye_, tissueDye_}, lamp_);
    const FloatRaster lamp = illumination(stage_, 0.25, stage_.random.stream("illumination"));
    for (FloatRaster& channel : picture.light) multiply(channel, lamp);
    if (!isColoured_) {
      for (size_t i = 0; i < lamp.size(); ++i) {
        picture.light[0][i] =
            0.299f * picture.light[0][i] + 0.587f * picture.light[1][i] + 0.114f * picture.light[2][i];
      }
      picture.light.resize(1);
    }
    return picture;
  }

 private:
  void drawDyes(Random& style) {
    const auto vary = [&](Colour colour, double strength) {
      for (float& part : colour) part = static_cast<float>(std::max(0.03, part * style.uniform(0.75, 1.3) * strength));
      return colour;
    };
    const bool isOneDye = style.chance(0.3);
    nuclearDye_ = vary({0.65f, 0.75f, 0.3f}, style.uniform(0.9, 1.5));
    tissueDye_ = isOneDye ? vary({0.45f, 0.6f, 0.08f}, 0.9) : vary({0.12f, 0.95f, 0.3f}, style.uniform(0.7, 1.2));
    for (float& part : lamp_) part = static_cast<float>(style.uniform(0.86, 1));
    if (style.chance(0.1)) {  // other dyes: brown, blue, green
      nuclearDye_ = {static_cast<float>(style.uniform(0.1, 1)), static_cast<float>(style.uniform(0.1, 1)),
                     static_cast<float>(style.uniform(0.1, 1))};
    }
  }

  void populate(Random& style) {
    const double elongation = style.logUniform(1, 4), variation = style.uniform(0.1, 0.4);
    const Waviness waviness{style.uniform(0.02, 0.2), style.uniform(0.8, 1.8)};
    const auto density = std::make_shared<Texture>(false, Octaves{2, 0.5}, stage_.random.stream("density"));
    const double feature = radius_ * style.uniform(5, 20), evenness = style.uniform(0.1, 1);
    Crowd crowd;
    crowd.coverage = style.logUniform(0.05, 0.5);
    crowd.clumping = style.uniform(0, 0.7);
    crowd.alignment = style.uniform(0.2, 1);
    crowd.overlap = style.uniform(0, 0.2);
    crowd.size = sizesAround(radius_, variation);
    crowd.likelihood = [=](const Point& point) {
      return std::clamp(evenness + 0.7 * density->at(0, point.y / feature, point.x / feature), 0.02, 1.0);
    };
    crowd.solid = [=](uint64_t look, const Pose& pose) {
      Random random = Random(look).stream("form");
      const double longer = std::sqrt(std::max(1.0, 1 + (elongation - 1) * someFactor(0.5, random)));
      return randomBlob(pose.size * longer, std::max(1.5, pose.size / longer), pose.size, waviness, random);
    };
    cast_.settle({crowd}, {}, radius_ / 2, stage_.random);
  }

  bool isFar(const Agent& agent) const { return Random(agent.look).stream("focus").uniform() < outOfFocus_; }

  /// Amount of the second dye: fibres, dense bands, gaps, red cells.
  FloatRaster tissue() const {
    const Random& random = stage_.random;
    const Texture fibres(false, {4, 0.7}, random.stream("fibres"));
    const double large = 0.35 * stage_.shorterSide();
    const FloatRaster waves = noiseField(stage_.extent, large, {3, 0.5}, random.stream("waves")),
                      patches = noiseField(stage_.extent, large, {4, 0.5}, random.stream("patches"));
    FloatRaster amount(stage_.extent);
    const double c = std::cos(fibreAngle_), s = std::sin(fibreAngle_);
    const auto soft = [](double value) { return 1 / (1 + std::exp(static_cast<float>(-10 * value))); };
    for (int64_t y = 0; y < stage_.extent.y; ++y) {
      for (int64_t x = 0; x < stage_.extent.x; ++x) {
        const size_t index = amount.index(0, y, x);
        const double bend = 1.2 * large * fibreBend_ * waves[index];
        const double along = static_cast<double>(x) * c + static_cast<double>(y) * s,
                     across = static_cast<double>(y) * c - static_cast<double>(x) * s + bend;
        const double fibre = fibres.at(0, across / fibreWidth_, along / (5 * fibreWidth_));
        double value = stroma_ * std::max(0.1, 1 + 0.45 * fibre);
        value += 1.1 * soft(patches[index] - dense_);
        value *= 1 - soft(-patches[index] - gaps_);
        amount[index] = static_cast<float>(value);
      }
    }
    if (redCells_ > 0) {
      scatter(stage_, {redCells_, 0.6 * radius_, 0.9 * radius_ + 1, 0.8, 0, 0, 0.05}, random.stream("red cells"),
              amount);
    }
    return amount;
  }

  void draw(const Cast::Placed& one, FloatRaster& dye, FloatRaster& eosin) const {
    Random random = Random(one.agent->look).stream("look");
    const double amount = depth_ * std::exp(random.normal() * depthVariation_), shiftY = random.uniform(0, 32),
                 shiftX = random.uniform(0, 32);
    const double contrast = chromatinContrast_ * random.uniform(0.3, 1.3), feature = 0.5 * one.pose.size + 1;
    const double rimWidth = 0.12 * one.pose.size + 0.5, cytoplasm = random.uniform(0, 0.3),
                 around = 0.7 * one.pose.size;
    visitPixels(one.body, stage_.extent, 1, around, [&](size_t index, const Point& local, double depth) {
      if (depth <= -0.5) {
        eosin[index] += static_cast<float>(cytoplasm * stroma_ * (1 + depth / around));
        return;
      }
      const double noise = chromatin_.at(0, local.y / feature + shiftY, local.x / feature + shiftX);
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0);
      const double value = std::max(0.2, 1 + contrast * noise + rim_ * std::exp(-depth / rimWidth) - 0.3 * rim_);
      dye[index] = std::max(dye[index], static_cast<float>(amount * edge * value));
    });
  }

  Stage stage_;
  Cast cast_;
  Texture chromatin_;
  bool isColoured_;
  double radius_, depth_, depthVariation_, chromatinContrast_, rim_, outOfFocus_, psf_, stroma_, fibreWidth_,
      fibreAngle_, fibreBend_, gaps_, dense_, redCells_;
  Colour nuclearDye_{}, tissueDye_{}, lamp_{};
};

}  // namespace

std::unique_ptr<Painter> makeHistology(const Stage& stage, bool allowsColour) {
  return std::make_unique<Histology>(stage, allowsColour);
}

}  // namespace cyto::synthesis
