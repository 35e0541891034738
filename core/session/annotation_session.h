#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/io/image_source.h"
#include "core/labels/brush.h"
#include "core/project/exchange/label_import.h"
#include "core/project/project.h"
#include "core/project/proposals.h"
#include "core/segmentation/label_export.h"
#include "core/session/inference_worker.h"

namespace cyto {

/// What one user does with one image: open it, prompt, look at the mask, commit, touch up, take back, export. Every
/// change is an edit of a project, which may be a folder or live in memory. Requests and answers are values; a refused
/// request changes nothing. Used from one thread; masks are made on the worker's thread.
class AnnotationSession {
 public:
  /// The worker must outlive the session.
  explicit AnnotationSession(InferenceWorker& worker) : worker_(worker) {}

  /// Opens an image with empty labels: in a new project when `projectFolder` is given, else in memory. Refused while
  /// objects live in memory only and were not exported since.
  Status open(const std::filesystem::path& path, const io::OpenOptions& options,
              const std::filesystem::path& projectFolder = {});

  /// Opens a project folder and its image. When the image is gone or another one, labels and history are there and
  /// only prompting is not; `notices` says so.
  Status openProject(const std::filesystem::path& folder);

  /// Goes on in a copy of the project in another folder, which must not exist yet.
  Status saveAs(const std::filesystem::path& folder);

  /// Goes on with the image of the project where it is now, see imageAt in core/project/folder/image_search.h. One of
  /// another content is refused, and then is the `refusedImage`, unless `anyContent`.
  Status relink(const std::filesystem::path& place, bool anyContent);

  /// Adds to the prompts of the object in the making. All of them lie in one plane and in the image.
  Status addPoint(int64_t t, int64_t z, const PointPrompt& point);
  Status addBox(int64_t t, int64_t z, const BoxPrompt& box);

  /// Changes or removes a prompt by its place in the list. kNotFound when there is none.
  Status replacePoint(size_t index, const PointPrompt& point);
  Status replaceBox(size_t index, const BoxPrompt& box);
  Status removePoint(size_t index);
  Status removeBox(size_t index);

  /// Drops the prompts and the current object; nothing happens when there are none.
  Status clear();

  /// How an answer enters the history: as a step of its own, as part of the step it followed from by itself, or not at
  /// all, for masks that come back after an undo.
  enum class AnswerKind { kStep, kAutomaticStep, kTransient };

  /// Asks the worker for the mask of the prompts and waits; the answer becomes the current object. Alternative 0 is the
  /// model's first answer, see InferenceWorker::segment.
  Result<ObjectMask> segment(int alternative, AnswerKind kind, const JobContext& job);

  /// Keeps the current object, as a new object or in place of the one it refines, and clears the prompts. Pixels of
  /// other objects stay theirs. A refined proposal becomes an object with its id; planes that were not refined come
  /// along as they were proposed.
  Result<ObjectRecord> commit();

  // Verified objects (ObjectState::kVerified) are finished. What names one in order to change it (refine, paint, fill,
  // remove, merge, split) is refused and says so, because the user would wait in vain for what was asked for. Strokes
  // go over it and leave its pixels alone, as a hand on paper slips over a neighbour: the rest of the stroke is what
  // was meant. Only a stroke that could change nothing but verified pixels is refused, so that it does not look broken.

  /// Brings the prompts and the mask of an object or a proposal back to be refined; a commit replaces its pixels.
  Status refine(uint32_t id);

  /// Gives background pixels along a path to an object; an id that is not used yet makes a new object.
  Status paint(int64_t t, int64_t z, std::span<const StrokePoint> path, double radius, uint32_t id);
  /// Takes pixels along a path away from all objects but the verified ones; an object without pixels is gone.
  Status erase(int64_t t, int64_t z, std::span<const StrokePoint> path, double radius);
  /// Gives the connected region of (y, x) to an object; id 0 clears it.
  Status fill(int64_t t, int64_t z, int64_t y, int64_t x, uint32_t id);
  /// Removes an object; a proposal is rejected.
  Status remove(uint32_t id);

  /// See mergeObjects, splitObject, classifyObject in core/project/object_edits.h.
  Result<ObjectRecord> merge(std::span<const uint32_t> ids);
  /// Returns the ids of the new pieces.
  Result<std::vector<uint32_t>> split(uint32_t id);
  Status classify(uint32_t id, const std::string& name);

  /// Finishes accepted objects, so that nothing changes their pixels any more, or takes that back. Nothing happens to
  /// those that are in that state. All in one step, or none.
  Status verify(std::span<const uint32_t> ids);
  Status unverify(std::span<const uint32_t> ids);

