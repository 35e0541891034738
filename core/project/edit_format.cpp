// An edit as bytes: one CBOR map.
//
//   1. "kind" u8, "label" text, "t", "z" integers, "automatic" boolean; always there.
//   2. "draft" {"before": DRAFT, "after": DRAFT}, when the draft changed.
//      DRAFT = {"prompts": PROMPTS, "refines": id, "current": CURRENT or null}
//      PROMPTS = {"id", "t", "z", "points": [[y, x, positive]…], "boxes": [[y0, x0, y1, x1]…], "mask": MASK or null,
//                 "multimask"}
//      MASK = {"box": [y0, x0, y1, x1], "bits": bytes, row-major, eight pixels a byte, lowest bit first}
//      CURRENT = {"t", "z", "mask": MASK, "iou", "alternative", "model", "weights"}; since version 2 also
//                "preprocessing" when not empty
//   3. "labels" [[t, z, row, column, RUNS]…], when pixels changed. RUNS = bytes: for each run start, length, before,
//      after as u32, little-endian.
//   4. "objects" [[id, RECORD or null, RECORD or null]…], when objects changed: before, after.
//      RECORD = {"bounds": [t0, z0, y0, x0, t1, z1, y1, x1], "area", "class", "state", "prompts": PROMPTS,
//                "alternative", "iou", "model", "weights", "program", "user", "time"}; since version 2 also
//                "preprocessing", "parents": [id…], "source" and "hand_edits", each only when not empty or 0.
//   5. "proposals", as "labels", when pixels of proposals changed. Since version 2.
//   6. "settings" {"before": SETTINGS, "after": SETTINGS}, when settings changed. Since version 2.
//      SETTINGS = {"scale": [t, z, y, x], "space_unit", "time_unit"}
//   7. Keys that a reader does not know are ignored. Lengths stand before what they are of, there are no tags, and
//      nothing nests deeper than 16 levels.

#include <limits>
#include <nlohmann/json.hpp>

#include "core/project/edit.h"

namespace cyto {

namespace {

using nlohmann::json;

Error damaged(const std::string& what) {
  return Error(ErrorCode::kFormat, "an edit in the journal is damaged: " + what);
}

json encode(const PlaneMask& mask) {
  std::vector<uint8_t> bits((mask.pixels.size() + 7) / 8);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    if (mask.pixels[i]) bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | 1u << (i % 8));
  }
  return {{"box", {mask.box.y0, mask.box.x0, mask.box.y1, mask.box.x1}}, {"bits", json::binary(std::move(bits))}};
}

PlaneMask decodeMask(const json& value) {
  const auto box = value.at("box").get<std::array<int64_t, 4>>();
  PlaneMask mask{{box[0], box[1], box[2], box[3]}, {}};
  const std::vector<uint8_t>& bits = value.at("bits").get_binary();
  constexpr int64_t kMaxSide = int64_t{1} << 24;
  if (mask.box.isEmpty()) return {};
  if (mask.box.height() > kMaxSide || mask.box.width() > kMaxSide) throw std::invalid_argument("a mask is too large");
  const auto size = static_cast<size_t>(mask.box.height() * mask.box.width());
  if (bits.size() != (size + 7) / 8) throw std::invalid_argument("a mask has too few or too many pixels");
  mask.pixels.resize(size);
  for (size_t i = 0; i < size; ++i) mask.pixels[i] = bits[i / 8] >> (i % 8) & 1;
  return mask;
}

json encode(const ObjectPrompts& prompts) {
  json points = json::array();
  for (const PointPrompt& point : prompts.points) points.push_back({point.y, point.x, point.positive});
  json boxes = json::array();
  for (const BoxPrompt& box : prompts.boxes) boxes.push_back({box.y0, box.x0, box.y1, box.x1});
  return {{"id", prompts.id},
          {"t", prompts.t},
          {"z", prompts.z},
          {"points", std::move(points)},
          {"boxes", std::move(boxes)},
          {"mask", prompts.mask ? encode(*prompts.mask) : json()},
          {"multimask", prompts.multimask}};
}

ObjectPrompts decodePrompts(const json& value) {
  ObjectPrompts prompts;
  prompts.id = value.at("id");
  prompts.t = value.at("t");
  prompts.z = value.at("z");
  for (const json& point : value.at("points")) prompts.points.push_back({point.at(0), point.at(1), point.at(2)});
  for (const json& box : value.at("boxes")) {
    prompts.boxes.push_back({box.at(0), box.at(1), box.at(2), box.at(3)});
  }
  if (!value.at("mask").is_null()) prompts.mask = decodeMask(value.at("mask"));
  prompts.multimask = value.at("multimask");
  return prompts;
}

