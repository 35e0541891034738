#include "core/project/project_upkeep.h"

#include <chrono>

#include "core/project/folder/project_folder.h"

namespace cyto {

ProjectUpkeep::~ProjectUpkeep() {
  if (running_.valid()) running_.wait();
}

bool ProjectUpkeep::isDue() {
  if (running_.valid()) {
    if (running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    collect();
  }
  return journal_.lastSequence() - std::max(covered_, attempted_) >= options_.recordsBetweenCheckpoints;
}

void ProjectUpkeep::begin(Checkpoint checkpoint) {
  if (running_.valid()) collect();
  // A segment that is closed now can be packed the next time.
  std::shared_ptr<SegmentPacking> packing = journal_.nextPacking();
  if (journal_.segment_bytes() >= options_.segmentBytes) {
    if (Status started = journal_.startSegment(); !started) failure_ = started;
  }
  attempted_ = checkpoint.sequence;
  auto work = [path = ProjectFolder::checkpoint(folder_), packing,
               checkpoint = std::make_shared<const Checkpoint>(std::move(checkpoint))] {
    Outcome outcome{writeCheckpoint(path, *checkpoint), nullptr};
    if (packing && packing->run()) outcome.packing = packing;
    return outcome;
  };
  if (options_.isInBackground) {
    running_ = std::async(std::launch::async, std::move(work));
  } else {
    std::promise<Outcome> done;
    done.set_value(work());
    running_ = done.get_future();
    collect();
  }
}

Status ProjectUpkeep::finish() {
  if (running_.valid()) collect();
  return std::exchange(failure_, Status());
}

void ProjectUpkeep::collect() {
  Outcome outcome = running_.get();
  if (outcome.checkpoint) {
    covered_ = attempted_;
  } else {
    failure_ = outcome.checkpoint;
  }
  if (outcome.packing) {
    if (Status packed = journal_.finishPacking(*outcome.packing); !packed) failure_ = packed;
  }
}

}  // namespace cyto
