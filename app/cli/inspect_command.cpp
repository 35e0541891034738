#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/io/image_source.h"

namespace cyto::cli {

using nlohmann::json;

namespace {

struct InspectOptions {
  std::string path;
  std::string key;
  bool asJson = false;
};

json shapeAsJson(const Shape& shape) { return {{"t", shape.t}, {"z", shape.z}, {"y", shape.y}, {"x", shape.x}}; }

json asJson(const std::string& path, const io::ImageInfo& info) {
  json levels = json::array();
  for (const Shape& level : info.levels) levels.push_back(shapeAsJson(level));
  const auto stated = [](double step) { return step > 0 ? json(step) : json(); };
  return {{"path", path},
          {"format", info.format},
          {"key", info.key},
          {"shape", shapeAsJson(info.shape)},
          {"channels", info.channels},
          {"rgb", info.isRgb},
          {"channel_names", info.channelNames},
          {"dtype", dtypeName(info.dtype)},
          {"file_axes", info.fileAxes},
          {"file_shape", info.fileShape},
          {"file_dtype", info.fileDtype},
          {"scale",
           {{"t", stated(info.scale.t)},
            {"z", stated(info.scale.z)},
            {"y", stated(info.scale.y)},
            {"x", stated(info.scale.x)}}},
          {"space_unit", info.scale.spaceUnit},
          {"time_unit", info.scale.timeUnit},
          {"levels", levels}};
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// "T 61 x 30 second, Z 41 x 0.5 micrometer, Y 2048, X 2048": the extent of each axis and its step where known.
std::string axesAsText(const io::ImageInfo& info) {
  std::string text;
  const auto append = [&](const char* axis, int64_t extent, double step, const std::string& unit, bool always) {
    if (extent == 1 && !always) return;
    text += (text.empty() ? "" : ", ") + std::string(axis) + " " + std::to_string(extent);
    if (step > 0) text += " x " + number(step) + (unit.empty() ? "" : " " + unit);
  };
  append("T", info.shape.t, info.scale.t, info.scale.timeUnit, false);
  append("Z", info.shape.z, info.scale.z, info.scale.spaceUnit, false);
  append("Y", info.shape.y, info.scale.y, info.scale.spaceUnit, true);
  append("X", info.shape.x, info.scale.x, info.scale.spaceUnit, true);
  return text;
}

std::string asText(const std::string& path, const io::ImageInfo& info) {
  std::string text = path + "\nformat    " + info.format;
  if (!info.key.empty()) text += ", key '" + info.key + "'";
  text += "\nshape     " + info.shape.text() + " in t, z, y, x: " + axesAsText(info);
  if (info.scale.x <= 0) text += " (pixel size not stated)";
  text += "\nchannels  " + std::to_string(info.channels) + (info.isRgb ? " (RGB)" : "");
  for (size_t i = 0; i < info.channelNames.size(); ++i) text += (i == 0 ? ": " : ", ") + info.channelNames[i];
  text += "\ntype      " + std::string(dtypeName(info.dtype));
  if (info.fileDtype != dtypeName(info.dtype)) text += " (" + info.fileDtype + " in the file)";
  text += "\nin file   " + info.fileAxes + " =";
  for (const int64_t extent : info.fileShape) text += " " + std::to_string(extent);
  text += "\nlevels   ";
  for (const Shape& level : info.levels) text += " " + std::to_string(level.y) + "x" + std::to_string(level.x);
  return text;
}

Result<ExitCode> runInspect(const InspectOptions& options) {
  CYTO_ASSIGN(const auto image, io::openImage(options.path, {options.key}));
  const io::ImageInfo& info = image->info();
  CYTO_TRY(printResult(options.asJson ? asJson(options.path, info).dump(2, ' ', false, json::error_handler_t::replace)
                                      : asText(options.path, info)));
  return ExitCode::kDone;
}

}  // namespace

void addInspectCommand(CLI::App& app, Runner& chosen) {
  CLI::App* command = app.add_subcommand("inspect", "What an image file holds, or why it cannot be opened");
  auto options = std::make_shared<InspectOptions>();
  command->add_option("FILE", options->path, "image file, store or folder of images")->required();
  command->add_option("--key", options->key,
                      "data set inside HDF5, zarr or N5; image number in TIFF; glob for a folder");
  command->add_flag("--json", options->asJson, "one JSON document on stdout");
  command->callback([&chosen, options] { chosen = [options](const JobContext&) { return runInspect(*options); }; });
}

}  // namespace cyto::cli
