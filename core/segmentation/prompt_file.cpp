#include "core/segmentation/prompt_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/io/file_bytes.h"
#include "core/io/image_source.h"

namespace cyto {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int64_t kLargestFile_bytes = int64_t{256} << 20;
constexpr const char* kObjectKeys = "id, t, z, points, boxes, mask and multimask";

/// Says what is wrong with one prompt file.
class PromptParser {
 public:
  PromptParser(const fs::path& file, const Shape& image) : file_(file), image_(image) {}

  Result<std::vector<ObjectPrompts>> parse(const std::string& text) const {
    CYTO_ASSIGN(const json document, parseJson(text));
    if (!document.is_object() || !document.contains("objects") || !document["objects"].is_array()) {
      return wrong("it has no list of objects; write {\"objects\": [{\"id\": 1, \"points\": [[y, x, 1]]}]}");
    }
    for (const auto& [key, value] : document.items()) {
      if (key != "objects") return wrong("unknown key '" + key + "'; the only key here is objects");
    }
    if (document["objects"].empty()) return wrong("it has no prompts; add at least one object");
    std::vector<ObjectPrompts> objects;
    std::set<std::tuple<uint32_t, int64_t, int64_t>> seen;
    for (const json& item : document["objects"]) {
      CYTO_ASSIGN(ObjectPrompts object, parseObject(item, "object number " + std::to_string(objects.size() + 1)));
      if (const Status checked = checkPrompts(object, image_); !checked) return wrong(checked.error().message());
      if (!seen.insert({object.id, object.t, object.z}).second) {
        return wrong(describe(object, image_) + " is given twice; join its prompts or use another id");
      }
      objects.push_back(std::move(object));
    }
    return objects;
  }

 private:
  Error wrong(const std::string& what, ErrorCode code = ErrorCode::kInvalidArgument) const {
    return Error(code, "prompt file '" + file_.string() + "': " + what);
  }

  Result<json> parseJson(const std::string& text) const {
    try {
      return json::parse(text);
    } catch (const json::parse_error& error) {
      const size_t at = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
      const std::string line = std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
      if (namesNotANumber(text, at)) {
        return wrong("line " + line + " has NaN or Infinity; coordinates must be finite numbers");
      }
      return wrong("it is not valid JSON (line " + line + "); correct it", ErrorCode::kFormat);
    } catch (const json::exception&) {
      return wrong("it has a number that is too large; coordinates must be finite numbers");
    }
  }

  // Whether the word that the parser stopped in is NaN or Infinity, as Python writes them.
  static bool namesNotANumber(const std::string& text, size_t at) {
    size_t begin = at;
    while (begin > 0 && std::isalpha(static_cast<unsigned char>(text[begin - 1]))) --begin;
    std::string word;
    for (size_t i = begin; i < text.size() && word.size() < 8 && std::isalpha(static_cast<unsigned char>(text[i]));
         ++i) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    }
    return word == "nan" || word.rfind("inf", 0) == 0;
  }

  Result<ObjectPrompts> parseObject(const json& item, const std::string& place) const {
    if (!item.is_object()) return wrong(place + " is not a JSON object; write {\"id\": 1, \"points\": [[y, x, 1]]}");
    if (!item.contains("id")) return wrong(place + " has no id; give each object a number from 1");
    CYTO_ASSIGN(const int64_t id, parseInteger(item["id"], "the id of " + place));
    if (id < 1 || id > 0xFFFFFFFFll) {
      return wrong("the id of " + place + " is " + std::to_string(id) + "; ids go from 1 to 4294967295");
    }
    ObjectPrompts object;
    object.id = static_cast<uint32_t>(id);
    const std::string name = "object " + std::to_string(id);
    for (const auto& [key, value] : item.items()) {
      if (key == "id") continue;
      CYTO_TRY(parseEntry(key, value, name, object));
    }
    if (item.contains("mask")) {
      if (!item["mask"].is_string()) return wrong("mask of " + name + " is not the name of a file");
      auto mask = readMask(file_.parent_path() / item["mask"].get<std::string>(), object);
      if (!mask) return std::move(mask).error().during("prompt file '" + file_.string() + "', mask of " + name);
      object.mask = *std::move(mask);
    }
    return object;
  }

