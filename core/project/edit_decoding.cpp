// Reads what edit_format.cpp writes, straight into the edit: undo of a step that changed ten thousand objects reads
// twenty thousand records, and must be done at once.

#include "core/project/cbor_reader.h"
#include "core/project/edit.h"

namespace cyto {

namespace {

std::string textOf(CborReader& in) { return std::string(in.text()); }

uint32_t numberOf(CborReader& in) { return static_cast<uint32_t>(in.integer(0, UINT32_MAX)); }

int smallOf(CborReader& in) { return static_cast<int>(in.integer(INT32_MIN, INT32_MAX)); }

PlaneMask decodeMask(CborReader& in) {
  CborMap map(in);
  const std::string_view bits = map.at("bits").bytes();
  map.at("box").list(4);
  PlaneMask mask;
  for (int64_t* edge : {&mask.box.y0, &mask.box.x0, &mask.box.y1, &mask.box.x1}) {
    constexpr int64_t kFarthest = int64_t{1} << 40;
    *edge = in.integer(-kFarthest, kFarthest);
  }
  map.finish();
  constexpr int64_t kMaxSide = int64_t{1} << 24;
  if (mask.box.isEmpty()) return {};
  if (mask.box.height() > kMaxSide || mask.box.width() > kMaxSide) throw std::invalid_argument("a mask is too large");
  const auto size = static_cast<size_t>(mask.box.height() * mask.box.width());
  if (bits.size() != (size + 7) / 8) throw std::invalid_argument("a mask has too few or too many pixels");
  mask.pixels.resize(size);
  for (size_t i = 0; i < size; ++i) mask.pixels[i] = static_cast<uint8_t>(bits[i / 8]) >> (i % 8) & 1;
  return mask;
}

ObjectPrompts decodePrompts(CborReader& in) {
  ObjectPrompts prompts;
  CborMap map(in);
  for (size_t left = map.at("boxes").list(); left > 0; --left) {
    in.list(4);
    BoxPrompt box;
    for (double* edge : {&box.y0, &box.x0, &box.y1, &box.x1}) *edge = in.real();
    prompts.boxes.push_back(box);
  }
  prompts.id = numberOf(map.at("id"));
  if (!map.at("mask").takeNull()) prompts.mask = decodeMask(in);
  prompts.multimask = map.at("multimask").boolean();
  for (size_t left = map.at("points").list(); left > 0; --left) {
    in.list(3);
    const double y = in.real();
    const double x = in.real();
    prompts.points.push_back({y, x, in.boolean()});
  }
  prompts.t = map.at("t").integer();
  prompts.z = map.at("z").integer();
  map.finish();
  return prompts;
}

CurrentObject decodeCurrent(CborReader& in) {
  CurrentObject object;
  CborMap map(in);
  object.alternative = smallOf(map.at("alternative"));
  object.predictedIou = static_cast<float>(map.at("iou").real());
  object.mask = decodeMask(map.at("mask"));
  object.model = textOf(map.at("model"));
  if (map.find("preprocessing")) object.preprocessing = textOf(in);
  object.t = map.at("t").integer();
  object.weightsHash = textOf(map.at("weights"));
  object.z = map.at("z").integer();
  map.finish();
  return object;
}

Draft decodeDraft(CborReader& in) {
  Draft draft;
  CborMap map(in);
  if (!map.at("current").takeNull()) draft.current = std::make_shared<const CurrentObject>(decodeCurrent(in));
  draft.prompts = decodePrompts(map.at("prompts"));
  draft.refines = numberOf(map.at("refines"));
  map.finish();
  return draft;
}

ProjectSettings decodeSettings(CborReader& in) {
  PixelScale scale;
  CborMap map(in);
  map.at("scale").list(4);
  for (double* length : {&scale.t, &scale.z, &scale.y, &scale.x}) *length = in.real();
  scale.spaceUnit = textOf(map.at("space_unit"));
  scale.timeUnit = textOf(map.at("time_unit"));
  map.finish();
  return {scale};
}

template <typename T>
Change<T> decodeChange(CborReader& in, T decode(CborReader&)) {
  CborMap map(in);
  T after = decode(map.at("after"));
  T before = decode(map.at("before"));
  map.finish();
  return {std::move(before), std::move(after)};
}

Box decodeBounds(CborReader& in) {
  in.list(8);
  Box bounds;
  for (Shape* corner : {&bounds.begin, &bounds.end}) {
    for (int64_t* index : {&corner->t, &corner->z, &corner->y, &corner->x}) *index = in.integer();
  }
  return bounds;
}

std::shared_ptr<const ObjectRecord> decodeRecord(uint32_t id, CborReader& in) {
  if (in.takeNull()) return nullptr;
  auto record = std::make_shared<ObjectRecord>();
  record->id = id;
  Provenance& source = record->provenance;
  CborMap map(in);
  source.alternative = smallOf(map.at("alternative"));
  record->area = map.at("area").integer();
  record->bounds = decodeBounds(map.at("bounds"));
  record->className = textOf(map.at("class"));
  if (map.find("hand_edits")) source.handEdits = in.integer();
  source.predictedIou = static_cast<float>(map.at("iou").real());
  source.model = textOf(map.at("model"));
  if (map.find("parents")) {
    for (size_t left = in.list(); left > 0; --left) source.parents.push_back(numberOf(in));
  }
  if (map.find("preprocessing")) source.preprocessing = textOf(in);
  source.program = textOf(map.at("program"));
  source.prompts = decodePrompts(map.at("prompts"));
  if (map.find("source")) source.source = textOf(in);
  record->state = static_cast<ObjectState>(map.at("state").integer(0, static_cast<int64_t>(ObjectState::kVerified)));
  source.time_us = map.at("time").integer();
  source.user = textOf(map.at("user"));
  source.weightsHash = textOf(map.at("weights"));
  map.finish();
  return record;
}

uint32_t numberAt(std::string_view bytes, size_t offset) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[offset + i])) << (8 * i);
  return number;
}

