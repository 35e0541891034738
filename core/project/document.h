#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "core/labels/label_volume.h"
#include "core/project/object_table.h"
#include "core/segmentation/object_prompts.h"

namespace cyto {

/// Where the pixels of an object come from.
struct Provenance {
  ObjectPrompts prompts;  ///< empty for an object that was painted
  int alternative = 0;    ///< which of the model's masks was taken; 0 is its first answer
  float predictedIou = 0;
  std::string model;  ///< registry name; empty for an object that was painted
  std::string weightsHash;
  std::string preprocessing;  ///< how pixels became the model's input, e.g. "minmax-pillow-1"; empty when painted
  std::string program;        ///< name and version of the program that wrote it
  std::string user;
  int64_t time_us = 0;            ///< Unix time
  std::vector<uint32_t> parents;  ///< the objects it was merged, split or copied from
  std::string source;  ///< the file or the project it was taken over from; empty for an object that was made here
  /// Strokes and fills that changed its pixels since they were made, so that a mask as the model gave it can be told
  /// from a corrected one. A painted object has at least one.
  int64_t handEdits = 0;
  bool operator==(const Provenance&) const = default;
};

/// The numbers are part of the file format.
enum class ObjectState : uint8_t {
  kProposal = 0,  ///< an automatic result nobody has looked at; its pixels are in `Document::proposals`
  kAccepted = 1,
  kVerified = 2,  ///< finished: nothing but the user's explicit act on it changes its pixels
};

/// What is known about an object besides its pixels.
struct ObjectRecord {
  uint32_t id = 0;
  Box bounds;        ///< holds all its pixels; may be larger after pixels were taken away
  int64_t area = 0;  ///< pixels (voxels) it has
  std::string className;
  ObjectState state = ObjectState::kAccepted;
  Provenance provenance;
  bool operator==(const ObjectRecord&) const = default;
};

struct ObjectCounts {
  int64_t objects = 0;  ///< accepted and verified ones
  int64_t verified = 0;
  int64_t proposals = 0;
};
ObjectCounts countObjects(const ObjectTable& objects);

/// Ascending.
std::vector<uint32_t> idsInState(const ObjectTable& objects, ObjectState state);

/// A mask that answers the prompts of the draft.
struct CurrentObject {
  int64_t t = 0;
  int64_t z = 0;
  PlaneMask mask;
  float predictedIou = 0;
  int alternative = 0;
  std::string model;
  std::string weightsHash;
  std::string preprocessing = {};
  bool operator==(const CurrentObject&) const = default;
};

/// The object in the making.
struct Draft {
  ObjectPrompts prompts;
  std::shared_ptr<const CurrentObject> current;  ///< null while the prompts are not answered
  uint32_t refines = 0;                          ///< the object whose pixels a commit replaces; 0: a new object

  bool isEmpty() const { return prompts.isEmpty() && !current && refines == 0; }
  bool operator==(const Draft& other) const;
};

/// What a user decides for the project as a whole.
struct ProjectSettings {
  PixelScale scale;  ///< the image file's, until the user states another one
  bool operator==(const ProjectSettings&) const = default;
};

/// Everything a user can change and take back. Copying is cheap and gives a snapshot that another thread may read.
struct Document {
  LabelVolume labels;     ///< pixels of accepted and verified objects
  LabelVolume proposals;  ///< pixels of proposals; same shape, same ids, may overlap `labels`
  ObjectTable objects;    ///< of both
  Draft draft;
  ProjectSettings settings;
};

/// The volume that holds the pixels of objects in this state.
const LabelVolume& volumeOf(const Document& document, ObjectState state);

/// A document of an image that was not worked on.
Document emptyDocument(const Shape& shape, const PixelScale& scale);

/// "xxh128:<32 hex>" of labels, proposals and objects (id, plane, class and state of each): equal exactly when all are.
std::string stateHash(const Document& document);

}  // namespace cyto
