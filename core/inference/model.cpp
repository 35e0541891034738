#include "core/inference/model.h"

namespace cyto {

std::string_view precisionName(Precision precision) {
  switch (precision) {
    case Precision::kAuto: return "auto";
    case Precision::kFp32: return "fp32";
    case Precision::kBf16: return "bf16";
    case Precision::kFp16: return "fp16";
  }
  return "auto";
}

std::optional<Precision> precisionFromName(std::string_view name) {
  for (const Precision precision : {Precision::kAuto, Precision::kFp32, Precision::kBf16, Precision::kFp16}) {
    if (precisionName(precision) == name) return precision;
  }
  return std::nullopt;
}

}  // namespace cyto
