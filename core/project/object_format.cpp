// An object in a checkpoint: fields in this order, in the form of byte_stream.h.
//
//   number id, 8 integers bounds (t0, z0, y0, x0, t1, z1, y1, x1), integer area, text class, number state,
//   PROMPTS, integer alternative, real predicted IoU, text model, text weights, text preprocessing, text program,
//   text user, integer time, number of parents and each, text source,
//   integer hand edits.
//   PROMPTS = number id, integer t, integer z, number of points and for each real y, real x, number positive; number of
//   boxes and for each 4 reals; number 1 and MASK, or number 0; number multimask.
//   MASK = 4 integers box, then lengths of runs outside and inside in turn, in row-major order, until all is covered.

#include "core/project/object_format.h"

namespace cyto {

namespace {

void write(const Shape& place, ByteWriter& out) {
  for (const int64_t index : {place.t, place.z, place.y, place.x}) out.integer(index);
}

void write(const PlaneMask& mask, ByteWriter& out) {
  for (const int64_t edge : {mask.box.y0, mask.box.x0, mask.box.y1, mask.box.x1}) out.integer(edge);
  uint8_t inside = 0;
  uint64_t length = 0;
  for (const uint8_t pixel : mask.pixels) {
    if ((pixel != 0) != (inside != 0)) {
      out.number(length);
      length = 0;
      inside = inside ? 0 : 1;
    }
    ++length;
  }
  if (length > 0) out.number(length);
}

void write(const ObjectPrompts& prompts, ByteWriter& out) {
  out.number(prompts.id);
  out.integer(prompts.t);
  out.integer(prompts.z);
  out.number(prompts.points.size());
  for (const PointPrompt& point : prompts.points) {
    out.real(point.y);
    out.real(point.x);
    out.number(point.positive ? 1 : 0);
  }
  out.number(prompts.boxes.size());
  for (const BoxPrompt& box : prompts.boxes) {
    for (const double edge : {box.y0, box.x0, box.y1, box.x1}) out.real(edge);
  }
  out.number(prompts.mask ? 1 : 0);
  if (prompts.mask) write(*prompts.mask, out);
  out.number(prompts.multimask ? 1 : 0);
}

Shape readPlace(ByteReader& in) {
  Shape place;
  for (int64_t* index : {&place.t, &place.z, &place.y, &place.x}) *index = in.integer();
  return place;
}

PlaneMask readMask(ByteReader& in) {
  constexpr int64_t kMaxSide = int64_t{1} << 24;
  constexpr uint64_t kMaxPixels = uint64_t{1} << 32;
  PlaneMask mask;
  for (int64_t* edge : {&mask.box.y0, &mask.box.x0, &mask.box.y1, &mask.box.x1}) *edge = in.integer();
  if (mask.box.isEmpty()) return {};
  if (mask.box.height() > kMaxSide || mask.box.width() > kMaxSide) throw std::out_of_range("a mask is too large");
  const auto size = static_cast<uint64_t>(mask.box.height()) * static_cast<uint64_t>(mask.box.width());
  if (size > kMaxPixels) throw std::out_of_range("a mask is too large");
  uint8_t inside = 0;
  while (mask.pixels.size() < size) {
    mask.pixels.insert(mask.pixels.end(), in.number(size - mask.pixels.size()), inside);
    inside = inside ? 0 : 1;
  }
  return mask;
}

ObjectPrompts readPrompts(ByteReader& in) {
  ObjectPrompts prompts;
  prompts.id = static_cast<uint32_t>(in.number(UINT32_MAX));
  prompts.t = in.integer();
  prompts.z = in.integer();
  for (size_t left = in.count(); left > 0; --left) {
    const double y = in.real();
    const double x = in.real();
    prompts.points.push_back({y, x, in.number(1) == 1});
  }
  for (size_t left = in.count(); left > 0; --left) {
    BoxPrompt box;
    for (double* edge : {&box.y0, &box.x0, &box.y1, &box.x1}) *edge = in.real();
    prompts.boxes.push_back(box);
  }
  if (in.number(1) == 1) prompts.mask = readMask(in);
  prompts.multimask = in.number(1) == 1;
  return prompts;
}

}  // namespace

void write(const ObjectRecord& object, ByteWriter& out) {
  out.number(object.id);
  write(object.bounds.begin, out);
  write(object.bounds.end, out);
  out.integer(object.area);
  out.text(object.className);
  out.number(static_cast<uint64_t>(object.state));
  const Provenance& source = object.provenance;
  write(source.prompts, out);
  out.integer(source.alternative);
  out.real(source.predictedIou);
  for (const std::string* text :
       {&source.model, &source.weightsHash, &source.preprocessing, &source.program, &source.user}) {
    out.text(*text);
  }
  out.integer(source.time_us);
  out.number(source.parents.size());
  for (const uint32_t parent : source.parents) out.number(parent);
  out.text(source.source);
  out.integer(source.handEdits);
}

ObjectRecord readObject(ByteReader& in) {
  ObjectRecord object;
  object.id = static_cast<uint32_t>(in.number(UINT32_MAX));
  object.bounds.begin = readPlace(in);
  object.bounds.end = readPlace(in);
  object.area = in.integer();
  object.className = in.text();
  object.state = static_cast<ObjectState>(in.number(static_cast<uint64_t>(ObjectState::kVerified)));
  Provenance& source = object.provenance;
  source.prompts = readPrompts(in);
  source.alternative = static_cast<int>(in.integer());
  source.predictedIou = static_cast<float>(in.real());
  for (std::string* text : {&source.model, &source.weightsHash, &source.preprocessing, &source.program, &source.user}) {
    *text = in.text();
  }
  source.time_us = in.integer();
  for (size_t left = in.count(); left > 0; --left) {
    source.parents.push_back(static_cast<uint32_t>(in.number(UINT32_MAX)));
  }
  source.source = in.text();
  source.handEdits = in.integer();
  return object;
}

}  // namespace cyto
