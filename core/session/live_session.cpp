#include "core/session/live_session.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include "core/session/autosave.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

InferenceWorker::Listener workerListener(const LiveSession::Listener& listener) {
  InferenceWorker::Listener passed{listener.modelChanged, listener.embeddingChanged, {}};
  if (listener.noticed) {
    passed.embeddingFailed = [noticed = listener.noticed](const Error& error) {
      noticed({Notice::Severity::kWarning, "The embeddings could not be computed ahead: " + error.message()});
    };
  }
  return passed;
}

/// Whether a command may put another history in the place of this one.
bool replacesHistory(const std::string& command) {
  const std::string_view word = std::string_view(command).substr(0, command.find(' '));
  return word == "open" || word == "project" || word == "save";
}

/// How a command finds all objects with the model, when it does.
std::optional<AutomaticMode> findsAll(const std::string& command) {
  const auto words = scriptWords(command);
  return words ? automaticModeOf(*words) : std::nullopt;
}

// How lines begin that are for the user.
constexpr std::string_view kWarning = "warning ";
constexpr std::string_view kNotice = "notice ";

/// The label file of a command that takes one in; such commands are jobs.
std::optional<std::string> fileTakenIn(const std::string& command) {
  const auto words = scriptWords(command);
  if (!words || words->size() < 3 || ((*words)[0] != "import" && (*words)[0] != "propose")) return {};
  return (*words)[2];
}

/// Whether the edits of a command may become safe a little later, together with those of the commands behind it. Not
/// when they are to be shown while a mask is made, and not when another project takes the place of this one.
bool mayShareSync(const std::string& command) {
  static constexpr std::string_view kQuick[] = {"paint",  "erase",    "fill",   "delete", "merge", "split", "class",
                                                "verify", "unverify", "accept", "reject", "undo",  "redo",  "goto"};
  const std::string_view word = std::string_view(command).substr(0, command.find(' '));
  return std::find(std::begin(kQuick), std::end(kQuick), word) != std::end(kQuick);
}

constexpr std::chrono::milliseconds kLongestGroup{50};

bool isRecorded(const std::string& command) {
  for (const char* question : {"hash", "count", "expect", "wait", "save", "project"}) {
    if (command.rfind(question, 0) == 0) return false;
  }
  return true;
}

}  // namespace

LiveSession::LiveSession(ModelLoader loader, Listener listener, fs::path autosaveFolder)
    : listener_(std::move(listener)),
      autosaveFolder_(std::move(autosaveFolder)),
      worker_(std::move(loader), workerListener(listener_)),
      session_(worker_),
      script_(session_, worker_, [this](const std::string& line) -> Status {
        printed_.push_back(line);
        return {};
      }) {
  script_.onPromptsChanged([this] { return settle(true); });
  commands_.post(JobPriority::kClick,
                 [this](const CancelToken&) { [[maybe_unused]] const auto always = script_.execute("live on", {}); });
}

