#include "core/session/annotation_session.h"

#include <chrono>
#include <cmath>

#include "core/project/folder/image_search.h"
#include "core/project/object_changes.h"
#include "core/session/pending_mask.h"
#include "core/session/session_export.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

Result<std::shared_ptr<const io::ImageSource>> openPixels(const fs::path& path, const io::OpenOptions& options) {
  CYTO_ASSIGN(std::shared_ptr<const io::ImageSource> image, io::openImage(path, options));
  if (image->info().shape.elements().value_or(0) < 1) {
    return Error(ErrorCode::kFormat, "'" + path.string() + "' has no pixels; there is nothing to segment in it");
  }
  return image;
}

Error otherPlane(const ObjectPrompts& prompts) {
  return refused("the prompts so far lie in another plane (t " + std::to_string(prompts.t) + ", z " +
                 std::to_string(prompts.z) + "); commit or clear them first");
}

Error noPrompt(const std::string& kind, size_t index) {
  return Error(ErrorCode::kNotFound, "there is no " + kind + " number " + std::to_string(index + 1));
}

}  // namespace

// --- opening ---------------------------------------------------------------------------------------------------------

Status AnnotationSession::open(const fs::path& path, const io::OpenOptions& options, const fs::path& projectFolder) {
  if (hasUnsaved_ && project_ && project_->folder().empty()) {
    return refused("there are committed objects that were not exported; export them before opening another image");
  }
  CYTO_ASSIGN(auto image, openPixels(path, options));
  const ImageReference reference = referenceTo(path, image->info());
  std::unique_ptr<Project> project;
  if (projectFolder.empty()) {
    project = Project::inMemory(reference);
  } else {
    CYTO_ASSIGN(project, Project::create(projectFolder, reference));
  }
  notices_.clear();
  return start(std::move(project), std::move(image));
}

Status AnnotationSession::openProject(const fs::path& folder) {
  if (hasUnsaved_ && project_ && project_->folder().empty()) {
    return refused("there are committed objects that were not exported; export them before opening a project");
  }
  std::error_code ignored;
  const bool isSame = project_ && fs::equivalent(folder, project_->folder(), ignored);
  if (isSame) return {};
  CYTO_ASSIGN(auto project, Project::open(folder));
  notices_ = project->notices();
  const FoundImage found = findImage(project->image(), project->folder());
  notices_.insert(notices_.end(), found.notices.begin(), found.notices.end());
  if (found.hasMoved) {
    if (const Status noted = project->relink(found.image); !noted) notices_.push_back(noted.error().message());
  }
  std::shared_ptr<const io::ImageSource> image;
  const ImageReference& reference = project->image();
  std::string problem;
  auto pixels = openPixels(reference.path, {reference.key});
  if (!pixels) {
    problem = "The image of this project cannot be opened: " + pixels.error().message();
  } else if ((*pixels)->info().shape != reference.shape) {
    problem = "The image '" + reference.path.string() + "' has changed its size from " + reference.shape.text() +
              " to " + (*pixels)->info().shape.text() + ", so it is not shown.";
  } else {
    image = *pixels;
  }
  if (!problem.empty()) notices_.push_back(problem);
  CYTO_TRY(start(std::move(project), std::move(image)));
  imageProblem_ = std::move(problem);
  return {};
}

Status AnnotationSession::start(std::unique_ptr<Project> project, std::shared_ptr<const io::ImageSource> image) {
  worker_.setImage(image);
  project_ = std::move(project);
  image_ = std::move(image);
  transient_.reset();
  found_.reset();
  hasUnsaved_ = false;
  imageProblem_.clear();
  refusedImage_.clear();
  return {};
}

Status AnnotationSession::relink(const fs::path& place, bool anyContent) {
  CYTO_TRY(checkOpen());
  refusedImage_.clear();
  const ImageReference before = project_->image();
  CYTO_ASSIGN(const ImageReference now, imageAt(before, place, true));
  const bool isOther = !before.contentHash.empty() && now.contentHash != before.contentHash;
  if (isOther && !anyContent) {
    refusedImage_ = now.path;
    return refused("'" + now.path.string() +
                   "' is another image than the one this project was made for: its content differs; write relink PATH "
                   "any if the labels fit it all the same");
  }
  CYTO_ASSIGN(auto image, openPixels(now.path, {now.key}));
  CYTO_TRY(project_->relink(now));
  worker_.setImage(image);
  image_ = std::move(image);
  found_.reset();
  imageProblem_.clear();
  return {};
}

Status AnnotationSession::saveAs(const fs::path& folder) {
  CYTO_TRY(checkOpen());
  CYTO_TRY(settleTransient());
  CYTO_TRY(project_->copyTo(folder));
  CYTO_ASSIGN(project_, Project::open(folder));
  notices_ = project_->notices();
  return {};
}

