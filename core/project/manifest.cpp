#include "core/project/manifest.h"

#include <array>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/version.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr const char* kFileName = "project.json";
constexpr const char* kFormat = "cytoclick-project";
constexpr std::uintmax_t kMaxBytes = 1 << 20;

json encode(const ImageReference& image, const fs::path& finalFolder) {
  const PixelScale& scale = image.scale;
  json value = {{"path", image.path.string()},
                {"key", image.key},
                {"content_hash", image.contentHash},
                {"shape", {image.shape.t, image.shape.z, image.shape.y, image.shape.x}},
                {"channels", image.channels},
                {"dtype", dtypeName(image.dtype)},
                {"scale",
                 {{"t", scale.t},
                  {"z", scale.z},
                  {"y", scale.y},
                  {"x", scale.x},
                  {"space_unit", scale.spaceUnit},
                  {"time_unit", scale.timeUnit}}}};
  std::error_code failed;
  const fs::path relative = image.path.lexically_relative(fs::absolute(finalFolder, failed).lexically_normal());
  if (!image.path.empty() && !failed && !relative.empty()) value["relative_path"] = relative.string();
  return value;
}

ImageReference decode(const json& value, const fs::path& folder) {
  ImageReference image;
  image.path = value.at("path").get<std::string>();
  image.key = value.at("key");
  image.contentHash = value.at("content_hash");
  const auto shape = value.at("shape").get<std::array<int64_t, 4>>();
  image.shape = {shape[0], shape[1], shape[2], shape[3]};
  image.channels = value.at("channels");
  const auto dtype = dtypeFromName(value.at("dtype").get<std::string>());
  if (!dtype || image.shape.elements().value_or(-1) < 0) throw std::invalid_argument("the image's shape or type");
  image.dtype = *dtype;
  const json& scale = value.at("scale");
  image.scale = {scale.at("t"), scale.at("z"),          scale.at("y"),
                 scale.at("x"), scale.at("space_unit"), scale.at("time_unit")};
  std::error_code ignored;
  const std::string relative = value.value("relative_path", "");
  if (!relative.empty() && !fs::exists(image.path, ignored) && fs::exists(folder / relative, ignored)) {
    image.path = (folder / relative).lexically_normal();
  }
  return image;
}

Status write(const fs::path& folder, const json& manifest) {
  // Names that are not UTF-8 must not stop a project from being made.
  return writeFileAtomically(folder / kFileName, manifest.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

/// The whole manifest, checked as far as this program must understand it.
Result<json> manifestIn(const fs::path& folder) {
  const fs::path path = folder / kFileName;
  std::error_code failed;
  const std::uintmax_t size = fs::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) {
    return Error(ErrorCode::kNotFound,
                 "'" + folder.string() +
                     "' is no Cytoclick project: it has no readable project.json; choose a folder "
                     "whose name ends in .cyto");
  }
  const auto damaged = [&](const std::string& what) {
    return Error(ErrorCode::kFormat, "the project file '" + path.string() + "' is damaged: " + what);
  };
  if (size > kMaxBytes) return damaged("it is too large");
  try {
    json manifest = json::parse(file);
    if (manifest.at("format") != kFormat) return damaged("it is of another program");
    const int version = manifest.at("version");
    if (version > kProjectVersion) {
      return Error(ErrorCode::kFormat, "the project '" + folder.string() + "' was made by a newer Cytoclick (format " +
                                           std::to_string(version) + "); update this program to open it");
    }
    decode(manifest.at("images").at(0), folder);
    return manifest;
  } catch (const std::exception& failure) {
    return damaged(failure.what());
  }
}

}  // namespace

Status writeManifest(const fs::path& folder, const fs::path& finalFolder, const ImageReference& image) {
  const json manifest = {{"format", kFormat},
                         {"version", kProjectVersion},
                         {"created_by", "cytoclick " + std::string(programVersion())},
                         {"created", std::time(nullptr)},
                         {"images", json::array({encode(image, finalFolder)})},
                         {"label_layers", {"objects"}}};
  return write(folder, manifest);
}

Result<ImageReference> readManifest(const fs::path& folder) {
  CYTO_ASSIGN(const json manifest, manifestIn(folder));
  return decode(manifest.at("images").at(0), folder);
}

Status replaceImage(const fs::path& folder, const ImageReference& image) {
  CYTO_ASSIGN(json manifest, manifestIn(folder));
  manifest["images"][0] = encode(image, folder);
  return write(folder, manifest);
}

fs::path imageBesideProject(const fs::path& folder) {
  const auto manifest = manifestIn(folder);
  if (!manifest) return {};
  const json& image = manifest->at("images").at(0);
  const auto relative = image.find("relative_path");
  if (relative == image.end() || !relative->is_string()) return {};
  return (folder / relative->get<std::string>()).lexically_normal();
}

}  // namespace cyto
