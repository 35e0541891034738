#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cyto::nn {

/// Sizes of a SAM or MobileSAM network (spec/micro-sam.md §1.5, §1.7 to §1.11).
struct SamConfiguration {
  int64_t frameSide = 1024;
  int64_t channels = 256;  ///< of the embedding, the prompts and the decoder

  // ViT image encoder; depth 0 means TinyViT
  int64_t patch = 16;
  int64_t width = 768;
  int64_t depth = 12;
  int64_t heads = 12;
  int64_t window = 14;
  std::vector<int64_t> globalBlocks;

  // TinyViT image encoder
  std::vector<int64_t> stageWidths;
  std::vector<int64_t> stageDepths;
  std::vector<int64_t> stageHeads;
  std::vector<int64_t> stageWindows;
  std::vector<int64_t> mergeStrides;  ///< of the depthwise convolution after stage 0, 1, 2

  // mask decoder
  int64_t decoderHeads = 8;
  int64_t decoderMlp = 2048;
  int64_t iouHidden = 256;
  int64_t maskTokens = 4;

  int64_t grid() const { return frameSide / 16; }
  bool isTinyVit() const { return depth == 0; }
};

/// vit_b, vit_l, vit_h or vit_t; nothing for another name.
std::optional<SamConfiguration> samConfiguration(const std::string& architecture);

}  // namespace cyto::nn
