#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <set>
#include <vector>

#include "core/project/proposals.h"

class QAction;

namespace cyto::ui {

class MainWindow;
class ReviewBar;

/// Works through proposals and objects by keyboard: what is decided goes to the session, and the next proposal in
/// reading order is shown at once; one that could not be accepted is shown again.
class Review : public QObject {
  Q_OBJECT

 public:
  /// The window must outlive it. The choice of what accepted proposals leave alone is remembered.
  explicit Review(MainWindow& window);

  /// Builds the bar over the view, once the commands are there.
  void buildBar();

  /// Each returns an empty string, or why nothing was done. Without ids they are about what is selected.
  QString accept(const QList<quint32>& ids = {});
  QString reject(const QList<quint32>& ids = {});
  QString acceptAll();
  QString rejectAll();
  QString goToProposal(bool isForward);
  QString goToUnverified();

  PreserveMode mode() const { return mode_; }
  void setMode(PreserveMode mode);

  /// "objects", "pixels" or "none", as in the session command.
  static QString modeName(PreserveMode mode);

 private:
  void takeState();
  QString decide(const QString& command, const QList<quint32>& ids);
  /// Without those that were decided about a moment ago.
  template <typename Ids>
  std::vector<quint32> stillProposals(const Ids& ids) const;
  QString go(ObjectState state, bool isForward, const QString& nothing);

  MainWindow& window_;
  ReviewBar* bar_ = nullptr;
  PreserveMode mode_ = PreserveMode::kObjects;
  std::set<uint32_t> decided_;  // sent to the session, its answer is not there yet
};

}  // namespace cyto::ui
