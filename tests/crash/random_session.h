#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "core/inference/fake_model.h"
#include "core/session/script.h"

namespace cyto::test {

/// Everything of a document that a user made, as one text: labels, objects, the object in the making. Times of
/// provenance are left out, so that the same steps give the same text.
std::string fingerprintOf(const Document& document);

/// Writes the image of all random sessions: bright squares of 20 pixels, 200 x 300 in all; and beside it what their
/// proposals come from: label images of random rectangles and a prompt file.
void writeSquares(const std::filesystem::path& path);

/// A session with a model without a network that is given random commands.
class RandomSession {
 public:
  RandomSession();

  /// In a project folder, which is made when it is not there; in memory when it is empty.
  Status open(const std::filesystem::path& image, const std::filesystem::path& project);

  Status execute(const std::string& command);
  const AnnotationSession& session() const { return session_; }

 private:
  InferenceWorker worker_;
  AnnotationSession session_;
  Script script_;
};

/// Prompts, masks, commits, strokes, fills, deletions, proposals and decisions about them, verified objects, merging,
/// splitting, undo and redo; many do something, some are refused. `folder` is that of the image.
std::string randomCommand(std::mt19937_64& random, uint32_t nextId, const std::filesystem::path& folder);

}  // namespace cyto::test