LabelDelta decodeDelta(CborReader& in) {
  LabelDelta delta;
  for (size_t left = in.list(); left > 0; --left) {
    in.list(5);
    ChunkDelta chunk;
    for (int64_t* index : {&chunk.chunk.t, &chunk.chunk.z, &chunk.chunk.row, &chunk.chunk.column}) {
      *index = in.integer();
    }
    const std::string_view runs = in.bytes();
    if (runs.size() % 16 != 0) throw std::invalid_argument("a run is cut off");
    chunk.runs.reserve(runs.size() / 16);
    for (size_t i = 0; i < runs.size(); i += 16) {
      chunk.runs.push_back({numberAt(runs, i), numberAt(runs, i + 4), numberAt(runs, i + 8), numberAt(runs, i + 12)});
    }
    delta.chunks.push_back(std::move(chunk));
  }
  return delta;
}

std::vector<ObjectChange> decodeObjects(CborReader& in) {
  std::vector<ObjectChange> changes;
  const size_t count = in.list();
  for (size_t i = 0; i < count; ++i) {
    in.list(3);
    const uint32_t id = numberOf(in);
    auto before = decodeRecord(id, in);
    changes.push_back({id, std::move(before), decodeRecord(id, in)});
  }
  return changes;
}

Edit decode(CborReader& in) {
  Edit edit;
  CborMap map(in);
  edit.isAutomatic = map.at("automatic").boolean();
  if (map.find("draft")) edit.draft = decodeChange(in, decodeDraft);
  edit.kind = static_cast<EditKind>(map.at("kind").integer(0, UINT8_MAX));
  edit.label = textOf(map.at("label"));
  if (map.find("labels")) edit.labels = decodeDelta(in);
  if (map.find("objects")) edit.objects = decodeObjects(in);
  if (map.find("proposals")) edit.proposals = decodeDelta(in);
  if (map.find("settings")) edit.settings = decodeChange(in, decodeSettings);
  edit.t = map.at("t").integer();
  edit.z = map.at("z").integer();
  map.finish();
  if (!in.isAtEnd()) throw std::invalid_argument("something follows it");
  return edit;
}

}  // namespace

Result<Edit> decodeEdit(std::string_view payload) {
  try {
    CborReader in(payload);
    return decode(in);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "there is too little memory to read an edit of the journal");
  } catch (const std::exception& failure) {
    return Error(ErrorCode::kFormat, std::string("an edit in the journal is damaged: ") + failure.what());
  }
}

}  // namespace cyto
