#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/session/live_session.h"

namespace cyto::ui {

/// The one place where answers of the session become Qt signals: everything here lives on the GUI thread, requests go
/// to the session's own threads and come back as signals. Several answers that arrive together give one signal with the
/// newest value.
class SessionBridge : public QObject {
  Q_OBJECT

 public:
  SessionBridge(ModelLoader loader, std::filesystem::path autosaveFolder, QObject* parent = nullptr);
  ~SessionBridge() override;

  /// Snapshots; the references stay valid until the next signal.
  const SessionState& state() const { return *state_; }
  std::shared_ptr<const SessionState> sharedState() const { return state_; }
  const std::optional<ObjectMask>& preview() const { return preview_; }
  const ModelState& model() const { return model_; }
  const EmbeddingState& embedding() const { return embedding_; }
  /// Oldest first; finished ones stay, at most twenty.
  const std::vector<SessionJob>& jobs() const { return jobs_; }

  LiveSession& session() { return *session_; }

  /// Carries out a session command (core/session/script.h).
  void execute(const QString& command);
  /// See LiveSession.
  void open(const QString& path);
  void saveAs(const QString& folder);
  void exportLabels(LabelFormat format, const QString& path, const QString& provenance = {});

  /// Commands that were asked for and are not done yet. `settled` follows when it falls to 0.
  int pending() const { return pending_; }

 Q_SIGNALS:
  void stateChanged();
  void previewChanged();
  void modelChanged();
  void embeddingChanged();
  void jobsChanged();
  void noticed(const cyto::Notice& notice);
  void printed(const QString& line);
  void thumbnailMade(const cyto::StepThumbnail& thumbnail);
  /// One of the requests above could not be carried out; `noticed` has said so too.
  void failed(const QString& sentence);
  void settled();

 private:
  struct Mailbox;

  LiveSession::Done counted();
  void collect();

  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<const SessionState> state_;
  std::optional<ObjectMask> preview_;
  ModelState model_;
  EmbeddingState embedding_;
  std::vector<SessionJob> jobs_;
  int pending_ = 0;
  std::unique_ptr<LiveSession> session_;  // last: its threads write to the mailbox
};

}  // namespace cyto::ui
