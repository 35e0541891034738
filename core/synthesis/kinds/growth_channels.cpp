// Bacteria in the dead-end channels of a mother machine: a row of rods per channel, walls and a bright or dark mouth,
// in phase contrast or as bright cells. In a series the row grows out of the channel.

#include <algorithm>

#include "core/synthesis/filters.h"
#include "core/synthesis/kinds/kinds.h"
#include "core/synthesis/optics.h"
#include "core/synthesis/texture.h"

namespace cyto::synthesis {

namespace {

class GrowthChannels : public Painter {
 public:
  explicit GrowthChannels(const Stage& stage)
      : stage_(stage), texture_(false, {3, 0.6}, stage.random.stream("texture")) {
    Random style = stage.random.stream("style");
    radius_ = style.logUniform(2.5, std::min(14.0, 0.05 * stage.shorterSide() + 2));
    wall_ = radius_ * style.uniform(0.1, 0.7);
    pitch_ = 2 * (radius_ + wall_) + radius_ * style.logUniform(1.5, 14);
    tilt_ = style.normal() * 0.015 + (style.chance(0.2) ? M_PI / 2 : 0) + (style.chance(0.5) ? M_PI : 0);
    begin_ = style.uniform(0.05, 0.35) * static_cast<double>(stage.extent.y);
    reach_ = std::max(8 * radius_, style.uniform(0.5, 1.1) * static_cast<double>(stage.extent.y));
    length_ = radius_ * style.uniform(3, 9);
    gap_ = radius_ * style.uniform(-0.15, 0.3);
    cell_ = style.chance(0.5) ? style.uniform(0.25, 0.8) : style.uniform(-0.8, -0.25);
    channel_ = style.uniform(-0.25, 0.35);
    wallLight_ = style.uniform(-0.4, 0.5);
    mouth_ = style.uniform(-0.5, 0.9);
    fade_ = style.chance(0.5) ? style.uniform(0.3, 1) : 0;
    rim_ = style.uniform(0, 0.6);
    grain_ = style.uniform(0.02, 0.25);
    halo_ = style.uniform(0, 0.7);
    psf_ = style.logUniform(0.5, 0.6 + 0.15 * radius_);
    emptiness_ = style.uniform(0, 0.4);
    unevenness_ = style.uniform(0, 0.5);
    isDark_ = cell_ > 0 && style.chance(0.5);
    fill();
  }

  const Population& population() const override { return population_; }
  bool isDarkField() const override { return isDark_; }

  Picture paint(int64_t frame) const override {
    std::vector<Body> bodies;
    std::vector<uint32_t> labels;
    for (size_t i = 0; i < population_.size(); ++i) {
      if (!population_[i].isAliveAt(frame)) continue;
      const Pose& pose = population_[i].at(frame);
      bodies.emplace_back(solidOf(population_[i].look, pose), pose.centre, pose.angle);
      labels.push_back(static_cast<uint32_t>(i + 1));
    }
    const Coverage coverage = coverageOf(bodies, stage_.extent, 1);
    Picture picture;
    picture.labels = LabelRaster(stage_.extent);
    FloatRaster light = device();
    FloatRaster cells(stage_.extent);
    for (size_t i = 0; i < cells.size(); ++i) {
      const int32_t owner = coverage.owner[i];
      if (owner < 0) continue;
      picture.labels[i] = labels[static_cast<size_t>(owner)];
    }
    for (size_t i = 0; i < bodies.size(); ++i)
      draw(bodies[i], population_[labels[i] - 1], static_cast<int32_t>(i), coverage, cells);
    const FloatRaster around = blurred(cells, 1.5 * radius_);
    for (size_t i = 0; i < light.size(); ++i) {
      light[i] += static_cast<float>(cell_) * (cells[i] - static_cast<float>(halo_) * around[i]);
    }
    blur(light, psf_);
    const FloatRaster ripple = noiseField(stage_.extent, 3 * radius_, {4, 0.7}, stage_.random.stream("ripple"));
    for (size_t i = 0; i < light.size(); ++i) light[i] = std::max(0.0f, light[i] + 0.012f * ripple[i]);
    multiply(light, illumination(stage_, unevenness_, stage_.random.stream("illumination")));
    picture.light.push_back(std::move(light));
    return picture;
  }

