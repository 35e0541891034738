#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/inference/model.h"
#include "core/io/image_source.h"
#include "core/labels/label_volume.h"
#include "core/segmentation/encoding_provider.h"
#include "core/segmentation/label_export.h"
#include "core/segmentation/prompt_segmenter.h"

namespace cyto {

/// An object that the user has kept.
struct CommittedObject {
  uint32_t id = 0;
  int64_t t = 0;
  int64_t z = 0;
  int64_t area = 0;  ///< pixels it got; pixels of earlier objects stay theirs
  PlaneBox box;
  float predictedIou = 0;
};

/// What one user does with one image: open it, prompt, look at the preview, commit, export. Requests and
/// answers are values. Everything happens on the calling thread, so one inference thread owns a session; a
/// refused request changes nothing. Labels are held in memory.
class AnnotationSession {
 public:
  /// Loads a model by registry name or from a weights file; the empty text means the default model.
  using ModelLoader =
      std::function<Result<std::unique_ptr<Model>>(const std::string& nameOrFile, const JobContext& job)>;

  explicit AnnotationSession(ModelLoader loader) : loadModel_(std::move(loader)) {}

  /// Opens an image and starts with empty labels. Refused while there are committed objects that were not
  /// exported since.
  Status open(const std::filesystem::path& path, const io::OpenOptions& options);

  /// Chooses and loads the model; the prompts stay, the preview is gone.
  Status chooseModel(const std::string& nameOrFile, const JobContext& job);

  /// Adds to the prompts of the object being made. All of them lie in one plane and in the image.
  Status addPoint(int64_t t, int64_t z, const PointPrompt& point);
  Status addBox(int64_t t, int64_t z, const BoxPrompt& box);

  /// Drops the prompts and the preview.
  void clear();

  /// Answers the prompts; the answer is the preview until the prompts change. Loads the default model when
  /// none was chosen.
  Result<ObjectMask> segment(const JobContext& job);

  /// Keeps the preview as a new object and clears the prompts. Ids are counted up and never used again.
  Result<CommittedObject> commit();

  /// Writes all labels.
  Status exportLabels(LabelFormat format, const std::filesystem::path& path);

  /// "xxh128:<32 hex>" of the labels and the objects: equal exactly when both are.
  std::string stateHash() const;

  const std::vector<CommittedObject>& objects() const { return objects_; }
  const ObjectPrompts& prompts() const { return prompts_; }
  const std::optional<ObjectMask>& preview() const { return preview_; }

  /// Null until an image is open.
  const io::ImageInfo* image() const { return image_ ? &image_->info() : nullptr; }
  /// Labels of the whole image; without pixels until an image is open. A copy is a snapshot and cheap.
  const LabelVolume& labels() const { return labels_; }

 private:
  Status replacePrompts(int64_t t, int64_t z, ObjectPrompts extended);
  Status prepareSegmenter(const JobContext& job);

  ModelLoader loadModel_;
  std::unique_ptr<io::ImageSource> image_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<EncodingProvider> embeddings_;
  std::unique_ptr<PromptSegmenter> segmenter_;
  LabelVolume labels_;
  std::vector<CommittedObject> objects_;
  uint32_t nextId_ = 1;
  bool hasUnsaved_ = false;
  ObjectPrompts prompts_;
  std::optional<ObjectMask> preview_;
};

}  // namespace cyto
