#include "core/nn/train/crop_geometry.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cyto::nn {

namespace {

constexpr int64_t kTableStep = 8;
constexpr double kSteepest = 0.35;  // of the bending, so that it can be inverted
constexpr int kWaves = 3;

/// Bilinear sampling of one pixel, with the border going on outside.
struct PixelReader {
  const AnnotatedImage& image;

  void add(double x, double y, float weight, float* sum) const {
    const double fx = std::clamp(x - 0.5, 0.0, static_cast<double>(image.columns - 1));
    const double fy = std::clamp(y - 0.5, 0.0, static_cast<double>(image.rows - 1));
    const auto x0 = static_cast<int64_t>(fx), y0 = static_cast<int64_t>(fy);
    const int64_t right = x0 + 1 < image.columns ? image.channels : 0;
    const int64_t down = y0 + 1 < image.rows ? image.columns * image.channels : 0;
    const auto ax = static_cast<float>(fx - static_cast<double>(x0)),
               ay = static_cast<float>(fy - static_cast<double>(y0));
    const uint8_t* const at = image.pixels.data() + (y0 * image.columns + x0) * image.channels;
    for (int64_t c = 0; c < image.channels; ++c) {
      const auto value = [&](int64_t offset) { return static_cast<float>(at[offset + c]); };
      const float top = value(0) + ax * (value(right) - value(0));
      const float bottom = value(down) + ax * (value(down + right) - value(down));
      sum[c] += weight * (top + ay * (bottom - top));
    }
  }
};

}  // namespace

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
double normal(Random& random, double deviation) { return std::normal_distribution<double>(0, deviation)(random); }
bool chance(Random& random, double probability) { return uniform(random, 0, 1) < probability; }
double logUniform(Random& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}

CropGeometry CropGeometry::draw(const AnnotatedImage& image, int64_t side, int64_t frameSide,
                                const TrainingVariation& variation, Random& random) {
  const AnnotatedObject& object =
      image.objects[std::uniform_int_distribution<size_t>(0, image.objects.size() - 1)(random)];
  const double usual = static_cast<double>(frameSide) / static_cast<double>(std::max(image.rows, image.columns));
  CropGeometry result;
  result.side_ = side;
  result.scale_ = usual * logUniform(random, 0.6, 1.5);
  if (chance(random, variation.scale)) {
    const double wanted = logUniform(random, 12, std::min<double>(250, 0.8 * static_cast<double>(side)));
    result.scale_ = std::clamp(wanted / object.side, 0.3 * usual, 3 * usual);
  }
  const double stretch = std::exp(normal(random, 0.08));
  double angle = std::numbers::pi / 2 * static_cast<double>(std::uniform_int_distribution<int>(0, 3)(random));
  if (chance(random, variation.turn)) angle += uniform(random, -0.6, 0.6);
  const double mirror = chance(random, variation.mirror) ? -1 : 1;
  result.xx_ = std::cos(angle) / result.scale_ * stretch * mirror;
  result.xy_ = -std::sin(angle) / result.scale_ / stretch;
  result.yx_ = std::sin(angle) / result.scale_ * stretch * mirror;
  result.yy_ = std::cos(angle) / result.scale_ / stretch;
  if (chance(random, variation.elastic)) result.drawWaves(random);
  const double half = 0.5 * static_cast<double>(side);
  const Position where = {half + uniform(random, -0.6, 0.6) * half, half + uniform(random, -0.6, 0.6) * half};
  const Position now = result.toImage(where);
  result.x_ = object.x - now.x;
  result.y_ = object.y - now.y;
  return result;
}

void CropGeometry::drawWaves(Random& random) {
  for (int i = 0; i < kWaves; ++i) {
    const double length = logUniform(random, 60, 240);
    const double along = uniform(random, 0, 2 * std::numbers::pi), towards = uniform(random, 0, 2 * std::numbers::pi);
    const double frequency = 2 * std::numbers::pi / length;
    const double amplitude = kSteepest / kWaves / frequency * uniform(random, 0.3, 1);
    waves_.push_back({frequency * std::cos(along), frequency * std::sin(along),
                      uniform(random, 0, 2 * std::numbers::pi), amplitude * std::cos(towards),
                      amplitude * std::sin(towards)});
  }
  tabulate();
}

