// What takes a while: the part of LiveSession that tells how far it is.

#include <memory>
#include <utility>

#include "core/project/exchange/english.h"
#include "core/session/live_session.h"
#include "core/session/session_export.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

/// What a command that takes labels in says of their number: "12 objects".
std::string countIn(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    for (const std::string kind : {"object", "proposal"}) {
      if (line.starts_with(kind + "s ")) return counted(std::atoll(line.c_str() + kind.size() + 2), kind);
    }
  }
  return "nothing";
}

Error cancelled(const char* why) { return Error(ErrorCode::kCancelled, why); }

}  // namespace

// --- finding all objects ---------------------------------------------------------------------------------------------

void LiveSession::beginFinding(const Request& request, AutomaticMode mode) {
  SessionJob job{nextJob_++, "Segmenting all objects"};
  job.canCancel = true;
  if (listener_.jobChanged) listener_.jobChanged(job);
  const std::shared_ptr<const io::ImageSource> image = session_.image();
  const auto answered = [this, request, job, image](Result<FoundObjects> answer) {
    const auto found = std::make_shared<Result<FoundObjects>>(std::move(answer));
    post([this, request, job, image, found] { takeFound(request, job, image, *found); });
  };
  const auto advanced = [this, job](const Progress& progress) {
    SessionJob now = job;
    now.progress = progress;
    if (listener_.jobChanged) listener_.jobChanged(now);
  };
  const std::lock_guard lock(findingsMutex_);
  findings_[job.id] = worker_.findObjects(mode, answered, advanced);
}

void LiveSession::takeFound(const Request& request, const SessionJob& job,
                            const std::shared_ptr<const io::ImageSource>& image, Result<FoundObjects>& found) {
  const auto work = [&]() -> Result<std::string> {
    if (!found) return std::move(found).error();
    if (session_.image() != image) return cancelled("another image was opened meanwhile");
    session_.keepFound(*std::move(found));
    const Outcome outcome = carryOut(request);
    publish(false);
    acknowledge(outcome);
    CYTO_TRY(outcome.status);
    const std::string summary = "Found " + countIn(outcome.printed);
    tell(Notice::Severity::kInformation, summary + ". Accept or reject them one by one, or all at once.");
    return summary;
  };
  finishJob(job, work, request.done);
  const std::lock_guard lock(findingsMutex_);
  findings_.erase(job.id);
}

void LiveSession::cancelJob(uint64_t id) {
  const std::lock_guard lock(findingsMutex_);
  const auto found = findings_.find(id);
  if (found != findings_.end()) worker_.cancelFinding(found->second);
}

/// Whether there was one.
bool LiveSession::cancelFindings() {
  const std::lock_guard lock(findingsMutex_);
  for (const auto& [job, number] : findings_) worker_.cancelFinding(number);
  return !findings_.empty();
}

// --- files -----------------------------------------------------------------------------------------------------------

void LiveSession::runImport(const Request& request, const std::string& file) {
  const auto work = [&]() -> Result<std::string> {
    const Outcome outcome = carryOut(request);
    publish(false);
    acknowledge(outcome);
    CYTO_TRY(outcome.status);
    return "Imported " + countIn(outcome.printed);
  };
  runJob("Importing " + fs::path(file).filename().string(), work, request.done);
}

void LiveSession::saveAs(fs::path folder, Done done) {
  post([this, folder = std::move(folder), done = std::move(done)] {
    const auto work = [&]() -> Result<std::string> {
      const Status saved = session_.saveAs(folder);
      if (saved) forgetHistory();
      publish(false);
      CYTO_TRY(saved);
      return "Saved " + folder.string();
    };
    runJob("Saving " + folder.filename().string(), work, done);
  });
}

void LiveSession::exportLabels(LabelFormat format, fs::path path, fs::path provenance, Done done) {
  const auto begin = [this, format, path = std::move(path), provenance = std::move(provenance),
                      done = std::move(done)] {
    const auto check = [&]() -> Status {
      if (!session_.project()) return Error(ErrorCode::kInvalidArgument, "no image is open");
      CYTO_TRY(checkTarget(path));
      return provenance.empty() ? Status() : checkTarget(provenance);
    };
    const Status ready = check();
    if (!ready) {
      tell(Notice::Severity::kError, ready.error().message());
      if (done) done(ready);
      return;
    }
    write("export " + std::string(labelFormatName(format)) + " " + quotedWord(path.string()) +
          (provenance.empty() ? "" : " " + quotedWord(provenance.string())));
    const Document document = session_.document();
    const ProvenanceContext context{session_.project()->folder(), session_.project()->image(), path};
    exports_.post(JobPriority::kBatch, [this, format, provenance, document, context, done](const CancelToken&) {
      std::vector<std::string> notices;
      const auto work = [&]() -> Result<std::string> {
        CYTO_TRY(exportLabelsOf(document, context.image, context.labels, format, true, notices, {}));
        if (!provenance.empty()) CYTO_TRY(writeSideCar(provenance, document, context));
        return "Exported " + context.labels.string();
      };
      runJob("Exporting " + context.labels.filename().string(), work, done);
      for (const std::string& notice : notices) tell(Notice::Severity::kWarning, notice);
    });
  };
  // The snapshot is taken in the order of the commands, the file is written beside them.
  post(begin);
}

// --- telling ---------------------------------------------------------------------------------------------------------

void LiveSession::runJob(std::string name, const std::function<Result<std::string>()>& work, const Done& done) const {
  SessionJob job{nextJob_++, std::move(name)};
  if (listener_.jobChanged) listener_.jobChanged(job);
  finishJob(std::move(job), work, done);
}

void LiveSession::finishJob(SessionJob job, const std::function<Result<std::string>()>& work, const Done& done) const {
  const Result<std::string> outcome = work();
  const bool isCancelled = !outcome && outcome.error().code() == ErrorCode::kCancelled;
  job.isFinished = true;
  job.hasFailed = !outcome && !isCancelled;
  job.outcome = outcome ? *outcome : isCancelled ? "Cancelled" : outcome.error().message();
  if (listener_.jobChanged) listener_.jobChanged(job);
  if (job.hasFailed) tell(Notice::Severity::kError, job.outcome);
  if (done) done(outcome ? Status() : Status(outcome.error()));
}

}  // namespace cyto
