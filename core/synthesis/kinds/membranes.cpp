// Tissues whose walls are stained: plant tissue, epithelia. The cells tile the frame or an island of it; walls are thin
// or thick, also of uneven brightness; nuclei may shine in a few.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/mosaic.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class Membranes : public Painter {
 public:
  Membranes(const Stage& stage, bool allowsColour)
      : stage_(stage), cast_(stage_), texture_(stage.extent.isVolume(), {3, 0.6}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    radius_ = typicalRadius(stage, 5, stage.extent.isVolume() ? 22 : 60, style);
    wall_ = std::max(0.7, std::min(radius_ * style.logUniform(0.03, 0.28), 8.0));
    wallLight_ = style.uniform(0.5, 1);
    unevenWalls_ = style.uniform(0, 0.5);
    lumen_ = style.chance(0.6) ? style.uniform(0, 0.1) : style.uniform(0.1, 0.45);
    lumenVariation_ = style.uniform(0, 0.8);
    nuclei_ = style.chance(0.25) ? style.uniform(0.2, 0.9) : 0;
    warp_ = radius_ * style.uniform(0.02, 0.3);
    warpFeature_ = radius_ * style.uniform(0.8, 2);
    flattening_ = style.uniform(0.55, 1);
    const double turn = style.angle();
    cosine_ = std::cos(turn), sine_ = std::sin(turn);
    isIsland_ = style.chance(0.35);
    spared_ = style.chance(0.5) ? style.uniform(0.3, 0.8) : 0;
    psf_ = style.logUniform(0.5, 1.8);
    isColoured_ = allowsColour && style.chance(0.15);
    colour_ = randomFluorophoreColour(style);
    populate(style);
  }

  const Population& population() const override { return cast_.population(); }
  bool isDarkField() const override { return true; }

  Picture paint(int64_t frame) const override {
    const auto placed = cast_.placedAt(frame);
    std::vector<Seed> seeds;
    for (const Cast::Placed& one : placed) seeds.push_back({toMosaic(one.pose.centre), 0.9 * one.pose.size});
    const Mosaic mosaic(std::move(seeds));
    std::vector<Look> looks;
    for (const Cast::Placed& one : placed) looks.push_back(lookOf(one));
    Picture picture;
    picture.labels = LabelRaster(stage_.extent);
    FloatRaster light(stage_.extent);
    const Warp warp(*this);
    size_t index = 0;
    for (int64_t z = 0; z < stage_.extent.z; ++z) {
      for (int64_t y = 0; y < stage_.extent.y; ++y) {
        for (int64_t x = 0; x < stage_.extent.x; ++x, ++index) {
          const Mosaic::Cell cell = mosaic.at(toMosaic(warp.at(index, z, y, x)));
          if (cell.seed < 0) continue;
          const auto own = static_cast<size_t>(cell.seed);
          const Look& look = looks[own];
          if (!look.isPresent) continue;
          const double inWall = cell.toWall / wall_;
          light[index] =
              static_cast<float>(look.lumen + wallLight_ * look.wall * std::exp(static_cast<float>(-inWall * inWall)));
          if (cell.toWall >= spared_ * wall_) picture.labels[index] = placed[own].label;
        }
      }
    }
    if (nuclei_ > 0) drawNuclei(placed, looks, picture.labels, light);
    const bool isVolume = stage_.extent.isVolume();
    if (unevenWalls_ > 0) {
      const FloatRaster uneven =
          noiseField(stage_.extent, 2 * radius_, {3, 0.6}, stage_.random.stream("uneven"), stage_.sliceStep);
      for (size_t i = 0; i < light.size(); ++i) {
        light[i] *= std::max(0.25f, 1 + static_cast<float>(unevenWalls_) * uneven[i]);
      }
    }
    blur(light, psf_, isVolume ? 2 * psf_ / stage_.sliceStep : 0);
    add(light, blurred(light, 2 * radius_, isVolume ? radius_ / stage_.sliceStep : 0), 0.12f);
    multiply(light, illumination(stage_, 0.6, stage_.random.stream("illumination")));
    picture.light = isColoured_ ? tinted(light, colour_) : std::vector<FloatRaster>{std::move(light)};
    return picture;
  }

 private:
  struct Look {
    bool isPresent;
    double lumen, wall;
  };

  /// Bends straight walls.
  class Warp {
   public:
    explicit Warp(const Membranes& owner) : owner_(owner) {
      const Stage& stage = owner.stage_;
      y_ = noiseField(stage.extent, owner.warpFeature_, {2, 0.5}, stage.random.stream("warp y"), stage.sliceStep);
      x_ = noiseField(stage.extent, owner.warpFeature_, {2, 0.5}, stage.random.stream("warp x"), stage.sliceStep);
    }
    Point at(size_t index, int64_t z, int64_t y, int64_t x) const {
      return {static_cast<double>(z) * owner_.stage_.sliceStep, static_cast<double>(y) + owner_.warp_ * y_[index],
              static_cast<double>(x) + owner_.warp_ * x_[index]};
    }

   private:
    const Membranes& owner_;
    FloatRaster y_, x_;
  };

  /// Coordinates in which cells are as long as wide.
  Point toMosaic(const Point& point) const {
    return {point.z, (point.y * cosine_ - point.x * sine_) / flattening_,
            (point.x * cosine_ + point.y * sine_) * flattening_};
  }

  void populate(Random& style) {
    const double variation = style.uniform(0.05, 0.55);
    Crowd crowd;
    crowd.coverage = stage_.extent.isVolume() ? 0.5 : 0.75;
    crowd.clumping = 0.3;
    crowd.overlap = style.uniform(0.05, 0.4);
    crowd.size = sizesAround(radius_, variation);
    crowd.solid = [](uint64_t, const Pose& pose) {
      const double radius = 0.85 * pose.size;
      return std::make_shared<Blob>(Blob::Outline{radius, radius, radius, {}, {}});
    };
    const double growth = stage_.extent.isVolume() ? std::cbrt(2) : std::sqrt(2);
    const Motion motion{radius_ * style.logUniform(0.005, 0.05), 0.7, 0.3, style.uniform(20, 60), growth, 0.5, true};
    cast_.settle({crowd}, motion, radius_ / 1.5, stage_.random);
  }

  Look lookOf(const Cast::Placed& one) const {
    Random random = Random(one.agent->look).stream("look");
    Look look{true, lumen_ * std::max(0.0, 1 + lumenVariation_ * random.normal()), someFactor(0.1, random)};
    if (isIsland_) {
      const double feature = 0.3 * stage_.shorterSide();
      const Point& centre = founderOf(*one.agent).poses[0].centre;
      look.isPresent = texture_.at(centre.z / feature, centre.y / feature, centre.x / feature) > -0.3;
    }
    return look;
  }

  /// The island stays an island while its cells move and divide.
  const Agent& founderOf(const Agent& agent) const {
    const Agent* founder = &agent;
    while (founder->parent >= 0) founder = &population()[static_cast<size_t>(founder->parent)];
    return *founder;
  }

  void drawNuclei(const std::vector<Cast::Placed>& placed, const std::vector<Look>& looks, const LabelRaster& labels,
                  FloatRaster& light) const {
    for (size_t i = 0; i < placed.size(); ++i) {
      if (!looks[i].isPresent) continue;
      const double radius = std::max(1.2, 0.3 * placed[i].pose.size);
      const Body nucleus(std::make_shared<Blob>(Blob::Outline{radius, radius, radius, {}, {}}), placed[i].pose.centre,
                         0);
      visitPixels(nucleus, stage_.extent, stage_.sliceStep, 0.5, [&](size_t index, const Point&, double depth) {
        if (labels[index] == placed[i].label)
          light[index] += static_cast<float>(nuclei_ * std::clamp(depth + 0.5, 0.0, 1.0));
      });
    }
  }

  Stage stage_;
  Cast cast_;
  Texture texture_;
  double radius_, wall_, wallLight_, unevenWalls_, lumen_, lumenVariation_, nuclei_, warp_, warpFeature_, flattening_,
      cosine_, sine_, spared_, psf_;
  bool isIsland_, isColoured_;
  Colour colour_{};
};

}  // namespace

std::unique_ptr<Painter> makeMembranes(const Stage& stage, bool allowsColour) {
  return std::make_unique<Membranes>(stage, allowsColour);
}

}  // namespace cyto::synthesis