json encode(const Draft& draft) {
  json current;
  if (draft.current) {
    const CurrentObject& object = *draft.current;
    current = {{"t", object.t},
               {"z", object.z},
               {"mask", encode(object.mask)},
               {"iou", object.predictedIou},
               {"alternative", object.alternative},
               {"model", object.model},
               {"weights", object.weightsHash}};
    if (!object.preprocessing.empty()) current["preprocessing"] = object.preprocessing;
  }
  return {{"prompts", encode(draft.prompts)}, {"refines", draft.refines}, {"current", std::move(current)}};
}

Draft decodeDraft(const json& value) {
  Draft draft{decodePrompts(value.at("prompts")), nullptr, value.at("refines")};
  const json& current = value.at("current");
  if (current.is_null()) return draft;
  draft.current = std::make_shared<const CurrentObject>(CurrentObject{
      current.at("t"), current.at("z"), decodeMask(current.at("mask")), current.at("iou"), current.at("alternative"),
      current.at("model"), current.at("weights"), current.value("preprocessing", std::string())});
  return draft;
}

json encode(const std::shared_ptr<const ObjectRecord>& record) {
  if (!record) return nullptr;
  const Shape& begin = record->bounds.begin;
  const Shape& end = record->bounds.end;
  const Provenance& source = record->provenance;
  json value = {{"bounds", {begin.t, begin.z, begin.y, begin.x, end.t, end.z, end.y, end.x}},
                {"area", record->area},
                {"class", record->className},
                {"state", static_cast<int>(record->state)},
                {"prompts", encode(source.prompts)},
                {"alternative", source.alternative},
                {"iou", source.predictedIou},
                {"model", source.model},
                {"weights", source.weightsHash},
                {"program", source.program},
                {"user", source.user},
                {"time", source.time_us}};
  if (!source.preprocessing.empty()) value["preprocessing"] = source.preprocessing;
  if (!source.parents.empty()) value["parents"] = source.parents;
  if (!source.source.empty()) value["source"] = source.source;
  if (source.handEdits != 0) value["hand_edits"] = source.handEdits;
  return value;
}

std::shared_ptr<const ObjectRecord> decodeRecord(uint32_t id, const json& value) {
  if (value.is_null()) return nullptr;
  const auto bounds = value.at("bounds").get<std::array<int64_t, 8>>();
  const int state = value.at("state");
  if (state < 0 || state > static_cast<int>(ObjectState::kVerified)) throw std::invalid_argument("an unknown state");
  ObjectRecord record;
  record.id = id;
  record.bounds = {{bounds[0], bounds[1], bounds[2], bounds[3]}, {bounds[4], bounds[5], bounds[6], bounds[7]}};
  record.area = value.at("area");
  record.className = value.at("class");
  record.state = static_cast<ObjectState>(state);
  Provenance& source = record.provenance;
  source.prompts = decodePrompts(value.at("prompts"));
  source.alternative = value.at("alternative");
  source.predictedIou = value.at("iou");
  source.model = value.at("model");
  source.weightsHash = value.at("weights");
  source.program = value.at("program");
  source.user = value.at("user");
  source.time_us = value.at("time");
  // nlohmann's `value` would make a default for every one; these are rare.
  if (const auto found = value.find("preprocessing"); found != value.end()) source.preprocessing = *found;
  if (const auto found = value.find("parents"); found != value.end()) found->get_to(source.parents);
  if (const auto found = value.find("source"); found != value.end()) source.source = *found;
  if (const auto found = value.find("hand_edits"); found != value.end()) source.handEdits = *found;
  return std::make_shared<const ObjectRecord>(std::move(record));
}

json encode(const ProjectSettings& settings) {
  const PixelScale& scale = settings.scale;
  return {
      {"scale", {scale.t, scale.z, scale.y, scale.x}}, {"space_unit", scale.spaceUnit}, {"time_unit", scale.timeUnit}};
}

ProjectSettings decodeSettings(const json& value) {
  const auto scale = value.at("scale").get<std::array<double, 4>>();
  return {{scale[0], scale[1], scale[2], scale[3], value.at("space_unit"), value.at("time_unit")}};
}

void putNumber(std::vector<uint8_t>& bytes, uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(number >> shift));
}

uint32_t numberAt(const std::vector<uint8_t>& bytes, size_t offset) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number |= static_cast<uint32_t>(bytes[offset + i]) << (8 * i);
  return number;
}

json encode(const LabelDelta& delta) {
  json chunks = json::array();
  for (const ChunkDelta& chunk : delta.chunks) {
    std::vector<uint8_t> runs;
    runs.reserve(chunk.runs.size() * 16);
    for (const LabelRun& run : chunk.runs) {
      for (const uint32_t number : {run.start, run.length, run.before, run.after}) putNumber(runs, number);
    }
    const ChunkKey& key = chunk.chunk;
    chunks.push_back({key.t, key.z, key.row, key.column, json::binary(std::move(runs))});
  }
  return chunks;
}