 private:
  /// Channel coordinates of a pixel: `across` the channels and `along` them from the closed end on.
  struct Place {
    double across, along;
  };
  Place placeOf(double y, double x) const {
    const double v = y - 0.5 * static_cast<double>(stage_.extent.y), u = x - 0.5 * static_cast<double>(stage_.extent.x);
    const double c = std::cos(tilt_), s = std::sin(tilt_);
    return {u * c + v * s, v * c - u * s + 0.5 * static_cast<double>(stage_.extent.y) - begin_};
  }
  Point pointOf(const Place& place) const {
    const double v = place.along + begin_ - 0.5 * static_cast<double>(stage_.extent.y), u = place.across;
    const double c = std::cos(tilt_), s = std::sin(tilt_);
    return {0, v * c + u * s + 0.5 * static_cast<double>(stage_.extent.y),
            u * c - v * s + 0.5 * static_cast<double>(stage_.extent.x)};
  }

  SolidPointer solidOf(uint64_t look, const Pose& pose) const {
    Random random = Random(look).stream("form");
    const double radius = radius_ * random.uniform(0.9, 1.02);
    return std::make_shared<Rod>(Rod::Outline{std::max(pose.size, 2 * radius), radius, random.normal() * 0.1 * radius,
                                              pose.age > 0.8 ? 0.25 : 0});
  }

  struct Resident {
    size_t agent;
    double length, limit;
  };

  /// Rows of cells from the closed end to the mouth, and what becomes of them.
  void fill() {
    const double half = std::hypot(static_cast<double>(stage_.extent.y), static_cast<double>(stage_.extent.x)) / 2;
    const auto channels = static_cast<int64_t>(half / pitch_) + 1;
    const Random own = stage_.random.stream("channels");
    const double shift = Random(own).uniform(-0.5, 0.5) * pitch_;
    for (int64_t i = -channels; i <= channels; ++i) {
      Random random = own.stream(static_cast<uint64_t>(i + channels));
      if (random.chance(emptiness_)) continue;
      fillChannel(static_cast<double>(i) * pitch_ + shift, random);
    }
  }

  void fillChannel(double across, Random& random) {
    std::vector<Resident> row;
    double end = random.chance(0.2) ? random.uniform(0, 0.5) * reach_ : 0;
    const double start = end, full = random.uniform(0.3, 1.1) * reach_;
    while (end < full) {
      const double birth = length_ * random.uniform(0.85, 1.2), age = random.uniform();
      row.push_back({newAgent(-1, 0, random), birth * (1 + age), 2 * birth});
      end += row.back().length + gap_;
    }
    for (int64_t frame = 0; frame < stage_.frames; ++frame) {
      if (frame > 0) grow(row, frame, random);
      double along = start;
      for (const Resident& resident : row) {
        const double centre = along + resident.length / 2;
        along += resident.length + gap_;
        const double sway = 0.15 * wall_ * std::sin(centre);
        population_[resident.agent].poses.push_back({pointOf({across + sway, centre}), tilt_ + M_PI / 2,
                                                     resident.length, 2 * resident.length / resident.limit - 1});
      }
    }
  }