LiveSession::~LiveSession() {
  isClosing_ = true;
  worker_.cancelPreview();
  const auto last = std::make_shared<std::promise<void>>();
  std::future<void> isDone = last->get_future();
  commands_.post(JobPriority::kBatch, [last](const CancelToken&) { last->set_value(); });
  // Edits are carried out; a mask that one of them still waits for is given up, and so are objects to be found.
  // Findings are looked for after the last command, which may be the one that begins one: its answer is posted to
  // commands_, which must still be there.
  while (isDone.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready || cancelFindings()) {
    cancelFindings();
    worker_.cancelSegmentations();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  exports_.waitUntilIdle();
}

void LiveSession::waitUntilIdle() {
  commands_.waitUntilIdle();
  worker_.waitUntilIdle();
  commands_.waitUntilIdle();  // what was found is taken in
  exports_.waitUntilIdle();
}

// --- commands --------------------------------------------------------------------------------------------------------

void LiveSession::execute(std::string command, Done done) {
  const std::lock_guard lock(gathering_);
  if (!waiting_) {
    waiting_ = std::make_shared<Requests>();
    commands_.post(JobPriority::kClick, [this, gathered = waiting_](const CancelToken&) {
      {
        const std::lock_guard begun(gathering_);
        if (waiting_ == gathered) waiting_.reset();
      }
      run(*gathered);
    });
  }
  waiting_->push_back({std::move(command), std::move(done)});
}

// What is no command comes after those that wait, and before those that follow.
void LiveSession::post(std::function<void()> work) {
  const std::lock_guard lock(gathering_);
  waiting_.reset();
  commands_.post(JobPriority::kClick, [work = std::move(work)](const CancelToken&) { work(); });
}

void LiveSession::run(const Requests& requests) {
  auto groupBegan = std::chrono::steady_clock::now();
  for (size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    if (const auto file = fileTakenIn(request.command)) {
      runImport(request, *file);
      continue;
    }
    if (const auto mode = findsAll(request.command); mode && session_.image()) {
      beginFinding(request, *mode);
      continue;
    }
    const bool isFirst = outcomes_.empty();
    const bool mayWait = mayShareSync(request.command) && i + 1 < requests.size() &&
                         mayShareSync(requests[i + 1].command) && !isClosing_;
    if (isFirst) groupBegan = std::chrono::steady_clock::now();
    if (isFirst && mayWait) session_.beginGroup();
    outcomes_.push_back(carryOut(request));
    const bool isLong = std::chrono::steady_clock::now() - groupBegan > kLongestGroup;
    if (!mayWait || isLong) [[maybe_unused]]
      const Status told = settle(false);
  }
}

LiveSession::Outcome LiveSession::carryOut(const Request& request) {
  const std::string& command = request.command;
  std::string recording;
  if (isClosing_) {
    [[maybe_unused]] const auto always = script_.execute("live off", {});
    recording = "live off\n";
  }
  printed_.clear();
  const auto position = [this] { return session_.project() ? session_.project()->history().current() : 0; };
  const uint64_t before = position();
  const auto result = script_.execute(command, {});
  if (replacesHistory(command)) forgetHistory();
  Outcome outcome{request, result ? Status() : Status(result.error()), std::move(printed_), {}};
  if (result && isRecorded(command)) outcome.recording = recording + command;
  // The prompt stays when its mask was given up, or cannot be made; so must it in the recording.
  if (!result && position() != before) outcome.recording = "live off\n" + command + "\nlive on";
  return outcome;
}

// Makes the edits of the commands so far safe, shows them, and answers.
Status LiveSession::settle(bool isAnswering) {
  const Status safe = session_.endGroup();
  std::vector<Outcome> outcomes = std::exchange(outcomes_, {});
  publish(isAnswering && safe);
  if (!safe) tell(Notice::Severity::kError, safe.error().message());
  for (Outcome& outcome : outcomes) {
    const bool isTakenBack = !safe && outcome.status;
    if (isTakenBack) outcome = {outcome.request, safe, {}, {}};
    acknowledge(outcome);
    if (!isTakenBack) tellFailure(outcome);
    if (outcome.request.done) outcome.request.done(outcome.status);
  }
  return safe;
}

void LiveSession::acknowledge(const Outcome& outcome) {
  if (!outcome.recording.empty()) write(outcome.recording);
  for (const std::string& line : outcome.printed) {
    if (listener_.printed) listener_.printed(line);
    if (line.starts_with(kWarning)) tell(Notice::Severity::kWarning, line.substr(kWarning.size()));
    if (line.starts_with(kNotice)) tell(Notice::Severity::kInformation, line.substr(kNotice.size()));
  }
}

void LiveSession::tellFailure(const Outcome& outcome) const {
  if (outcome.status || outcome.status.error().code() == ErrorCode::kCancelled) return;
  // That an image has another content is a question, which the state asks.
  const bool isQuestion = outcome.request.command.starts_with("relink ") && !session_.refusedImage().empty();
  if (!isQuestion) tell(Notice::Severity::kError, outcome.status.error().message());
}

void LiveSession::open(fs::path path, Done done) {
  post([this, path = std::move(path), done = std::move(done)] {
    const auto work = [&]() -> Result<std::string> {
      const Status opened = openNow(path);
      if (opened) forgetHistory();
      publish(false);
      CYTO_TRY(opened);
      return std::string("Opened");
    };
    runJob("Opening " + path.filename().string(), work, done);
  });
}

Status LiveSession::openNow(const fs::path& path) {
  if (isProject(path)) {
    CYTO_TRY(session_.openProject(path));
  } else {
    CYTO_TRY(openImage(path));
  }
  // Why nothing can be changed is part of the state, and so is a missing image.
  for (const std::string& notice : session_.notices()) {
    if (notice == session_.project()->readOnlyReason() || notice == session_.imageProblem()) continue;
    tell(Notice::Severity::kWarning, notice);
  }
  write("open " + quotedWord(session_.project()->image().path.string()));
  return {};
}

Status LiveSession::openImage(const fs::path& path) {
  if (autosaveFolder_.empty()) return session_.open(path, {});
  // What cannot be opened as an image must not leave a project behind, so the image comes first.
  CYTO_ASSIGN(const auto image, io::openImage(path));
  CYTO_ASSIGN(const fs::path project, autosaveProject(autosaveFolder_, path));
  if (isProject(project)) {
    const Status opened = session_.openProject(project);
    // Damaged work is shown as far as it can be read; a copy of it can be repaired.
    const bool isDamaged = opened && !session_.project()->damages().empty();
    const bool isUsable = opened && session_.image() && (isDamaged || session_.project()->readOnlyReason().empty());
    if (!opened) {
      tell(Notice::Severity::kWarning, "What you did on this image before, in '" + project.string() +
                                           "', cannot be opened and stays as it is (" + opened.error().message() +
                                           "). You start anew.");
    }
    if (isUsable && !isDamaged && !session_.project()->history().steps().empty()) {
      tell(Notice::Severity::kInformation, "You have worked on this image before; everything is as you left it.");
    }
    if (isUsable) return {};
  }
  fs::path fresh = project;
  std::error_code ignored;
  for (int number = 2; fs::exists(fresh, ignored); ++number) {
    fresh = project;
    fresh.replace_filename(project.stem().string() + "-" + std::to_string(number) + ".cyto");
  }
  const Status created = session_.open(path, {}, fresh);
  if (created) return {};
  tell(Notice::Severity::kWarning, "Your work cannot be kept in '" + autosaveFolder_.string() + "' (" +
                                       created.error().message() + "). Save the project elsewhere before you start.");
  return session_.open(path, {});
}

// --- previews --------------------------------------------------------------------------------------------------------

void LiveSession::preview(ObjectPrompts prompts) {
  // While the pointer moves on, the mask of a moment ago is better than none; only a dropped preview shows nothing.
  const uint64_t epoch = previewEpoch_;
  worker_.preview(std::move(prompts), [this, epoch](Result<ObjectMask> answer) {
    if (!answer || epoch != previewEpoch_ || !listener_.previewChanged) return;
    listener_.previewChanged(*std::move(answer));
  });
}

void LiveSession::cancelPreview() {
  ++previewEpoch_;
  worker_.cancelPreview();
  if (listener_.previewChanged) listener_.previewChanged(std::nullopt);
}

// --- thumbnails ------------------------------------------------------------------------------------------------------

Result<Edit> LiveSession::shownEdit(const StepThumbnailRequest& request) const {
  const Project* project = session_.project();
  if (isClosing_ || !project || request.origin != history_.origin()) {
    return Error(ErrorCode::kCancelled, "the history is another one by now");
  }
  CYTO_ASSIGN(Edit last, project->editAt(request.last));
  if (request.first == request.last || hasPlace(last)) return last;
  return project->editAt(request.first);
}

void LiveSession::requestThumbnail(StepThumbnailRequest request) {
  if (!listener_.thumbnailMade) return;
  // The edit is read between the user's commands, the picture is made beside them.
  commands_.post(JobPriority::kPrefetch, [this, request = std::move(request)](const CancelToken&) {
    const auto edit = shownEdit(request);
    if (!edit) return listener_.thumbnailMade({request.origin, request.last, request.ticket, request.side_px, {}});
    const Shape shape = session_.project()->image().shape;
    thumbnails_.post(JobPriority::kVisible, [this, request, shape, edit = *edit](const CancelToken& cancel) {
      StepThumbnail thumbnail{request.origin, request.last, request.ticket, request.side_px, {}};
      if (!isClosing_) thumbnail.pixels = renderStepThumbnail(edit, shape, request, {cancel, {}});
      listener_.thumbnailMade(std::move(thumbnail));
    });
  });
}

// --- telling ---------------------------------------------------------------------------------------------------------

void LiveSession::publish(bool isAnswering) {
  if (!listener_.stateChanged) return;
  auto state = std::make_shared<SessionState>();
  if (const Project* project = session_.project()) {
    state->isOpen = true;
    state->image = session_.image();
    state->reference = project->image();
    state->reference.scale = project->document().settings.scale;
    state->document = project->document();
    state->current = session_.current();
    state->nextId = project->nextId();
    state->project = project->folder();
    state->readOnlyReason = project->readOnlyReason();
    state->savedAt_us = project->savedAt_us();
    state->damages = project->damages();
    state->imageProblem = session_.imageProblem();
    state->refusedImage = session_.refusedImage();
    history_.follow(project->history());
    state->history = history_;
    state->undoLabel = project->history().undoLabel().value_or("");
    state->redoLabel = project->history().redoLabel().value_or("");
  }
  state->isAnswering = isAnswering;
  listener_.stateChanged(std::move(state));
}

void LiveSession::tell(Notice::Severity severity, std::string text) const {
  if (listener_.noticed) listener_.noticed({severity, std::move(text)});
}

Status LiveSession::record(const fs::path& path) {
  std::ofstream file(path, std::ios::trunc);
  if (!file) return Error(ErrorCode::kIo, "the recording '" + path.string() + "' cannot be written; check the path");
  file << "live on\n" << std::flush;
  auto shared = std::make_shared<std::ofstream>(std::move(file));
  post([this, shared] { recording_ = std::move(*shared); });
  return {};
}

void LiveSession::write(const std::string& command) {
  if (recording_.is_open()) recording_ << command << '\n' << std::flush;
}

}  // namespace cyto
