#include "core/chart/svg_canvas.h"

#include <cstdio>

namespace cyto {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string colourText(const Colour& colour) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
  return text;
}

std::string attribute(const std::string& name, const std::string& value) { return " " + name + "=\"" + value + "\""; }

std::string strokeText(const Stroke& stroke) {
  std::string text = attribute("stroke", colourText(stroke.colour)) + attribute("stroke-width", number(stroke.width));
  if (stroke.isDashed) {
    text += attribute("stroke-dasharray", number(kDashLength * stroke.width) + " " + number(kGapLength * stroke.width));
  }
  return text;
}

std::string pointsText(const std::vector<PagePoint>& points) {
  std::string text;
  for (const PagePoint& point : points) text += (text.empty() ? "" : " ") + number(point.x) + "," + number(point.y);
  return attribute("points", text);
}

// Markup and control characters, which XML has no place for, are the only ones that need care.
std::string escaped(const std::string& words) {
  std::string text;
  for (const char letter : words) {
    switch (letter) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      default: text += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
    }
  }
  return text;
}

}  // namespace

SvgCanvas::SvgCanvas(const PageSize& size) {
  const std::string width = number(size.width), height = number(size.height);
  document_ = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + attribute("width", width) + attribute("height", height) +
              attribute("viewBox", "0 0 " + width + " " + height) +
              " font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n"
              "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
}

void SvgCanvas::line(const std::vector<PagePoint>& points, const Stroke& stroke) {
  document_ += "<polyline fill=\"none\" stroke-linejoin=\"round\"" + pointsText(points) + strokeText(stroke) + "/>\n";
}

void SvgCanvas::polygon(const std::vector<PagePoint>& corners, const Colour& fill, const Stroke& outline) {
  document_ += "<polygon" + attribute("fill", colourText(fill)) + pointsText(corners) + strokeText(outline) + "/>\n";
}

void SvgCanvas::text(const PagePoint& at, const std::string& words, const TextStyle& style) {
  const char* const anchor = style.anchor == TextAnchor::kStart    ? "start"
                             : style.anchor == TextAnchor::kMiddle ? "middle"
                                                                   : "end";
  document_ += "<text" + attribute("x", number(at.x)) + attribute("y", number(at.y)) +
               attribute("font-size", number(style.size)) + attribute("fill", colourText(style.colour)) +
               attribute("text-anchor", anchor);
  if (style.isBold) document_ += attribute("font-weight", "bold");
  if (style.isUpright) {
    document_ += attribute("transform", "rotate(-90 " + number(at.x) + " " + number(at.y) + ")");
  }
  document_ += ">" + escaped(words) + "</text>\n";
}

}  // namespace cyto
