#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/base/usable_resources.h"
#include "core/inference/model.h"

namespace cyto {

/// One annotated image. Labels are 0 for background and any positive id for an object.
struct TrainingImage {
  std::string name;
  RgbImage image;                ///< after `stretchToRgb`
  std::vector<uint32_t> labels;  ///< rows * columns
};

/// What is known about an annotated image without holding its pixels.
struct TrainingSample {
  std::string name;         ///< the file, and the place in it
  std::string kind;         ///< samples of one kind look alike: scores are given for each kind
  double weight = 1;        ///< how often it is drawn, relative to the others
  bool validation = false;  ///< kept back to judge the training
  int64_t rows = 0, columns = 0;
  int64_t objects = 0;  ///< of at least kSmallestTrainingObject pixels
};

/// Objects smaller than this many pixels are treated as background (spec/micro-sam.md §9.1).
inline constexpr int64_t kSmallestTrainingObject = 16;

/// Annotated images that are read when they are needed, so that a data set may be larger than the memory.
class TrainingDataset {
 public:
  virtual ~TrainingDataset() = default;

  /// Every sample has at least one object. The order is part of what a resumed training repeats.
  virtual const std::vector<TrainingSample>& samples() const = 0;

  /// May be called from several threads.
  virtual Result<TrainingImage> read(size_t index) const = 0;
};

/// How often each change is made to what the network sees, 0..1; its strength is drawn anew each time.
struct TrainingVariation {
  double mirror = 0.5;
  double turn = 0.3;       ///< by any angle, besides quarter turns
  double scale = 0.35;     ///< sizes of objects far from those at the scale of use
  double elastic = 0.25;   ///< smooth bending, of image and labels
  double inversion = 0.2;  ///< dark for bright
  double gamma = 0.7;
  double contrast = 0.6;       ///< gain and offset, into saturation
  double stain = 0.5;          ///< amounts of haematoxylin, eosin and residual, in optical density
  double colour = 0.4;         ///< colours to gray, channels in another order
  double illumination = 0.25;  ///< brighter on one side, darker in the corners
  double blur = 0.2;           ///< small Gaussian blur
  double defocus = 0.15;       ///< a disc of confusion of several pixels
  double noise = 0.4;          ///< normal, sometimes with photon noise
};

/// Options of `cytoclick train sam` and `cytoclick train instance`; the initial values are the defaults
/// (spec/micro-sam.md §9.5, and for cyto-small the recipe in models/cards/cyto-small.md).
struct TrainingOptions {
  std::string architecture;                ///< empty: that of the start weights, cyto_small without any
  std::filesystem::path startWeights;      ///< empty: random weights (cyto_small only)
  std::filesystem::path checkpointFolder;  ///< holds what is needed to resume
  std::filesystem::path exportPath;        ///< final weights as safetensors; empty: none
  double minutes = 60;                     ///< stop after this much computing, over all resumed runs
  int64_t steps = 0;                       ///< stop after this many steps instead; 0: by time
  double pieceMinutes = 0;                 ///< end this run after so much of it, to be resumed; 0: never
  int batchImages = 8;
  int imagesTogether =
      0;  ///< images that are in memory at once, gradients add up; 0: all of cyto-small's, one of SAM's
  int objectsPerImage = 6;
  int subIterations = 8;    ///< most prompts of an object: the first and the corrections
  double learningRate = 0;  ///< highest; 0: the recipe's own
  std::string schedule =
      "cosine";                  ///< of the learning rate: to the end; plateau (x 0.9 when the score stays); constant
  int warmUpSteps = 100;         ///< the learning rate rises over so many steps
  std::string maskLoss;          ///< dice, dice_focal; empty: dice for SAM, as the reference, dice_focal for cyto_small
  double maskProbability = 0.5;  ///< how often the last logits are fed back as mask prompt
  double boxDistortion = 0.025;
  double validationMinutes = 8;  ///< between two validations
  int64_t validationSteps = 0;   ///< validate every so many steps instead; 0: by time
  int64_t patience = 0;          ///< stop after so many validations without a better score; 0: never
  /// Whether the part learns that finds all objects of an image by itself: none; joint, besides the prompts; only, and
  /// nothing else (`cytoclick train instance`). Empty: joint if the start weights have it, else none.
  std::string instanceDecoder;
  /// "image_encoder", "prompt_encoder", "mask_decoder", "instance_decoder" of SAM; "encoder", "decoder" of cyto_small.
  std::vector<std::string> frozenParts;
  /// How the image encoder learns: empty, lora, fact, ssf, adaptformer, attention, bias, norm, blocks.
  std::string method;
  int64_t rank = 4;                   ///< of lora and fact
  std::vector<std::string> matrices;  ///< what lora changes: q, k, v, mlp; empty: q and v
  std::vector<int64_t> blocks;        ///< of the image encoder, from 0: where the method applies; empty: all
  TrainingVariation variation;
  std::string device = "cpu";  ///< cpu or cuda; an engine takes auto too
  uint64_t seed = 1;
  int threads = 0;                                                  ///< 0: all cores
  int64_t imageMemory_bytes = cacheBudget_bytes(int64_t{1} << 30);  ///< decoded images that are kept
  Precision precision = Precision::kAuto;
};

/// Where the time of the steps went: shares of the computing time of all threads, together 1.
struct TrainingProfile {
  double network = 0;    ///< forward and backward passes
  double data = 0;       ///< reading and varying images
  double optimiser = 0;  ///< gradients to weights
  double waiting = 0;    ///< for the slowest thread
  double stepSeconds = 0;
};

/// How well images that are kept back are segmented: the mean IoU of their objects at the resolution of the images, and
/// the loss of finding all objects without prompts.
struct TrainingScore {
  double pointIou = 0;      ///< one click at the deepest point, the answer as the program gives it
  double boxIou = 0;        ///< tight box
  int64_t objects = 0;      ///< 0: prompts were not judged
  double instanceLoss = 0;  ///< mean over crops that are the same in every validation
  int64_t crops = 0;        ///< 0: finding all objects was not judged

  bool isEmpty() const { return objects == 0 && crops == 0; }

  /// What the training tries to raise: the mean of both IoUs less a third of the instance loss, of those that were
  /// judged (spec/micro-sam.md §9.4).
  double total() const { return (objects > 0 ? 0.5 * (pointIou + boxIou) : 0) - (crops > 0 ? instanceLoss / 3 : 0); }
};

/// An image with what should be found and what is found on clicks.
struct TrainingPreview {
  RgbImage image;
  std::vector<uint32_t> truth;       ///< rows * columns: only objects that were prompted
  std::vector<uint32_t> prediction;  ///< rows * columns, with the same ids
};

/// What a training tells while it runs, besides its progress. Called on the thread that trains; an error is logged
/// and stops nothing.
struct TrainingObserver {
  std::function<Status(const std::vector<TrainingPreview>&)> preview;  ///< after each validation; may be empty
};

struct TrainingReport {
  int64_t steps = 0;
  double seconds = 0;
  TrainingScore before;  ///< of the start weights; empty when it began with random ones
  TrainingScore after;
  bool finished = true;       ///< false: this piece ended; run it again to go on
  bool stoppedEarly = false;  ///< because the score did not rise any more
  TrainingProfile profile;
  std::filesystem::path checkpoint;
  std::filesystem::path exported;
};

}  // namespace cyto