const Document& AnnotationSession::document() const {
  static const Document empty;
  return project_ ? project_->document() : empty;
}

std::shared_ptr<const CurrentObject> AnnotationSession::current() const {
  return document().draft.current ? document().draft.current : transient_;
}

Status AnnotationSession::checkOpen() const {
  if (!project_) return refused("no image is open; open one first");
  return {};
}

Status AnnotationSession::checkPlane(int64_t t, int64_t z) const {
  CYTO_TRY(checkOpen());
  const Shape& shape = project_->image().shape;
  if (t >= 0 && t < shape.t && z >= 0 && z < shape.z) return {};
  return refused("the image has no plane t " + std::to_string(t) + ", z " + std::to_string(z) + "; it has " +
                 std::to_string(shape.t) + " in time and " + std::to_string(shape.z) + " in depth");
}

// --- prompts ---------------------------------------------------------------------------------------------------------

Status AnnotationSession::addPoint(int64_t t, int64_t z, const PointPrompt& point) {
  ObjectPrompts extended = document().draft.prompts;
  const bool isFirst = extended.isEmpty();
  if (!isFirst && (t != extended.t || z != extended.z)) return otherPlane(extended);
  extended.t = t;
  extended.z = z;
  extended.points.push_back(point);
  return replacePrompts(std::move(extended), point.positive ? "point" : "negative point");
}

Status AnnotationSession::addBox(int64_t t, int64_t z, const BoxPrompt& box) {
  ObjectPrompts extended = document().draft.prompts;
  const bool isFirst = extended.isEmpty();
  if (!isFirst && (t != extended.t || z != extended.z)) return otherPlane(extended);
  extended.t = t;
  extended.z = z;
  extended.boxes.push_back(box);
  return replacePrompts(std::move(extended), "box");
}

Status AnnotationSession::replacePoint(size_t index, const PointPrompt& point) {
  ObjectPrompts prompts = document().draft.prompts;
  if (index >= prompts.points.size()) return noPrompt("point", index);
  prompts.points[index] = point;
  return replacePrompts(std::move(prompts), "change of a point");
}

Status AnnotationSession::replaceBox(size_t index, const BoxPrompt& box) {
  ObjectPrompts prompts = document().draft.prompts;
  if (index >= prompts.boxes.size()) return noPrompt("box", index);
  prompts.boxes[index] = box;
  return replacePrompts(std::move(prompts), "change of a box");
}

Status AnnotationSession::removePoint(size_t index) {
  ObjectPrompts prompts = document().draft.prompts;
  if (index >= prompts.points.size()) return noPrompt("point", index);
  prompts.points.erase(prompts.points.begin() + static_cast<std::ptrdiff_t>(index));
  return replacePrompts(std::move(prompts), "removal of a point");
}

Status AnnotationSession::removeBox(size_t index) {
  ObjectPrompts prompts = document().draft.prompts;
  if (index >= prompts.boxes.size()) return noPrompt("box", index);
  prompts.boxes.erase(prompts.boxes.begin() + static_cast<std::ptrdiff_t>(index));
  return replacePrompts(std::move(prompts), "removal of a box");
}

Status AnnotationSession::replacePrompts(ObjectPrompts prompts, std::string label) {
  CYTO_TRY(checkOpen());
  if (!image_) return refused("the image of this project is not there, so nothing can be segmented in it");
  const Draft& before = document().draft;
  prompts.id = before.refines != 0 ? before.refines : nextId();
  if (!prompts.isEmpty()) {
    // A negative point may come first; whether the prompts can be answered is asked by `segment`.
    ObjectPrompts answerable = prompts;
    for (PointPrompt& point : answerable.points) point.positive = true;
    CYTO_TRY(checkPrompts(answerable, image_->info().shape));
  } else if (before.refines == 0) {
    prompts = {};
  }
  return performDraft(EditKind::kPrompt, std::move(label), {std::move(prompts), nullptr, before.refines}, false);
}

Status AnnotationSession::performDraft(EditKind kind, std::string label, Draft after, bool isAutomatic) {
  const Draft& before = document().draft;
  if (before == after) return {};
  const ObjectPrompts& place = after.prompts.isEmpty() ? before.prompts : after.prompts;
  const Edit edit{kind, std::move(label), place.t, place.z, isAutomatic, Change<Draft>{before, std::move(after)}, {},
                  {}};
  CYTO_TRY(project_->perform(edit));
  transient_.reset();
  return {};
}

Status AnnotationSession::clear() {
  if (!project_ || (document().draft.isEmpty() && !transient_)) return {};
  transient_.reset();
  return performDraft(EditKind::kClear, "clearing of the prompts", {}, false);
}

