#include "core/project/exchange/provenance_json.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace cyto {

using nlohmann::json;

namespace {

constexpr int64_t kMost_us = int64_t{253402300800} * 1'000'000;  // the year 10000

json textOrNull(const std::string& text) { return text.empty() ? json() : json(text); }

json quadruple(const Shape& place) { return {place.t, place.z, place.y, place.x}; }

json maskJson(const PlaneMask& mask) {
  json counts = json::array();
  int64_t run = 0;
  uint8_t inside = 0;
  for (const uint8_t pixel : mask.pixels) {
    if ((pixel != 0) != (inside != 0)) {
      counts.push_back(run);
      run = 0;
      inside = pixel != 0 ? 1 : 0;
    }
    ++run;
  }
  counts.push_back(run);
  return {{"box", {mask.box.y0, mask.box.x0, mask.box.y1, mask.box.x1}}, {"counts", std::move(counts)}};
}

PlaneMask maskFrom(const json& value) {
  constexpr int64_t kMaxSide = int64_t{1} << 20;
  const auto box = value.at("box").get<std::array<int64_t, 4>>();
  PlaneMask mask{{box[0], box[1], box[2], box[3]}, {}};
  if (mask.box.isEmpty() || mask.box.height() > kMaxSide || mask.box.width() > kMaxSide) return {};
  const auto size = static_cast<size_t>(mask.box.height() * mask.box.width());
  uint8_t inside = 0;
  for (const json& entry : value.at("counts")) {
    const auto run = entry.get<uint64_t>();
    if (run > size - mask.pixels.size()) return {};
    mask.pixels.insert(mask.pixels.end(), run, inside);
    inside = inside != 0 ? 0 : 1;
  }
  return mask.pixels.size() == size ? mask : PlaneMask{};
}

json promptsJson(const ObjectPrompts& prompts) {
  if (prompts.isEmpty()) return nullptr;
  json points = json::array();
  for (const PointPrompt& point : prompts.points) points.push_back({point.y, point.x, point.positive ? 1 : 0});
  json boxes = json::array();
  for (const BoxPrompt& box : prompts.boxes) boxes.push_back({box.y0, box.x0, box.y1, box.x1});
  return {{"t", prompts.t},
          {"z", prompts.z},
          {"points", std::move(points)},
          {"boxes", std::move(boxes)},
          {"mask", prompts.mask ? maskJson(*prompts.mask) : json()},
          {"multimask", prompts.multimask}};
}

ObjectPrompts promptsFrom(const json& value) {
  ObjectPrompts prompts;
  prompts.t = value.at("t");
  prompts.z = value.at("z");
  for (const json& point : value.at("points")) {
    prompts.points.push_back({point.at(0), point.at(1), point.at(2).get<int>() != 0});
  }
  for (const json& box : value.at("boxes")) prompts.boxes.push_back({box.at(0), box.at(1), box.at(2), box.at(3)});
  if (!value.at("mask").is_null()) {
    PlaneMask mask = maskFrom(value.at("mask"));
    if (!mask.isEmpty()) prompts.mask = std::move(mask);
  }
  prompts.multimask = value.at("multimask");
  return prompts;
}

std::string textAt(const json& value, const char* key) {
  const json& found = value.at(key);
  return found.is_null() ? std::string() : found.get<std::string>();
}

ObjectRecord parsedRecord(const json& value) {
  ObjectRecord record;
  record.id = value.at("id");
  record.className = textAt(value, "class");
  Provenance& source = record.provenance;
  if (!value.at("prompts").is_null()) source.prompts = promptsFrom(value.at("prompts"));
  source.prompts.id = source.prompts.isEmpty() ? 0 : record.id;
  source.model = textAt(value, "model");
  source.weightsHash = textAt(value, "weights_hash");
  source.preprocessing = textAt(value, "preprocessing");
  if (!value.at("predicted_iou").is_null()) source.predictedIou = value.at("predicted_iou");
  if (!value.at("alternative").is_null()) source.alternative = value.at("alternative");
  source.program = textAt(value, "program");
  source.user = textAt(value, "user");
  source.time_us = timeFromIso(textAt(value, "time")).value_or(0);
  source.parents = value.at("parents").get<std::vector<uint32_t>>();
  source.source = textAt(value, "source");
  return record;
}

}  // namespace

std::string isoTime(int64_t time_us) {
  if (time_us <= 0 || time_us >= kMost_us) return "";
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%06dZ", date, static_cast<int>(time_us % 1'000'000));
  return text;
}

std::optional<int64_t> timeFromIso(const std::string& text) {
  std::tm parts{};
  int fraction = 0;
  int length = 0;
  const int found = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &parts.tm_year, &parts.tm_mon,
                                &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &fraction, &length);
  if (found != 7 || length != static_cast<int>(text.size()) || text.size() != 27) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const int64_t time_us = static_cast<int64_t>(::timegm(&parts)) * 1'000'000 + fraction;
  // Dates that do not exist are made into others by timegm.
  return isoTime(time_us) == text ? std::optional(time_us) : std::nullopt;
}

std::string stateName(ObjectState state) {
  switch (state) {
    case ObjectState::kProposal: return "proposal";
    case ObjectState::kAccepted: return "accepted";
    case ObjectState::kVerified: break;
  }
  return "verified";
}

json objectJson(const ObjectRecord& object) {
  const Provenance& source = object.provenance;
  const bool isAnswer = !source.model.empty();
  return {{"id", object.id},
          {"class", textOrNull(object.className)},
          {"state", stateName(object.state)},
          {"area", object.area},
          {"bounds", {{"begin", quadruple(object.bounds.begin)}, {"end", quadruple(object.bounds.end)}}},
          {"prompts", promptsJson(source.prompts)},
          {"model", textOrNull(source.model)},
          {"weights_hash", textOrNull(source.weightsHash)},
          {"preprocessing", textOrNull(source.preprocessing)},
          {"predicted_iou", isAnswer ? json(source.predictedIou) : json()},
          {"alternative", isAnswer ? json(source.alternative) : json()},
          {"program", textOrNull(source.program)},
          {"user", textOrNull(source.user)},
          {"time", textOrNull(isoTime(source.time_us))},
          {"parents", source.parents},
          {"source", textOrNull(source.source)}};
}

std::optional<ObjectRecord> recordFromJson(const std::string& text) {
  try {
    return parsedRecord(json::parse(text));
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace cyto