  Status parseEntry(const std::string& key, const json& value, const std::string& name, ObjectPrompts& object) const {
    if (key == "t") {
      CYTO_ASSIGN(object.t, parseInteger(value, "t of " + name));
    } else if (key == "z") {
      CYTO_ASSIGN(object.z, parseInteger(value, "z of " + name));
    } else if (key == "multimask") {
      if (!value.is_boolean()) return wrong("multimask of " + name + " is not true or false");
      object.multimask = value.get<bool>();
    } else if (key == "points") {
      return parseRows(
          value, "points of " + name + " are not a list of [y, x, label]", 3, [&](const auto& row) -> Status {
            if (row[2] != 0 && row[2] != 1) {
              return wrong("a point of " + name + " has a label that is neither 1 (inside) nor 0 (outside)");
            }
            object.points.push_back({row[0], row[1], row[2] == 1});
            return {};
          });
    } else if (key == "boxes") {
      return parseRows(value, "boxes of " + name + " are not a list of [y0, x0, y1, x1]", 4,
                       [&](const auto& row) -> Status {
                         object.boxes.push_back({row[0], row[1], row[2], row[3]});
                         return {};
                       });
    } else if (key != "mask") {  // the mask is read once t and z are known
      return wrong("unknown key '" + key + "' in " + name + "; the keys are " + kObjectKeys);
    }
    return {};
  }

  Result<int64_t> parseInteger(const json& value, const std::string& name) const {
    if (value.is_number_integer() || value.is_number_unsigned()) {
      if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
        return wrong(name + " is too large");
      }
      return value.get<int64_t>();
    }
    return wrong(name + " is not a whole number but " + value.dump());
  }

  template <typename Add>
  Status parseRows(const json& rows, const std::string& complaint, size_t width, Add add) const {
    if (!rows.is_array()) return wrong(complaint);
    for (const json& row : rows) {
      if (!row.is_array() || row.size() != width) return wrong(complaint + ", but " + row.dump().substr(0, 80));
      std::vector<double> numbers;
      for (const json& number : row) {
        if (!number.is_number()) return wrong(complaint + ", but " + row.dump().substr(0, 80));
        numbers.push_back(number.get<double>());
      }
      CYTO_TRY(add(numbers));
    }
    return {};
  }

  Result<PlaneMask> readMask(const fs::path& path, const ObjectPrompts& object) const {
    CYTO_ASSIGN(const auto source, io::openImage(path));
    const Shape& shape = source->info().shape;
    const bool isOnePlane = shape.t == 1 && shape.z == 1;
    if (shape.y != image_.y || shape.x != image_.x || (!isOnePlane && (shape.t != image_.t || shape.z != image_.z))) {
      return Error(ErrorCode::kInvalidArgument, "'" + path.string() + "' has the shape " + shape.text() +
                                                    ", but the image has " + image_.text() +
                                                    " (t, z, y, x); masks have the size of the image");
    }
    const int64_t t = isOnePlane ? 0 : std::clamp<int64_t>(object.t, 0, shape.t - 1);
    const int64_t z = isOnePlane ? 0 : std::clamp<int64_t>(object.z, 0, shape.z - 1);
    CYTO_ASSIGN(const Array plane, source->read(Box::plane(shape, t, z)));
    const PlaneBox whole{0, 0, shape.y, shape.x};
    return visitDtype(plane.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto values = plane.plane<T>(0, 0, 0);
      return maskWhere(whole,
                       [&](int64_t y, int64_t x) { return values[static_cast<size_t>(y * shape.x + x)] != T{}; });
    });
  }

  const fs::path& file_;
  const Shape& image_;
};

}  // namespace

Result<std::vector<ObjectPrompts>> parsePrompts(const std::string& text, const fs::path& file, const Shape& image) {
  return PromptParser(file, image).parse(text);
}

Result<std::vector<ObjectPrompts>> readPromptFile(const fs::path& file, const Shape& image) {
  CYTO_ASSIGN(const std::string text, io::readSmallFile(file, kLargestFile_bytes));
  return parsePrompts(text, file, image);
}

}  // namespace cyto