LabelDelta decodeDelta(const json& value) {
  LabelDelta delta;
  for (const json& entry : value) {
    ChunkDelta chunk{{entry.at(0), entry.at(1), entry.at(2), entry.at(3)}, {}};
    const std::vector<uint8_t>& runs = entry.at(4).get_binary();
    if (runs.size() % 16 != 0) throw std::invalid_argument("a run is cut off");
    for (size_t i = 0; i < runs.size(); i += 16) {
      chunk.runs.push_back({numberAt(runs, i), numberAt(runs, i + 4), numberAt(runs, i + 8), numberAt(runs, i + 12)});
    }
    delta.chunks.push_back(std::move(chunk));
  }
  return delta;
}

/// Reading recurses into values, so what no edit has is refused before: depth, lengths that are not told or not true.
void checkNesting(std::string_view bytes) {
  constexpr size_t kDeepest = 16;
  std::vector<uint64_t> left{1};  // how many values follow, at each depth
  const auto take = [&](uint64_t count) {
    if (count > bytes.size()) throw std::out_of_range("it ends too early");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
  };
  while (!left.empty()) {
    if (left.back() == 0) {
      left.pop_back();
      continue;
    }
    --left.back();
    const auto first = static_cast<uint8_t>(take(1)[0]);
    const unsigned type = first >> 5;
    uint64_t argument = first & 31;
    constexpr unsigned kTexts = 3, kLists = 4, kMaps = 5, kTags = 6;
    if (argument > 27 || type == kTags) throw std::invalid_argument("a value of an unknown form");
    if (argument > 23) {
      const size_t count = size_t{1} << (argument - 24);
      argument = 0;
      for (const char byte : take(count)) argument = argument << 8 | static_cast<uint8_t>(byte);
    }
    const bool isBytes = type == kTexts - 1 || type == kTexts;
    if (isBytes) take(argument);
    if (type != kLists && type != kMaps) continue;
    if (argument > bytes.size() || left.size() == kDeepest)
      throw std::invalid_argument("a list is too long or too deep");
    left.push_back(type == kMaps ? 2 * argument : argument);
  }
}

Edit decode(const json& value) {
  Edit edit;
  edit.kind = static_cast<EditKind>(value.at("kind").get<uint8_t>());
  edit.label = value.at("label");
  edit.t = value.at("t");
  edit.z = value.at("z");
  edit.isAutomatic = value.at("automatic");
  if (const auto draft = value.find("draft"); draft != value.end()) {
    edit.draft = Change<Draft>{decodeDraft(draft->at("before")), decodeDraft(draft->at("after"))};
  }
  if (const auto labels = value.find("labels"); labels != value.end()) edit.labels = decodeDelta(*labels);
  if (const auto objects = value.find("objects"); objects != value.end()) {
    for (const json& entry : *objects) {
      const uint32_t id = entry.at(0);
      edit.objects.push_back({id, decodeRecord(id, entry.at(1)), decodeRecord(id, entry.at(2))});
    }
  }
  if (const auto proposals = value.find("proposals"); proposals != value.end()) {
    edit.proposals = decodeDelta(*proposals);
  }
  if (const auto settings = value.find("settings"); settings != value.end()) {
    edit.settings =
        Change<ProjectSettings>{decodeSettings(settings->at("before")), decodeSettings(settings->at("after"))};
  }
  return edit;
}

}  // namespace

std::string encodeEdit(const Edit& edit) {
  json value = {{"kind", static_cast<uint8_t>(edit.kind)},
                {"label", edit.label},
                {"t", edit.t},
                {"z", edit.z},
                {"automatic", edit.isAutomatic}};
  if (edit.draft) value["draft"] = {{"before", encode(edit.draft->before)}, {"after", encode(edit.draft->after)}};
  if (!edit.labels.isEmpty()) value["labels"] = encode(edit.labels);
  if (!edit.objects.empty()) {
    json objects = json::array();
    for (const ObjectChange& change : edit.objects) {
      objects.push_back({change.id, encode(change.before), encode(change.after)});
    }
    value["objects"] = std::move(objects);
  }
  if (!edit.proposals.isEmpty()) value["proposals"] = encode(edit.proposals);
  if (edit.settings) {
    value["settings"] = {{"before", encode(edit.settings->before)}, {"after", encode(edit.settings->after)}};
  }
  std::string bytes;
  json::to_cbor(value, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

Result<Edit> decodeEdit(std::string_view payload) {
  try {
    checkNesting(payload);
    return decode(json::from_cbor(payload.begin(), payload.end()));
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "there is too little memory to read an edit of the journal");
  } catch (const std::exception& failure) {
    return damaged(failure.what());
  }
}

}  // namespace cyto
