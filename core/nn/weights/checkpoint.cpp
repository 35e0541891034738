#include "core/nn/weights/checkpoint.h"

#include <ATen/core/Tensor.h>

#include "core/nn/failures.h"
#include "core/nn/weights/adapters.h"
#include "core/nn/weights/safetensors.h"
#include "core/nn/weights/torch_archive.h"
#include "core/nn/weights/zip_archive.h"

namespace cyto::nn {

namespace {

Result<Checkpoint> read(const BinaryFile& file) {
  if (looksLikeZip(file)) return readTorchArchive(file);
  if (looksLikeSafetensors(file)) {
    CYTO_ASSIGN(NamedTensors tensors, readSafetensors(file));
    return separated(std::move(tensors));
  }
  const auto start = file.readText(0, 2);
  if (start && (*start)[0] == '\x80') {
    return Error(ErrorCode::kFormat,
                 "the checkpoint '" + file.path().string() +
                     "' has the form torch wrote before version 1.6; save it again with a newer torch");
  }
  return Error(ErrorCode::kFormat,
               "'" + file.path().string() + "' is no checkpoint; name a .pt, .pth or .safetensors file");
}

const at::Tensor* find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [key, tensor] : tensors) {
    if (key == name) return &tensor;
  }
  return nullptr;
}

}  // namespace

NamedTensors joined(Checkpoint checkpoint) {
  NamedTensors tensors = std::move(checkpoint.model);
  for (auto& [name, tensor] : checkpoint.decoder) {
    tensors.emplace_back(std::string(kInstanceDecoderPrefix) + name, std::move(tensor));
  }
  return tensors;
}

Checkpoint separated(NamedTensors tensors) {
  Checkpoint checkpoint;
  for (auto& [name, tensor] : tensors) {
    const bool isOfDecoder = name.starts_with(kInstanceDecoderPrefix);
    if (isOfDecoder) checkpoint.decoder.emplace_back(name.substr(kInstanceDecoderPrefix.size()), std::move(tensor));
    if (!isOfDecoder) checkpoint.model.emplace_back(name, std::move(tensor));
  }
  return checkpoint;
}

NamedTensors onDevice(NamedTensors weights, c10::Device device) {
  for (auto& [name, weight] : weights) weight = weight.to(device);
  return weights;
}

Result<Checkpoint> readCheckpoint(const std::filesystem::path& path) {
  CYTO_ASSIGN(const BinaryFile file, BinaryFile::open(path));
  auto checkpoint = catchFailures("reading '" + path.string() + "'", [&] { return read(file); });
  if (!checkpoint) return checkpoint;
  if (checkpoint->model.empty() && checkpoint->decoder.empty()) return file.damaged("it holds no weights");
  auto plain = catchFailures("reading the adapters in '" + path.string() + "'",
                             [&] { return withoutAdapters(std::move(checkpoint->model)); });
  if (!plain && plain.error().code() == ErrorCode::kOutOfMemory) return std::move(plain).error();
  if (!plain) return file.damaged(plain.error().message());
  checkpoint->model = *std::move(plain);
  return checkpoint;
}

std::string detectArchitecture(const NamedTensors& tensors) {
  if (const at::Tensor* patches = find(tensors, "image_encoder.patch_embed.proj.weight")) {
    switch (patches->dim() > 0 ? patches->size(0) : 0) {
      case 768: return "vit_b";
      case 1024: return "vit_l";
      case 1280: return "vit_h";
      default: return "";
    }
  }
  if (find(tensors, "image_encoder.patch_embed.seq.0.c.weight")) return "vit_t";
  if (find(tensors, "mask_decoder.iou_token.weight")) return "";
  for (const auto& [key, tensor] : tensors) {
    if (key.rfind("cyto.", 0) == 0) return "cyto_small";
  }
  return "";
}

}  // namespace cyto::nn
