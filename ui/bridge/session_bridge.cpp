#include "ui/bridge/session_bridge.h"

#include <QMetaObject>
#include <algorithm>

namespace cyto::ui {

// Filled by threads of the session, emptied by the GUI thread. Outlives the bridge while a thread still holds it.
struct SessionBridge::Mailbox {
  std::mutex mutex;
  SessionBridge* owner = nullptr;  // null when the bridge is gone
  bool isPosted = false;
  std::shared_ptr<const SessionState> state;
  bool hasPreview = false;
  std::optional<ObjectMask> preview;
  std::optional<ModelState> model;
  std::optional<EmbeddingState> embedding;
  std::vector<SessionJob> jobs;
  std::vector<Notice> notices;
  std::vector<std::string> lines;
  std::vector<StepThumbnail> thumbnails;
  std::vector<std::string> failures;
  int done = 0;

  /// Puts something in and wakes the GUI thread once for all that has gathered.
  template <typename Put>
  void put(Put change) {
    const std::lock_guard lock(mutex);
    change(*this);
    if (isPosted || !owner) return;
    isPosted = true;
    SessionBridge* target = owner;
    QMetaObject::invokeMethod(target, [target] { target->collect(); }, Qt::QueuedConnection);
  }
};

SessionBridge::SessionBridge(ModelLoader loader, std::filesystem::path autosaveFolder, QObject* parent)
    : QObject(parent), mailbox_(std::make_shared<Mailbox>()), state_(std::make_shared<SessionState>()) {
  mailbox_->owner = this;
  const auto box = mailbox_;
  LiveSession::Listener listener;
  listener.stateChanged = [box](std::shared_ptr<const SessionState> state) {
    box->put([&](Mailbox& mail) { mail.state = std::move(state); });
  };
  listener.previewChanged = [box](std::optional<ObjectMask> preview) {
    box->put([&](Mailbox& mail) {
      mail.hasPreview = true;
      mail.preview = std::move(preview);
    });
  };
  listener.modelChanged = [box](const ModelState& model) { box->put([&](Mailbox& mail) { mail.model = model; }); };
  listener.embeddingChanged = [box](const EmbeddingState& embedding) {
    box->put([&](Mailbox& mail) { mail.embedding = embedding; });
  };
  listener.jobChanged = [box](const SessionJob& job) { box->put([&](Mailbox& mail) { mail.jobs.push_back(job); }); };
  listener.noticed = [box](const Notice& notice) { box->put([&](Mailbox& mail) { mail.notices.push_back(notice); }); };
  listener.printed = [box](const std::string& line) { box->put([&](Mailbox& mail) { mail.lines.push_back(line); }); };
  listener.thumbnailMade = [box](StepThumbnail thumbnail) {
    box->put([&](Mailbox& mail) { mail.thumbnails.push_back(std::move(thumbnail)); });
  };
  session_ = std::make_unique<LiveSession>(std::move(loader), std::move(listener), std::move(autosaveFolder));
}

SessionBridge::~SessionBridge() {
  {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->owner = nullptr;
  }
  session_.reset();
}

LiveSession::Done SessionBridge::counted() {
  ++pending_;
  return [box = mailbox_](const Status& status) {
    box->put([&](Mailbox& mail) {
      ++mail.done;
      if (!status) mail.failures.push_back(status.error().message());
    });
  };
}

void SessionBridge::execute(const QString& command) { session_->execute(command.toStdString(), counted()); }

void SessionBridge::open(const QString& path) { session_->open(path.toStdString(), counted()); }

void SessionBridge::saveAs(const QString& folder) { session_->saveAs(folder.toStdString(), counted()); }

void SessionBridge::exportLabels(LabelFormat format, const QString& path, const QString& provenance) {
  session_->exportLabels(format, path.toStdString(), provenance.toStdString(), counted());
}

void SessionBridge::collect() {
  Mailbox news;
  {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->isPosted = false;
    news.state = std::exchange(mailbox_->state, nullptr);
    news.hasPreview = std::exchange(mailbox_->hasPreview, false);
    news.preview = std::exchange(mailbox_->preview, std::nullopt);
    news.model = std::exchange(mailbox_->model, std::nullopt);
    news.embedding = std::exchange(mailbox_->embedding, std::nullopt);
    news.jobs = std::exchange(mailbox_->jobs, {});
    news.notices = std::exchange(mailbox_->notices, {});
    news.lines = std::exchange(mailbox_->lines, {});
    news.thumbnails = std::exchange(mailbox_->thumbnails, {});
    news.failures = std::exchange(mailbox_->failures, {});
    news.done = std::exchange(mailbox_->done, 0);
  }
  if (news.model) {
    model_ = *std::move(news.model);
    Q_EMIT modelChanged();
  }
  if (news.state) {
    state_ = std::move(news.state);
    Q_EMIT stateChanged();
  }
  if (news.hasPreview) {
    preview_ = std::move(news.preview);
    Q_EMIT previewChanged();
  }
  if (news.embedding) {
    embedding_ = *std::move(news.embedding);
    Q_EMIT embeddingChanged();
  }
  for (SessionJob& job : news.jobs) {
    const auto known = std::find_if(jobs_.begin(), jobs_.end(), [&](const SessionJob& j) { return j.id == job.id; });
    if (known != jobs_.end()) {
      *known = std::move(job);
    } else {
      jobs_.push_back(std::move(job));
    }
  }
  constexpr size_t kJobsKept = 20;
  if (jobs_.size() > kJobsKept) jobs_.erase(jobs_.begin(), jobs_.end() - kJobsKept);
  if (!news.jobs.empty()) Q_EMIT jobsChanged();
  for (const Notice& notice : news.notices) Q_EMIT noticed(notice);
  for (const std::string& line : news.lines) Q_EMIT printed(QString::fromStdString(line));
  for (const StepThumbnail& thumbnail : news.thumbnails) Q_EMIT thumbnailMade(thumbnail);
  pending_ -= news.done;
  for (const std::string& sentence : news.failures) Q_EMIT failed(QString::fromStdString(sentence));
  if (news.done > 0 && pending_ == 0) Q_EMIT settled();
}

}  // namespace cyto::ui