void CropGeometry::tabulate() {
  tableSide_ = side_ / kTableStep + 2;
  table_.assign(static_cast<size_t>(tableSide_ * tableSide_), {});
  for (size_t i = 0; i < table_.size(); ++i) {
    const double u = static_cast<double>(static_cast<int64_t>(i) % tableSide_ * kTableStep);
    const double v = static_cast<double>(static_cast<int64_t>(i) / tableSide_ * kTableStep);
    for (const Wave& wave : waves_) {
      const double height = std::sin(wave.perX * u + wave.perY * v + wave.phase);
      table_[i].x += wave.x * height;
      table_[i].y += wave.y * height;
    }
  }
}

Position CropGeometry::bent(Position inFrame) const {
  if (table_.empty()) return inFrame;
  const auto last = static_cast<double>(tableSide_ - 1) - 1e-9;
  const double u = std::clamp(inFrame.x / kTableStep, 0.0, last), v = std::clamp(inFrame.y / kTableStep, 0.0, last);
  const auto column = static_cast<int64_t>(u), row = static_cast<int64_t>(v);
  const double au = u - static_cast<double>(column), av = v - static_cast<double>(row);
  const Position* const at = table_.data() + row * tableSide_ + column;
  const Position &a = at[0], &b = at[1], &c = at[tableSide_], &d = at[tableSide_ + 1];
  const auto mix = [&](double Position::* axis) {
    const double top = a.*axis + au * (b.*axis - a.*axis), bottom = c.*axis + au * (d.*axis - c.*axis);
    return top + av * (bottom - top);
  };
  return {inFrame.x + mix(&Position::x), inFrame.y + mix(&Position::y)};
}

Position CropGeometry::toImage(Position inFrame) const {
  const Position p = bent(inFrame);
  return {xx_ * p.x + xy_ * p.y + x_, yx_ * p.x + yy_ * p.y + y_};
}

Position CropGeometry::toFrame(Position inImage) const {
  const double determinant = xx_ * yy_ - xy_ * yx_;
  const double dx = inImage.x - x_, dy = inImage.y - y_;
  const Position straight = {(yy_ * dx - xy_ * dy) / determinant, (xx_ * dy - yx_ * dx) / determinant};
  if (table_.empty()) return straight;
  Position guess = straight;  // guess + displacement(guess) = straight, and the displacement is a contraction
  for (int i = 0; i < 20; ++i) {
    const Position reached = bent(guess);
    guess = {guess.x + straight.x - reached.x, guess.y + straight.y - reached.y};
  }
  return guess;
}

SampledCrop sampleCrop(const AnnotatedImage& image, const CropGeometry& geometry) {
  const int64_t side = geometry.side();
  SampledCrop crop{at::empty({3, side, side}, at::kFloat), at::zeros({side, side}, at::kFloat),
                   at::zeros({side, side}, at::kFloat)};
  float* const pixels = crop.pixels.mutable_data_ptr<float>();
  float* const labels = crop.labels.mutable_data_ptr<float>();
  float* const inside = crop.inside.mutable_data_ptr<float>();
  // Several samples a pixel when the image is shrunk, as the resizing of use averages too.
  const int samples = std::clamp(static_cast<int>(std::ceil(0.67 / geometry.scale())), 1, 4);
  const float weight = 1.0F / (255.0F * static_cast<float>(samples * samples));
  const PixelReader reader{image};
  for (int64_t v = 0; v < side; ++v) {
    for (int64_t u = 0; u < side; ++u) {
      const int64_t i = v * side + u;
      const Position centre = geometry.toImage({static_cast<double>(u) + 0.5, static_cast<double>(v) + 0.5});
      std::array<float, 3> sum{};
      for (int part = 0; part < samples * samples && samples > 1; ++part) {
        const Position at = geometry.toImage({static_cast<double>(u) + (part % samples + 0.5) / samples,
                                              static_cast<double>(v) + (part / samples + 0.5) / samples});
        reader.add(at.x, at.y, weight, sum.data());
      }
      if (samples == 1) reader.add(centre.x, centre.y, weight, sum.data());
      for (int64_t c = 0; c < 3; ++c)
        pixels[c * side * side + i] = sum[static_cast<size_t>(image.channels == 1 ? 0 : c)];
      const auto x = static_cast<int64_t>(std::floor(centre.x)), y = static_cast<int64_t>(std::floor(centre.y));
      if (x < 0 || y < 0 || x >= image.columns || y >= image.rows) continue;
      inside[i] = 1;
      labels[i] = static_cast<float>(image.labels[static_cast<size_t>(y * image.columns + x)]);
    }
  }
  return crop;
}

}  // namespace cyto::nn
