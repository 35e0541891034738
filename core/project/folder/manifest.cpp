#include "core/project/folder/manifest.h"

#include <algorithm>
#include <array>
#include <climits>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/version.h"
#include "core/base/xxh128.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr const char* kFileName = "project.json";
constexpr const char* kBackupName = "project.json.backup";
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

/// What has a fraction or more than 64 bits is no whole number, and reading it as one is undefined.
int64_t wholeNumber(const json& value) {
  if (!value.is_number_integer()) throw std::invalid_argument("a number in it is no whole number");
  return value.get<int64_t>();
}

ImageReference decode(const json& value, const fs::path& folder) {
  ImageReference image;
  image.path = value.at("path").get<std::string>();
  image.key = value.at("key");
  image.contentHash = value.at("content_hash");
  const json& shape = value.at("shape");
  image.shape = {wholeNumber(shape.at(0)), wholeNumber(shape.at(1)), wholeNumber(shape.at(2)),
                 wholeNumber(shape.at(3))};
  image.channels = wholeNumber(value.at("channels"));
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

/// Names that are not UTF-8 must not stop a project from being made.
std::string text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::string checksumOf(const json& manifest) {
  json rest = manifest;
  rest.erase("checksum");
  const std::string content = text(rest, -1);
  Xxh128 hash;
  hash.add(content.data(), content.size());
  return hash.text();
}

/// The bytes of a file; nothing when it is missing, unreadable, or larger than any manifest.
std::optional<std::string> contentOf(const fs::path& path) {
  std::error_code failed;
  const std::uintmax_t size = fs::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file || size > kMaxBytes) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Error damaged(const fs::path& path, uint64_t offset, const std::string& what) {
  return Error(ErrorCode::kFormat, Damage{path, offset, what, 0, 0}.text());
}

/// Copying and writing recurse into values, so a manifest that nests deeper than any does is refused while it is read.
bool isShallow(int depth, json::parse_event_t, const json&) {
  constexpr int kDeepest = 16;
  if (depth > kDeepest) throw std::invalid_argument("it nests too deep");
  return true;
}

/// kInvalidArgument for a manifest of a newer program, which is no damage.
Result<Manifest> parse(const std::string& content, const fs::path& path) {
  try {
    const json value = json::parse(content, &isShallow);
    if (value.at("format") != kFormat) return damaged(path, 0, "it is of another program");
    Manifest manifest;
    const int64_t version = wholeNumber(value.at("version"));
    manifest.version = static_cast<int>(std::clamp<int64_t>(version, 0, INT_MAX));
    if (manifest.version > kProjectVersion) {
      return Error(ErrorCode::kInvalidArgument,
                   "the project '" + path.parent_path().string() + "' was made by a newer Cytoclick (format " +
                       std::to_string(manifest.version) + "); update this program to open it");
    }
    if (manifest.version < 1) return damaged(path, 0, "it has no version");
    if (manifest.version > 1 && value.at("checksum") != checksumOf(value)) {
      return damaged(path, 0, "its checksum does not fit its content");
    }
    manifest.createdBy = value.at("created_by");
    manifest.created_s = wholeNumber(value.at("created"));
    const json& image = value.at("images").at(0);
    manifest.image = decode(image, path.parent_path());
    const std::string relative = image.value("relative_path", "");
    if (!relative.empty()) manifest.imageBeside = (path.parent_path() / relative).lexically_normal();
    return manifest;
  } catch (const json::parse_error& failure) {
    return damaged(path, failure.byte, "it is no JSON");
  } catch (const std::exception& failure) {
    return damaged(path, 0, failure.what());
  }
}

}  // namespace

Manifest newManifest(const ImageReference& image) {
  return {kProjectVersion, "cytoclick " + std::string(programVersion()), std::time(nullptr), image, {}};
}

Status writeManifest(const fs::path& folder, const fs::path& finalFolder, const Manifest& manifest) {
  json value = {{"format", kFormat},
                {"version", kProjectVersion},
                {"created_by", manifest.createdBy},
                {"created", manifest.created_s},
                {"images", json::array({encode(manifest.image, finalFolder)})},
                {"label_layers", {"objects"}}};
  // What is written is what is read: bytes that are no UTF-8 are replaced before the checksum is taken.
  value = json::parse(text(value, -1));
  value["checksum"] = checksumOf(value);
  const std::string content = text(value, 2) + "\n";
  CYTO_TRY(writeFileAtomically(folder / kFileName, content));
  return writeFileAtomically(folder / kBackupName, content);
}

Result<ReadManifest> readManifest(const fs::path& folder) {
  const fs::path path = folder / kFileName;
  const auto content = contentOf(path);
  const auto backup = contentOf(folder / kBackupName);
  if (!content && !backup) {
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return damaged(path, 0, "it cannot be read or is too large");
    return Error(ErrorCode::kNotFound, "'" + folder.string() +
                                           "' is no Cytoclick project: it has no readable project.json; choose a "
                                           "folder whose name ends in .cyto");
  }
  ReadManifest read;
  const auto manifest = parse(content.value_or(""), path);
  if (manifest) {
    read.manifest = *manifest;
    read.hasBackup = backup == content;
    return read;
  }
  if (!backup) return manifest.error();
  // A newer program would have written both, so a version that only the manifest claims is damage, too.
  const auto saved = parse(*backup, folder / kBackupName);
  if (!saved) return manifest.error();
  read.manifest = *saved;
  const std::string& found = content ? *content : std::string();
  const auto differs = std::mismatch(found.begin(), found.end(), backup->begin(), backup->end());
  read.damage = Damage{path, static_cast<uint64_t>(differs.first - found.begin()),
                       content ? "it is not what was written" : "it is missing", 0, 0};
  return read;
}

}  // namespace cyto
