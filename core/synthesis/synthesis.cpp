#include "core/synthesis/synthesis.h"

#include <algorithm>
#include <new>

#include "core/synthesis/painter.h"

namespace cyto::synthesis {

namespace {

constexpr int kMostAttempts = 32;
constexpr int64_t kLeastPixels = 12;
constexpr int64_t kLeastVoxels = 24;

Error invalid(const std::string& sentence) { return Error(ErrorCode::kInvalidArgument, sentence); }

const Kind* kindNamed(std::string_view name) {
  for (const Kind& kind : registry()) {
    if (kind.description.name == name) return &kind;
  }
  return nullptr;
}

Status check(const SynthesisOptions& options, const Kind* kind) {
  if (kind == nullptr) return invalid("there is no kind of image named '" + options.kind + "'; see --kind list");
  const Shape& shape = options.shape;
  if (shape.y < kLeastSide || shape.x < kLeastSide) {
    return invalid("an image of " + std::to_string(shape.y) + " x " + std::to_string(shape.x) +
                   " pixels is too small for cells; ask for at least " + std::to_string(kLeastSide) + " x " +
                   std::to_string(kLeastSide));
  }
  if (shape.t < 1 || shape.z < 1) return invalid("a sample needs at least one frame and one slice");
  if (!shape.elements()) return invalid("a sample of the shape " + shape.text() + " is too large");
  if (shape.z > 1 && !kind->description.hasVolumes) {
    return invalid("the kind '" + options.kind + "' has no slices; see --kind list for those that have");
  }
  if (shape.t > 1 && !kind->description.hasSeries) {
    return invalid("the kind '" + options.kind + "' has no frames; see --kind list for those that have");
  }
  if (options.pixelType && *options.pixelType != Dtype::kUint8 && *options.pixelType != Dtype::kUint16) {
    return invalid("synthetic images are uint8 or uint16");
  }
  return {};
}

/// One try at a sample; nothing when no object is to be seen in the first frame.
class Attempt {
 public:
  Attempt(const SynthesisOptions& options, const Kind& kind, const Random& random)
      : options_(options), kind_(kind), random_(random) {
    const Shape& shape = options.shape;
    stage_.extent = {shape.z, shape.y, shape.x};
    stage_.frames = shape.t;
    stage_.random = random.stream("stage");
    Random style = random.stream("slices");
    stage_.sliceStep = shape.z > 1 ? style.uniform(1, 3) : 1;
  }

  Result<bool> make(const CancelToken& cancel, SyntheticSample& sample) {
    const bool mayHaveColours = stage_.isPlane() && options_.pixelType != Dtype::kUint16;
    const auto painter = kind_.make(stage_, mayHaveColours);
    std::vector<LabelRaster> labels;
    for (int64_t frame = 0; frame < stage_.frames; ++frame) {
      CYTO_TRY(cancel.check());
      Picture picture = painter->paint(frame);
      keepLargestPieces(picture.labels, stage_.extent.isVolume() ? kLeastVoxels : kLeastPixels);
      if (frame == 0) {
        const auto hasLabel = [](uint32_t label) { return label != 0; };
        if (std::none_of(picture.labels.begin(), picture.labels.end(), hasLabel)) return false;
        CYTO_TRY(prepare(*painter, picture, sample));
      }
      labels.push_back(std::move(picture.labels));
      expose(camera_, std::move(picture.light), frame, random_.stream("noise").stream(static_cast<uint64_t>(frame)),
             sample.image);
    }
    sample.tracks = trackObjects(painter->population(), labels);
    const auto ids = sample.labels.as<uint32_t>();
    auto out = ids.begin();
    for (const LabelRaster& frame : labels) out = std::copy(frame.begin(), frame.end(), out);
    return true;
  }

 private:
  Status prepare(const Painter& painter, const Picture& first, SyntheticSample& sample) {
    const bool hasColours = first.light.size() == 3;
    const auto pixelType = hasColours ? std::optional(Dtype::kUint8) : options_.pixelType;
    camera_ = randomCamera(painter.isDarkField(), pixelType, random_.stream("camera"));
    if (hasColours) camera_.isInverted = false;
    adjustExposure(camera_, first.light, painter.isDarkField(), random_.stream("exposure"));
    CYTO_ASSIGN(sample.image, Array::create(camera_.bits > 8 ? Dtype::kUint16 : Dtype::kUint8, options_.shape,
                                            static_cast<int64_t>(first.light.size())));
    CYTO_ASSIGN(sample.labels, Array::create(Dtype::kUint32, options_.shape));
    return {};
  }

  const SynthesisOptions& options_;
  const Kind& kind_;
  Random random_;
  Stage stage_;
  Camera camera_;
};

}  // namespace

const std::vector<KindDescription>& kinds() {
  static const auto descriptions = [] {
    std::vector<KindDescription> all;
    for (const Kind& kind : registry()) all.push_back(kind.description);
    return all;
  }();
  return descriptions;
}

const KindDescription* findKind(std::string_view name) {
  const Kind* kind = kindNamed(name);
  return kind != nullptr ? &kind->description : nullptr;
}

Result<SyntheticSample> synthesize(const SynthesisOptions& options, uint64_t seed, const CancelToken& cancel) {
  const Kind* kind = kindNamed(options.kind);
  CYTO_TRY(check(options, kind));
  const Random random = Random(seed).stream(options.kind);
  try {
    for (uint64_t attempt = 0; attempt < kMostAttempts; ++attempt) {
      SyntheticSample sample;
      CYTO_ASSIGN(const bool isMade, Attempt(options, *kind, random.stream(attempt)).make(cancel, sample));
      if (isMade) return sample;
    }
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "there is not enough memory for a sample of the shape " +
                                              options.shape.text() + "; ask for a smaller one");
  }
  return Error(ErrorCode::kInternal, "the kind '" + options.kind + "' found no room for an object in the shape " +
                                         options.shape.text() + "; ask for a larger one");
}

uint64_t sampleSeed(uint64_t setSeed, uint64_t index) { return Random(setSeed).stream("samples").stream(index).bits(); }

}  // namespace cyto::synthesis
