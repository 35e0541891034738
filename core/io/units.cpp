#include "core/io/units.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace cyto::io {

std::string unitName(std::string_view spelling) {
  while (!spelling.empty() && std::isspace(static_cast<unsigned char>(spelling.back()))) spelling.remove_suffix(1);
  while (!spelling.empty() && std::isspace(static_cast<unsigned char>(spelling.front()))) spelling.remove_prefix(1);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 45> kNames = {{
      {"micron", "micrometer"},
      {"microns", "micrometer"},
      {"um", "micrometer"},
      {"\xC2\xB5m", "micrometer"},
      {"\xCE\xBCm", "micrometer"},
      {"\xB5m", "micrometer"},
      {"\\u00B5m", "micrometer"},
      {"\\u03BCm", "micrometer"},
      {"micrometre", "micrometer"},
      {"micrometers", "micrometer"},
      {"nm", "nanometer"},
      {"nanometers", "nanometer"},
      {"nanometre", "nanometer"},
      {"mm", "millimeter"},
      {"millimeters", "millimeter"},
      {"millimetre", "millimeter"},
      {"cm", "centimeter"},
      {"centimetre", "centimeter"},
      {"m", "meter"},
      {"metre", "meter"},
      {"meters", "meter"},
      {"pm", "picometer"},
      {"in", "inch"},
      {"\xC3\x85", "angstrom"},
      {"Angstrom", "angstrom"},
      {"pixel", ""},
      {"pixels", ""},
      {"voxel", ""},
      {"px", ""},
      {"reference frame", ""},
      {"unit", ""},
      {"s", "second"},
      {"sec", "second"},
      {"secs", "second"},
      {"seconds", "second"},
      {"ms", "millisecond"},
      {"msec", "millisecond"},
      {"milliseconds", "millisecond"},
      {"min", "minute"},
      {"minutes", "minute"},
      {"h", "hour"},
      {"hr", "hour"},
      {"hours", "hour"},
      {"d", "day"},
      {"days", "day"},
  }};
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& name) { return name.first == spelling; });
  return std::string(found == kNames.end() ? spelling : found->second);
}

}  // namespace cyto::io
