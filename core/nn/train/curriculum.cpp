#include "core/nn/train/curriculum.h"

namespace cyto::nn {

Curriculum curriculumOf(const TrainingOptions& options) {
  constexpr Lesson kPrompts{true, false}, kInstances{false, true}, kBoth{true, true};
  if (options.instanceDecoder == "only") return {{kInstances}, false, true};
  if (options.architecture == "cyto_small") return {{kBoth}, true, false};
  if (options.instanceDecoder == "joint") return {{kPrompts, kInstances}, true, true};
  return {{kPrompts}, true, false};
}

}  // namespace cyto::nn
