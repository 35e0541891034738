#include "core/session/annotation_session.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/labels/transaction.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

Error noImage() { return refused("no image is open; open one first"); }

}  // namespace

Status AnnotationSession::open(const fs::path& path, const io::OpenOptions& options) {
  if (hasUnsaved_) {
    return refused("there are committed objects that were not exported; export them before opening another image");
  }
  CYTO_ASSIGN(auto image, io::openImage(path, options));
  const Shape& shape = image->info().shape;
  if (shape.elements().value_or(0) < 1) {
    return Error(ErrorCode::kFormat, "'" + path.string() + "' has no pixels; there is nothing to segment in it");
  }
  segmenter_.reset();
  embeddings_.reset();
  labels_ = LabelVolume(shape);
  image_ = std::move(image);
  objects_.clear();
  nextId_ = 1;
  clear();
  return {};
}

Status AnnotationSession::chooseModel(const std::string& nameOrFile, const JobContext& job) {
  CYTO_ASSIGN(auto model, loadModel_(nameOrFile, job));
  segmenter_.reset();
  embeddings_.reset();
  model_ = std::move(model);
  preview_.reset();
  return {};
}

Status AnnotationSession::addPoint(int64_t t, int64_t z, const PointPrompt& point) {
  ObjectPrompts extended = prompts_;
  extended.points.push_back(point);
  return replacePrompts(t, z, std::move(extended));
}

Status AnnotationSession::addBox(int64_t t, int64_t z, const BoxPrompt& box) {
  ObjectPrompts extended = prompts_;
  extended.boxes.push_back(box);
  return replacePrompts(t, z, std::move(extended));
}

Status AnnotationSession::replacePrompts(int64_t t, int64_t z, ObjectPrompts extended) {
  if (!image_) return noImage();
  if (!prompts_.isEmpty() && (t != prompts_.t || z != prompts_.z)) {
    return refused("the prompts so far lie in another plane (t " + std::to_string(prompts_.t) + ", z " +
                   std::to_string(prompts_.z) + "); commit or clear them first");
  }
  extended.t = t;
  extended.z = z;
  extended.id = nextId_;
  // A negative point may come first; whether the prompts can be answered is asked by `segment`.
  ObjectPrompts answerable = extended;
  for (PointPrompt& point : answerable.points) point.positive = true;
  CYTO_TRY(checkPrompts(answerable, image_->info().shape));
  prompts_ = std::move(extended);
  preview_.reset();
  return {};
}

void AnnotationSession::clear() {
  prompts_ = {};
  preview_.reset();
}

Status AnnotationSession::prepareSegmenter(const JobContext& job) {
  if (segmenter_) return {};
  if (!model_) CYTO_TRY(chooseModel("", job));
  embeddings_ = std::make_unique<EncodingProvider>(*image_, model_->encoder());
  segmenter_ = std::make_unique<PromptSegmenter>(*embeddings_, model_->decoder());
  return {};
}

Result<ObjectMask> AnnotationSession::segment(const JobContext& job) {
  if (!image_) return noImage();
  if (prompts_.isEmpty()) return refused("there are no prompts; add a point or a box first");
  CYTO_TRY(checkPrompts(prompts_, image_->info().shape));
  CYTO_TRY(prepareSegmenter(job));
  CYTO_ASSIGN(ObjectMask answer, segmenter_->segment(prompts_, job));
  preview_ = answer;
  return answer;
}

Result<CommittedObject> AnnotationSession::commit() {
  if (!preview_) return refused("there is no mask to commit; use segment first");
  if (preview_->mask.isEmpty()) return refused("the mask is empty; change the prompts and segment again");
  Transaction transaction(labels_);
  const int64_t area =
      transaction.paint(preview_->t, preview_->z, preview_->mask, preview_->id, PaintRule::kOnlyBackground);
  if (area == 0) return refused("all pixels of the mask belong to other objects already; change the prompts");
  const LabelDelta painted = transaction.finish();
  CYTO_TRY(apply(painted, Direction::kForward, labels_));
  const Box bounds = painted.bounds();
  const PlaneBox box{bounds.begin.y, bounds.begin.x, bounds.end.y, bounds.end.x};
  const CommittedObject object{preview_->id, preview_->t, preview_->z, area, box, preview_->predictedIou};
  objects_.push_back(object);
  ++nextId_;
  hasUnsaved_ = true;
  clear();
  return object;
}

Status AnnotationSession::exportLabels(LabelFormat format, const fs::path& path) {
  if (!image_) return noImage();
  CYTO_TRY(checkTarget(path));
  CYTO_ASSIGN(const Array labels, labels_.toArray());
  CYTO_TRY(writeLabels(path, format, labels, image_->info().scale));
  hasUnsaved_ = false;
  return {};
}

std::string AnnotationSession::stateHash() const {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto add = [&](const auto& value) { XXH3_128bits_update(&state, &value, sizeof value); };
  const Shape& shape = labels_.shape();
  for (const int64_t extent : {shape.t, shape.z, shape.y, shape.x}) add(extent);
  for (const ChunkKey& key : labels_.chunks()) {
    for (const int64_t index : {key.t, key.z, key.row, key.column}) add(index);
    add(*labels_.find(key));
  }
  for (const CommittedObject& object : objects_) {
    add(object.id);
    add(object.t);
    add(object.z);
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(&state);
  char text[48];
  std::snprintf(text, sizeof text, "xxh128:%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  return text;
}

}  // namespace cyto
