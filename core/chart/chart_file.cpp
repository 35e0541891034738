#include "core/chart/chart_file.h"

#include "core/base/atomic_file.h"
#include "core/chart/chart_layout.h"
#include "core/chart/raster_canvas.h"
#include "core/chart/svg_canvas.h"
#include "core/io/label_writer.h"

namespace cyto {

Status checkChartPath(const std::filesystem::path& path) {
  if (path.extension() == ".svg" || path.extension() == ".png") return {};
  return Error(ErrorCode::kInvalidArgument,
               "the plot '" + path.string() + "' has no known suffix; give it the name of an .svg or .png file");
}

Status writeChart(const std::filesystem::path& path, const LineChart& chart) {
  CYTO_TRY(checkChartPath(path));
  const ChartLayout layout(chart);
  if (path.extension() == ".svg") {
    SvgCanvas canvas(layout.size());
    layout.draw(canvas);
    return writeFileAtomically(path, canvas.text());
  }
  RasterCanvas canvas(layout.size());
  layout.draw(canvas);
  CYTO_ASSIGN(const Array picture, canvas.picture());
  return io::writePng(path, picture);
}

}  // namespace cyto