// --- masks -----------------------------------------------------------------------------------------------------------

Result<ObjectMask> AnnotationSession::segment(int alternative, AnswerKind kind, const JobContext& job) {
  CYTO_TRY(checkOpen());
  const ObjectPrompts prompts = document().draft.prompts;
  if (prompts.isEmpty()) return refused("there are no prompts; add a point or a box first");
  if (!image_) return refused("the image of this project is not there, so nothing can be segmented in it");
  CYTO_TRY(checkPrompts(prompts, image_->info().shape));
  PendingMask pending = ask(worker_, prompts, alternative);
  CYTO_ASSIGN(const ObjectMask answer, await(worker_, pending, job));
  CYTO_TRY(acceptAnswer(answer, alternative, kind));
  return answer;
}

Status AnnotationSession::acceptAnswer(const ObjectMask& answer, int alternative, AnswerKind kind) {
  const Draft& draft = document().draft;
  const ModelIdentity model = worker_.modelState().identity;
  auto current = std::make_shared<const CurrentObject>(CurrentObject{answer.t, answer.z, answer.mask,
                                                                     answer.predictedIou, alternative, model.name,
                                                                     model.weightsHash, model.preprocessing});
  if (kind == AnswerKind::kTransient) {
    if (!draft.current) transient_ = std::move(current);
    return {};
  }
  const std::string label = alternative > 0 ? "choice of another mask" : "segmentation";
  return performDraft(EditKind::kSegment, label, {draft.prompts, std::move(current), draft.refines},
                      kind == AnswerKind::kAutomaticStep);
}

// A mask without a step must be in the history before something is built on it, or a replay could not follow.
void AnnotationSession::beginGroup() {
  if (project_) project_->beginGroup();
}

Status AnnotationSession::endGroup() {
  Status safe = project_ ? project_->endGroup() : Status();
  if (!safe) transient_.reset();  // the prompts it answered may be others now
  return safe;
}

Status AnnotationSession::settleTransient() {
  if (!transient_ || document().draft.current) return {};
  const Draft& draft = document().draft;
  return performDraft(EditKind::kSegment, "segmentation", {draft.prompts, transient_, draft.refines}, true);
}

// --- history and export ----------------------------------------------------------------------------------------------

Status AnnotationSession::undo(int64_t steps) { return walk(steps, &History::stepBack, "undo"); }

Status AnnotationSession::redo(int64_t steps) { return walk(steps, &History::stepForward, "redo"); }

// All steps or none: the target is found first.
Status AnnotationSession::walk(int64_t steps, std::optional<uint64_t> (History::*next)(uint64_t from) const,
                               const std::string& what) {
  CYTO_TRY(checkOpen());
  if (steps < 1) return refused("the number of steps is at least 1");
  const History& history = project_->history();
  uint64_t goal = history.current();
  for (int64_t i = 0; i < steps; ++i) {
    const auto target = (history.*next)(goal);
    if (!target && i == 0) return Error(ErrorCode::kNotFound, "there is nothing to " + what);
    if (!target) return Error(ErrorCode::kNotFound, "there are only " + std::to_string(i) + " steps to " + what);
    goal = *target;
  }
  return moveTo(goal);
}

Status AnnotationSession::moveTo(uint64_t sequence) {
  CYTO_TRY(checkOpen());
  CYTO_TRY(project_->moveTo(sequence));
  transient_.reset();
  return {};
}

Status AnnotationSession::setPixelSize(double size, const std::string& unit) {
  CYTO_TRY(checkOpen());
  if (!std::isfinite(size) || size <= 0) return refused("the size of a pixel is a number above 0");
  if (unit != "micrometer" && unit != "nanometer" && unit != "millimeter") {
    return refused("'" + unit + "' is no unit of length; use micrometer, nanometer or millimeter");
  }
  Change<ProjectSettings> change{document().settings, document().settings};
  PixelScale& scale = change.after.scale;
  scale.y = size;
  scale.x = size;
  scale.spaceUnit = unit;
  if (change.before == change.after) return {};
  Edit edit;
  edit.kind = EditKind::kSettings;
  edit.label = "pixel size";
  edit.settings = std::move(change);
  return project_->perform(edit);
}

Status AnnotationSession::exportLabels(LabelFormat format, const fs::path& path, const fs::path& provenance) {
  CYTO_TRY(checkOpen());
  if (!provenance.empty()) CYTO_TRY(checkTarget(provenance));  // before the labels are written
  CYTO_TRY(exportLabelsOf(document(), project_->image(), path, format, true, notices_, {}));
  if (!provenance.empty()) {
    CYTO_TRY(writeSideCar(provenance, document(), {project_->folder(), project_->image(), path}));
  }
  hasUnsaved_ = false;
  return {};
}

}  // namespace cyto
