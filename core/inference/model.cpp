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

Result<std::vector<Embedding>> ImageEncoder::encodeMany(std::span<const RgbImage> images, const JobContext& job) {
  std::vector<Embedding> embeddings;
  for (const RgbImage& image : images) {
    CYTO_ASSIGN(Embedding embedding, encode(image, job));
    embeddings.push_back(std::move(embedding));
  }
  return embeddings;
}

Result<std::vector<std::vector<MaskCandidate>>> PromptDecoder::decodeMany(const PreparedEmbedding& embedding,
                                                                          const std::vector<Prompts>& prompts,
                                                                          const MaskFilter& filter,
                                                                          const JobContext& job) {
  std::vector<std::vector<MaskCandidate>> answers;
  for (const Prompts& prompt : prompts) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(MaskPrediction prediction, decode(embedding, prompt, {.allAlternatives = true}));
    answers.emplace_back();
    for (MaskCandidate& candidate : prediction.candidates) {
      if (filter.minPredictedIou > 0 && !(candidate.predictedIou > filter.minPredictedIou)) continue;
      if (candidate.stability < filter.minStability) continue;
      candidate.lowResolution = {};
      answers.back().push_back(std::move(candidate));
    }
  }
  return answers;
}

}  // namespace cyto
