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
//   7. The keys of a map stand in ascending order; keys that a reader does not know are ignored. Lengths stand before
//      what they are of, there are no tags, and nothing nests deeper than 16 levels.
//
// Written here, read in edit_decoding.cpp.

#include <nlohmann/json.hpp>

#include "core/project/edit.h"

namespace cyto {

namespace {

using nlohmann::json;

json encode(const PlaneMask& mask) {
  std::vector<uint8_t> bits((mask.pixels.size() + 7) / 8);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    if (mask.pixels[i]) bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | 1u << (i % 8));
  }
  return {{"box", {mask.box.y0, mask.box.x0, mask.box.y1, mask.box.x1}}, {"bits", json::binary(std::move(bits))}};
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

json encode(const ProjectSettings& settings) {
  const PixelScale& scale = settings.scale;
  return {
      {"scale", {scale.t, scale.z, scale.y, scale.x}}, {"space_unit", scale.spaceUnit}, {"time_unit", scale.timeUnit}};
}

void putNumber(std::vector<uint8_t>& bytes, uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(number >> shift));
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

}  // namespace cyto
