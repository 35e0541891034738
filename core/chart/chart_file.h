#pragma once

#include <filesystem>

#include "core/base/result.h"
#include "core/chart/line_chart.h"

namespace cyto {

/// Whether the suffix is one that `writeChart` knows, .svg or .png; else kInvalidArgument. Asked before the work
/// starts.
Status checkChartPath(const std::filesystem::path& path);

/// Writes a chart in the format of the suffix; PNG has twice the pixels that SVG states. The file appears whole under
/// its name or not at all. Errors: those of `checkChartPath`, kIo.
Status writeChart(const std::filesystem::path& path, const LineChart& chart);

}  // namespace cyto