  void grow(std::vector<Resident>& row, int64_t frame, Random& random) {
    std::vector<Resident> next;
    double end = 0;
    for (Resident resident : row) {
      resident.length *= 1 + random.uniform(0.03, 0.07);
      end += resident.length + gap_;
      if (end > reach_ + 3 * length_) break;  // washed away
      if (resident.length < resident.limit) {
        next.push_back(resident);
        continue;
      }
      for (int side = 0; side < 2; ++side) {
        const auto mother = static_cast<int64_t>(resident.agent);
        next.push_back({newAgent(mother, frame, random), resident.length / 2, length_ * random.uniform(1.7, 2.4)});
      }
    }
    row = std::move(next);
  }

  size_t newAgent(int64_t parent, int64_t frame, Random& random) {
    Agent agent;
    agent.parent = parent;
    agent.firstFrame = frame;
    agent.look = random.bits();
    population_.push_back(std::move(agent));
    return population_.size() - 1;
  }

  /// The chip without cells.
  FloatRaster device() const {
    FloatRaster light(stage_.extent);
    const Random own = stage_.random.stream("channels");
    const double shift = Random(own).uniform(-0.5, 0.5) * pitch_;
    const double base = isDark_ ? 0.08 : 0.5;
    const double scale = isDark_ ? 0.35 : 1;
    for (int64_t y = 0; y < stage_.extent.y; ++y) {
      for (int64_t x = 0; x < stage_.extent.x; ++x) {
        const Place place = placeOf(static_cast<double>(y), static_cast<double>(x));
        const double nearest = std::abs(place.across - shift - pitch_ * std::round((place.across - shift) / pitch_));
        const double inChannel = std::clamp(radius_ + wall_ - nearest + 0.5, 0.0, 1.0);
        const double atWall = std::exp(-std::pow((nearest - radius_ - wall_) / std::max(0.7, 0.3 * radius_), 2));
        const bool isLong = place.along > -radius_ && place.along < reach_;
        double value = base;
        if (isLong) value += scale * 0.3 * (channel_ * inChannel + wallLight_ * atWall);
        if (place.along >= reach_) value += scale * 0.25 * channel_;
        const double fromMouth = (place.along - reach_) / (1.5 * radius_), fromEnd = (place.along + radius_) / radius_;
        value += scale * 0.4 * mouth_ * std::exp(-fromMouth * fromMouth) +
                 scale * 0.15 * mouth_ * std::exp(-fromEnd * fromEnd);
        if (fade_ > 0) value += scale * 0.35 * fade_ / (1 + std::exp((place.along - 0.5 * reach_) / (0.12 * reach_)));
        light.row(0, y)[x] = static_cast<float>(value);
      }
    }
    return light;
  }

  void draw(const Body& body, const Agent& agent, int32_t number, const Coverage& coverage, FloatRaster& cells) const {
    Random random = Random(agent.look).stream("look");
    const double brightness = someFactor(0.15, random), shift = random.uniform(0, 32);
    visitPixels(body, stage_.extent, 1, 0.5, [&](size_t index, const Point& local, double depth) {
      if (depth > 0 && coverage.owner[index] != number) return;
      const double edge = std::clamp(depth + 0.5, 0.0, 1.0), share = std::clamp(depth / radius_, 0.0, 1.0);
      const double profile = (1 - rim_) * (0.55 + 0.45 * share) + rim_ * std::exp(-std::pow((share - 0.25) / 0.25, 2));
      const double noise = texture_.at(0, local.y / radius_ + shift, local.x / radius_ + shift);
      cells[index] = std::max(cells[index], static_cast<float>(brightness * edge * profile * (1 + grain_ * noise)));
    });
  }

  Stage stage_;
  Texture texture_;
  Population population_;
  double radius_, wall_, pitch_, tilt_, begin_, reach_, length_, gap_, cell_, channel_, wallLight_, mouth_, fade_, rim_,
      grain_, halo_, psf_, emptiness_, unevenness_;
  bool isDark_;
};

}  // namespace

std::unique_ptr<Painter> makeGrowthChannels(const Stage& stage, bool) {
  return std::make_unique<GrowthChannels>(stage);
}

}  // namespace cyto::synthesis
