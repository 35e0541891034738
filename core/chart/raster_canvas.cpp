#include "core/chart/raster_canvas.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace cyto {

namespace {

constexpr double kPixelsPerPoint = 2;
constexpr double kOversampling = 3;  // drawn larger and shrunk, which smooths edges and strokes
constexpr double kScale = kPixelsPerPoint * kOversampling;
constexpr int kSubpixelBits = 4;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kCapitalHeight = 21;   // of kFont at scale 1, in pixels
constexpr double kCapitalShare = 0.70;  // of the height of a line, as common typefaces have it

cv::Scalar scalar(const Colour& colour) { return {double(colour.red), double(colour.green), double(colour.blue)}; }

std::vector<cv::Point> subpixels(const std::vector<PagePoint>& points) {
  std::vector<cv::Point> placed;
  for (const PagePoint& point : points) {
    const auto place = [](double v) { return static_cast<int>(std::lround(v * kScale * (1 << kSubpixelBits))); };
    placed.emplace_back(place(point.x), place(point.y));
  }
  return placed;
}

int thickness(double width) { return std::max(1, static_cast<int>(std::lround(width * kScale))); }

/// Cuts a line into its dashes.
std::vector<std::vector<PagePoint>> dashesOf(const std::vector<PagePoint>& points, double width) {
  std::vector<std::vector<PagePoint>> dashes;
  bool isDash = true;
  double left = kDashLength * width;
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    const PagePoint from = points[i], to = points[i + 1];
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    if (isDash) dashes.push_back({from});
    double done = 0;
    while (length - done > left) {
      done += left;
      const PagePoint at{from.x + (to.x - from.x) * done / length, from.y + (to.y - from.y) * done / length};
      if (isDash) {
        dashes.back().push_back(at);
      } else {
        dashes.push_back({at});
      }
      isDash = !isDash;
      left = (isDash ? kDashLength : kGapLength) * width;
    }
    left -= length - done;
    if (isDash) dashes.back().push_back(to);
  }
  return dashes;
}

std::string inAscii(const std::string& words) {
  std::string text;
  for (const char letter : words) {
    const auto code = static_cast<unsigned char>(letter);
    if (code >= 0x80 && code < 0xc0) continue;  // the rest of a character of several bytes
    text += code >= 0x20 && code < 0x7f ? letter : '?';
  }
  return text;
}

}  // namespace

struct RasterCanvas::Pixels {
  cv::Mat large;

  void stroke(const std::vector<PagePoint>& points, const Stroke& stroke, bool isClosed) {
    const std::vector<std::vector<cv::Point>> lines{subpixels(points)};
    cv::polylines(large, lines, isClosed, scalar(stroke.colour), thickness(stroke.width), cv::LINE_AA, kSubpixelBits);
  }
};

RasterCanvas::RasterCanvas(const PageSize& size) : pixels_(std::make_unique<Pixels>()) {
  pixels_->large = cv::Mat(static_cast<int>(std::ceil(size.height) * kScale),
                           static_cast<int>(std::ceil(size.width) * kScale), CV_8UC3, cv::Scalar::all(255));
}

RasterCanvas::~RasterCanvas() = default;

void RasterCanvas::line(const std::vector<PagePoint>& points, const Stroke& stroke) {
  if (!stroke.isDashed) return pixels_->stroke(points, stroke, false);
  for (const auto& dash : dashesOf(points, stroke.width)) pixels_->stroke(dash, stroke, false);
}

void RasterCanvas::polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke& outline) {
  const std::vector<std::vector<cv::Point>> areas{subpixels(corners)};
  cv::fillPoly(pixels_->large, areas, scalar(fill), cv::LINE_AA, kSubpixelBits);
  pixels_->stroke(corners, outline, true);
}

void RasterCanvas::text(const PagePoint& at, const std::string& words, const TextStyle& style) {
  const std::string ascii = inAscii(words);
  const double scale = style.size * kCapitalShare * kScale / kCapitalHeight;
  const int weight = thickness(style.size * (style.isBold ? 0.115 : 0.075));
  int below = 0;
  const cv::Size size = cv::getTextSize(ascii, kFont, scale, weight, &below);
  // The words on a strip of their own, which can be turned.
  const int rim = weight + 2;
  below += rim;
  cv::Mat strip(size.height + below + rim, size.width + 2 * rim, CV_8UC3, cv::Scalar::all(255));
  cv::putText(strip, ascii, {rim, size.height + rim}, kFont, scale, scalar(style.colour), weight, cv::LINE_AA);
  const int before = rim + (style.anchor == TextAnchor::kStart    ? 0
                            : style.anchor == TextAnchor::kMiddle ? size.width / 2
                                                                  : size.width);
  cv::Point corner(static_cast<int>(std::lround(at.x * kScale)), static_cast<int>(std::lround(at.y * kScale)));
  if (style.isUpright) {
    cv::rotate(strip, strip, cv::ROTATE_90_COUNTERCLOCKWISE);
    corner -= cv::Point(size.height + rim, strip.rows - before);
  } else {
    corner -= cv::Point(before, size.height + rim);
  }
  const cv::Rect page(0, 0, pixels_->large.cols, pixels_->large.rows);
  const cv::Rect place = cv::Rect(corner, strip.size()) & page;
  if (place.empty()) return;
  cv::Mat part = pixels_->large(place);
  cv::min(part, strip(place - corner), part);  // the white of the strip covers nothing
}

Result<Array> RasterCanvas::picture() const {
  cv::Mat small;
  cv::resize(pixels_->large, small, {}, 1 / kOversampling, 1 / kOversampling, cv::INTER_AREA);
  CYTO_ASSIGN(Array picture, Array::create(Dtype::kUint8, {1, 1, small.rows, small.cols}, 3));
  for (int channel = 0; channel < 3; ++channel) {
    cv::Mat plane(small.rows, small.cols, CV_8U, picture.plane<uint8_t>(channel, 0, 0).data());
    cv::extractChannel(small, plane, channel);
  }
  return picture;
}

}  // namespace cyto
