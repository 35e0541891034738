#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/job_queue.h"
#include "core/session/annotation_session.h"
#include "core/session/history_tree.h"
#include "core/session/script.h"
#include "core/session/step_thumbnail.h"

namespace cyto {

/// What a window shows of a session: a snapshot by value that nobody changes.
struct SessionState {
  std::shared_ptr<const io::ImageSource> image;  ///< null: no image, or a project whose image is gone
  ImageReference reference;                      ///< what the project says about its image
  Document document;
  std::shared_ptr<const CurrentObject> current;  ///< null while the prompts are not answered
  bool isOpen = false;
  bool isAnswering = false;  ///< the mask of the prompts is being made
  uint32_t nextId = 1;

  std::filesystem::path project;       ///< empty: in memory only
  std::string readOnlyReason;          ///< empty: everything can be changed
  std::vector<Damage> damages;         ///< what of the project could not be read
  std::string imageProblem;            ///< why there is no image; a sentence
  std::filesystem::path refusedImage;  ///< was named as the image, but has another content
  int64_t savedAt_us = 0;

  HistoryTree history;    ///< all steps and where the document stands
  std::string undoLabel;  ///< empty: nothing to undo
  std::string redoLabel;
};

/// One sentence for the user.
struct Notice {
  enum class Severity { kInformation, kWarning, kError };
  Severity severity = Severity::kInformation;
  std::string text;
};

/// Work that takes a while besides embedding: opening, saving elsewhere, importing, exporting, finding all objects.
struct SessionJob {
  uint64_t id = 0;
  std::string name;
  std::string outcome = {};  ///< what it did, or why it failed
  bool isFinished = false;
  bool hasFailed = false;
  bool canCancel = false;
  Progress progress = {};  ///< total 0: its length is unknown
};

/// A session for a window: requests come back at once and are carried out in their order on a thread of its own; what
/// changed is told to the listener. An edit is shown only when it is on disk; commands that wait behind one another, as
/// those of a key that is held down, share one sync, for at most 50 ms (group commit, design §7). Everything a user
/// does is a session command (script.h), so a recorded session gives the same labels without a window. Thread-safe.
class LiveSession {
 public:
  /// Called on threads of the session; must return quickly and not call back synchronously.
  struct Listener {
    std::function<void(std::shared_ptr<const SessionState>)> stateChanged;
    /// The newest preview; empty when it was dropped.
    std::function<void(std::optional<ObjectMask>)> previewChanged;
    std::function<void(const ModelState&)> modelChanged;
    std::function<void(const EmbeddingState&)> embeddingChanged;
    std::function<void(const SessionJob&)> jobChanged;
    std::function<void(const Notice&)> noticed;
    std::function<void(const std::string&)> printed;  ///< lines that commands print, their acknowledgement included
    std::function<void(StepThumbnail)> thumbnailMade;
  };
  using Done = std::function<void(const Status&)>;

  /// Images that are opened get a project in `autosaveFolder`; empty: in memory.
  LiveSession(ModelLoader loader, Listener listener, std::filesystem::path autosaveFolder);
  /// Carries out the edits that were asked for, drops masks that are not there yet, and closes the project.
  ~LiveSession();

  /// Opens an image, or a project folder. An image that was worked on before goes on in its project.
  void open(std::filesystem::path path, Done done = {});

  /// Carries out one session command in live mode; a failure is noticed to the user and given to `done`, and so is what
  /// the command says to the user. One that takes labels in is a job; one that finds all objects is a job beside the
  /// commands that follow, and only taking in what was found waits for its turn.
  void execute(std::string command, Done done = {});

  /// Writes the labels as they are now, beside further edits; and their provenance when it names a file.
  void exportLabels(LabelFormat format, std::filesystem::path path, std::filesystem::path provenance = {},
                    Done done = {});

  /// Goes on in a copy of the project elsewhere.
  void saveAs(std::filesystem::path folder, Done done = {});

  /// Ends a job that can be cancelled; nothing of it stays.
  void cancelJob(uint64_t id);

  void loadModel(std::string nameOrFile) { worker_.loadModel(std::move(nameOrFile)); }

  /// Shows what a click would give; the newest wins.
  void preview(ObjectPrompts prompts);
  void cancelPreview();

  /// Gives up masks that were asked for; their prompts stay.
  void cancelAnswers() { worker_.cancelSegmentations(); }

  /// Makes a picture of a step; the answer comes with Listener::thumbnailMade, always, and empty when there is nothing
  /// to show or the history is another one by now. Edits come first.
  void requestThumbnail(StepThumbnailRequest request);

  void setAttention(const Attention& attention) { worker_.setAttention(attention); }
  bool isWarm(int64_t t, int64_t z, double y, double x) const { return worker_.isWarm(t, z, y, x); }

  /// From now on appends each command that changed something to a script for `cytoclick run`.
  Status record(const std::filesystem::path& path);

  /// Blocks until every request so far is carried out, its masks included. Not from a listener.
  void waitUntilIdle();

 private:
  struct Request {
    std::string command;
    Done done;
  };
  /// What a command has to say as soon as its edits are safe.
  struct Outcome {
    Request request;
    Status status;
    std::vector<std::string> printed;
    std::string recording;  ///< what a recording says of it; empty: nothing
  };
  using Requests = std::vector<Request>;

  void post(std::function<void()> work);
  void run(const Requests& requests);
  void runImport(const Request& request, const std::string& file);
  Outcome carryOut(const Request& request);
  Status settle(bool isAnswering);
  void acknowledge(const Outcome& outcome);
  void tellFailure(const Outcome& outcome) const;
  Status openNow(const std::filesystem::path& path);
  Status openImage(const std::filesystem::path& path);
  void beginFinding(const Request& request, AutomaticMode mode);
  void takeFound(const Request& request, const SessionJob& job, const std::shared_ptr<const io::ImageSource>& image,
                 Result<FoundObjects>& found);
  bool cancelFindings();
  void runJob(std::string name, const std::function<Result<std::string>()>& work, const Done& done) const;
  void finishJob(SessionJob job, const std::function<Result<std::string>()>& work, const Done& done) const;
  void publish(bool isAnswering);
  void forgetHistory() { history_.clear(); }
  Result<Edit> shownEdit(const StepThumbnailRequest& request) const;
  void tell(Notice::Severity severity, std::string text) const;
  void write(const std::string& command);

  Listener listener_;
  std::filesystem::path autosaveFolder_;
  InferenceWorker worker_;
  // Used on the thread of commands_ only.
  AnnotationSession session_;
  Script script_;
  std::ofstream recording_;
  std::vector<std::string> printed_;  // by the command that is being carried out
  std::vector<Outcome> outcomes_;     // of commands whose edits are not safe yet
  HistoryTree history_;

  std::mutex gathering_;
  std::shared_ptr<Requests> waiting_;  // the last thing in commands_, as long as it has not begun

  mutable std::atomic<uint64_t> nextJob_ = 1;
  std::mutex findingsMutex_;
  std::map<uint64_t, uint64_t> findings_;  // by job: the worker's number; until what was found is taken in
  std::atomic<uint64_t> previewEpoch_ = 0;
  std::atomic<bool> isClosing_ = false;
  JobQueue exports_{1};
  JobQueue thumbnails_{1};
  JobQueue commands_{1};  // last: its thread must not outlive what it uses
};

}  // namespace cyto
