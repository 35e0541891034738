#include "core/session/session_export.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/embedding/image_fingerprint.h"
#include "core/inference/model_registry.h"

namespace cyto {

namespace {

using Model = std::pair<std::string, std::string>;  // name, hash of the weights

/// The model that most objects come from; of equal ones the first by name.
Model mostUsedModel(const ObjectTable& objects) {
  std::map<Model, int64_t> counts;
  for (const auto& [id, object] : objects) {
    const Provenance& provenance = object->provenance;
    if (object->state != ObjectState::kProposal && !provenance.model.empty()) {
      ++counts[{provenance.model, provenance.weightsHash}];
    }
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? Model() : most->first;
}

Result<std::string> dataSignatureOf(const ImageReference& image, const JobContext& job) {
  CYTO_ASSIGN(const auto source, io::openImage(image.path, {image.key}));
  if (source->info().shape != image.shape) {
    return Error(ErrorCode::kFormat, "'" + image.path.string() + "' has another size than the image of the project");
  }
  CYTO_ASSIGN(const ImageFingerprint fingerprint, fingerprintOf(*source, job));
  return fingerprint.dataSignature;
}

Result<io::CommitSignature> commitSignatureOf(const Document& document, const ImageReference& image,
                                              std::vector<std::string>& notices, const JobContext& job) {
  io::CommitSignature signature;
  const auto data = dataSignatureOf(image, job);
  if (data) {
    signature.dataSignature = *data;
  } else if (data.error().code() == ErrorCode::kCancelled) {
    return data.error();
  } else {
    notices.push_back("micro-sam will ask whether the store belongs to its image, because that could not be read: " +
                      data.error().message());
  }
  std::tie(signature.modelName, signature.modelHash) = mostUsedModel(document.objects);
  if (signature.modelName.empty()) return signature;
  if (const auto registry = ModelRegistry::loadDefault()) {
    if (const auto entry = registry->find(signature.modelName)) signature.modelType = entry->architecture;
  }
  return signature;
}

}  // namespace

Status exportLabelsOf(const Document& document, const ImageReference& image, const std::filesystem::path& path,
                      LabelFormat format, bool overwrites, std::vector<std::string>& notices, const JobContext& job) {
  ExportOptions options{overwrites, {}, job};
  if (format == LabelFormat::kMicroSam) {
    CYTO_TRY(checkTarget(path));  // before the image is read
    CYTO_ASSIGN(options.signature, commitSignatureOf(document, image, notices, job));
  }
  return exportDocument(document, path, format, options);
}

Status writeSideCar(const std::filesystem::path& path, const Document& document, ProvenanceContext context) {
  std::error_code failed;
  context.labels = std::filesystem::absolute(context.labels, failed).lexically_normal();
  return writeProvenance(path, document, context, true);
}

}  // namespace cyto