  /// What became of the objects that were found.
  struct Proposed {
    std::vector<uint32_t> ids;  ///< of the new proposals, ascending
    int64_t leftOut = 0;        ///< found, but all their pixels are proposed already, or there are none
    std::vector<std::string> warnings;
  };

  /// Makes an automatic result proposals, in one step. Earlier proposals stay as they are. Refused when none comes in.
  Result<Proposed> propose(const AutomaticResult& result);
  /// Takes over the objects of a label file, as proposals or as accepted objects, in one step; see cyto::importLabels
  /// for what comes in. Refused when none does.
  Result<LabelImport> importLabels(const std::filesystem::path& path, const std::string& key, bool asProposals,
                                   const JobContext& job);
  /// The worker's answers to a prompt file (core/segmentation/prompt_file.h); an id in several planes is one object,
  /// and its provenance keeps the prompts of the first. `cancel` and InferenceWorker::cancelSegmentations give it up.
  Result<Proposed> proposePrompts(const std::filesystem::path& file, const JobContext& job);

  /// All objects that the model finds in the image without prompts, see InferenceWorker::findObjects.
  Result<Proposed> proposeAll(AutomaticMode mode, const JobContext& job);

  /// Found meanwhile in the image that is open: the next `proposeAll` takes these instead of looking.
  void keepFound(FoundObjects found) { found_ = std::move(found); }

  /// Which proposals were accepted and which stay, because no pixel of theirs is free.
  struct Accepted {
    std::vector<uint32_t> ids;
    std::vector<StayingProposal> staying;
  };

  /// Makes proposals objects, in one step. Refused when none can be, or when one of the ids is no proposal.
  Result<Accepted> accept(std::span<const uint32_t> ids, const PreserveRule& rule);
  Status reject(std::span<const uint32_t> ids);

  Status undo(int64_t steps = 1);
  Status redo(int64_t steps = 1);
  /// Stands on any step of the history; 0 is the beginning.
  Status moveTo(uint64_t sequence);

  /// Between these, edits share one sync, see Project::beginGroup. When `endGroup` fails, what was done since is
  /// undone.
  void beginGroup();
  Status endGroup();

  /// States how large a pixel is, in rows and columns alike. kInvalidArgument for anything but a positive number and
  /// a unit of length.
  Status setPixelSize(double size, const std::string& unit);

  /// Writes all labels, and beside them the provenance of the objects when `provenance` names a file.
  Status exportLabels(LabelFormat format, const std::filesystem::path& path,
                      const std::filesystem::path& provenance = {});

  std::string stateHash() const { return cyto::stateHash(document()); }

  const Document& document() const;
  /// The current object: the document's, or the transient one. Null when the prompts are not answered.
  std::shared_ptr<const CurrentObject> current() const;
  /// Null until something is open.
  const Project* project() const { return project_.get(); }
  /// Null until an image is open, and for a project whose image is gone.
  const std::shared_ptr<const io::ImageSource>& image() const { return image_; }
  /// Why a project has no image, as a sentence; empty when it has one.
  const std::string& imageProblem() const { return imageProblem_; }
  const std::filesystem::path& refusedImage() const { return refusedImage_; }
  /// The id that the next new object will get.
  uint32_t nextId() const { return project_ ? project_->nextId() : 1; }
  /// Sentences about what opening found.
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  Status start(std::unique_ptr<Project> project, std::shared_ptr<const io::ImageSource> image);
  Status checkOpen() const;
  Status checkPlane(int64_t t, int64_t z) const;
  Status replacePrompts(ObjectPrompts prompts, std::string label);
  Status performDraft(EditKind kind, std::string label, Draft after, bool isAutomatic);
  Status performObjects(const Edit& edit);
  Status performByHand(EditKind kind, std::string label, int64_t t, int64_t z, LabelDelta delta);
  Status changeStates(std::span<const uint32_t> ids, ObjectState to);
  Result<std::vector<uint32_t>> proposalsAmong(std::span<const uint32_t> ids) const;
  Status acceptAnswer(const ObjectMask& answer, int alternative, AnswerKind kind);
  Status settleTransient();
  Status walk(int64_t steps, std::optional<uint64_t> (History::*next)(uint64_t from) const, const std::string& what);
  Result<FoundObjects> findObjects(AutomaticMode mode, const JobContext& job);
  Result<std::vector<ObjectMask>> answerAll(const std::vector<ObjectPrompts>& prompts, const JobContext& job);

  InferenceWorker& worker_;
  std::unique_ptr<Project> project_;
  std::shared_ptr<const io::ImageSource> image_;
  std::shared_ptr<const CurrentObject> transient_;
  std::optional<FoundObjects> found_;
  bool hasUnsaved_ = false;
  std::vector<std::string> notices_;
  std::string imageProblem_;
  std::filesystem::path refusedImage_;
};

}  // namespace cyto
