#pragma once

#include <filesystem>
#include <future>
#include <memory>

#include "core/journal/journal.h"
#include "core/project/checkpoint.h"

namespace cyto {

/// When a project writes checkpoints and packs its journal. The defaults are for users; tests take small numbers.
struct UpkeepOptions {
  uint64_t recordsBetweenCheckpoints = 4096;
  uint64_t recordsWorthACheckpointAtTheEnd = 512;
  uint64_t segmentBytes = uint64_t{4} << 20;  ///< a segment of the journal that is larger is closed at a checkpoint
  bool isInBackground = true;                 ///< false: on the caller's thread, so that tests see one order of writes
};

/// Writes checkpoints of a project and packs its journal, on a thread beside the edits. Nothing of it is needed for the
/// state to be safe: what fails is tried again later. Used from the project's thread.
class ProjectUpkeep {
 public:
  /// `sequence` is that of the checkpoint that exists, 0 when there is none.
  ProjectUpkeep(std::filesystem::path folder, Journal& journal, UpkeepOptions options, uint64_t sequence)
      : folder_(std::move(folder)), journal_(journal), options_(options), covered_(sequence) {}
  ~ProjectUpkeep();
  ProjectUpkeep(const ProjectUpkeep&) = delete;
  ProjectUpkeep& operator=(const ProjectUpkeep&) = delete;

  /// Whether a checkpoint should be begun. Also uses what has been finished since.
  bool isDue();
  bool isWorthIt() const { return journal_.lastSequence() - covered_ >= options_.recordsWorthACheckpointAtTheEnd; }

  /// Begins a checkpoint of the present state, and the packing of one segment. Everything must be synced.
  void begin(Checkpoint checkpoint);

  /// Waits for what was begun. The error of the last checkpoint or packing that failed, if any since the last call.
  Status finish();

 private:
  struct Outcome {
    Status checkpoint;
    std::shared_ptr<SegmentPacking> packing;  // null when there was none or it failed
  };

  void collect();

  std::filesystem::path folder_;
  Journal& journal_;
  UpkeepOptions options_;
  uint64_t covered_ = 0;    // by the checkpoint on disk
  uint64_t attempted_ = 0;  // by the last that was begun
  std::future<Outcome> running_;
  Status failure_;
};

}  // namespace cyto
