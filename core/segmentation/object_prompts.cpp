#include "core/segmentation/object_prompts.h"

#include <algorithm>
#include <cmath>

namespace cyto {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

std::string extentText(const Shape& image) { return std::to_string(image.y) + " x " + std::to_string(image.x); }

Status checkPlane(const ObjectPrompts& prompts, const Shape& image, const std::string& name) {
  if (prompts.t < 0 || prompts.t >= image.t) {
    return refused(name + " is at t " + std::to_string(prompts.t) + ", but the image has " + std::to_string(image.t) +
                   " frame(s); t counts from 0");
  }
  if (prompts.z < 0 || prompts.z >= image.z) {
    return refused(name + " is at z " + std::to_string(prompts.z) + ", but the image has " + std::to_string(image.z) +
                   " slice(s); z counts from 0");
  }
  return {};
}

Status checkPoint(const PointPrompt& point, const Shape& image, const std::string& name) {
  const std::string where = "(" + number(point.y) + ", " + number(point.x) + ")";
  if (!std::isfinite(point.y) || !std::isfinite(point.x)) {
    return refused(name + " has the point " + where + "; coordinates must be finite numbers");
  }
  const auto inside = [](double v, int64_t extent) { return v >= -0.5 && v <= static_cast<double>(extent) - 0.5; };
  if (inside(point.y, image.y) && inside(point.x, image.x)) return {};
  return refused(name + " has the point " + where + " outside the image of " + extentText(image) +
                 " (rows x columns); points are [y, x, label]");
}

Status checkBox(const BoxPrompt& box, const Shape& image, const std::string& name) {
  const std::string where =
      "[" + number(box.y0) + ", " + number(box.x0) + ", " + number(box.y1) + ", " + number(box.x1) + "]";
  for (const double coordinate : {box.y0, box.x0, box.y1, box.x1}) {
    if (!std::isfinite(coordinate)) {
      return refused(name + " has the box " + where + "; coordinates must be finite numbers");
    }
  }
  if (box.y1 <= box.y0 || box.x1 <= box.x0) {
    return refused(name + " has the box " + where +
                   " without area; boxes are [y0, x0, y1, x1] with y0 < y1 and x0 < x1");
  }
  const bool touches =
      box.y1 > 0 && box.x1 > 0 && box.y0 < static_cast<double>(image.y) && box.x0 < static_cast<double>(image.x);
  if (touches) return {};
  return refused(name + " has the box " + where + " outside the image of " + extentText(image) +
                 " (rows x columns); boxes are [y0, x0, y1, x1]");
}

}  // namespace

std::string describe(const ObjectPrompts& prompts, const Shape& image) {
  std::string text = "object " + std::to_string(prompts.id);
  if (image.t > 1 || image.z > 1) {
    text += " (t " + std::to_string(prompts.t) + ", z " + std::to_string(prompts.z) + ")";
  }
  return text;
}

Status checkPrompts(const ObjectPrompts& prompts, const Shape& image) {
  const std::string name = describe(prompts, image);
  if (prompts.id == 0) return refused("an object has the id 0, which means background; ids start at 1");
  CYTO_TRY(checkPlane(prompts, image, name));
  if (prompts.isEmpty()) return refused(name + " has no prompts; give it points, a box or a mask");
  for (const PointPrompt& point : prompts.points) CYTO_TRY(checkPoint(point, image, name));
  for (const BoxPrompt& box : prompts.boxes) CYTO_TRY(checkBox(box, image, name));
  const bool hasPositive =
      std::any_of(prompts.points.begin(), prompts.points.end(), [](const PointPrompt& p) { return p.positive; });
  if (prompts.boxes.empty() && !prompts.mask && !hasPositive) {
    return refused(name + " has negative points only; add a positive point, a box or a mask");
  }
  if (prompts.mask && prompts.mask->isEmpty()) {
    return refused(name + " has a mask without any pixel in its plane; leave the mask out or draw it");
  }
  if (prompts.mask && prompts.boxes.size() > 1) {
    return refused(name + " has a mask and several boxes; a mask goes with one box at most");
  }
  return {};
}

}  // namespace cyto
