#pragma once

#include <QObject>
#include <QString>

#include "core/base/job_queue.h"

namespace cyto::ui {

class MainWindow;

/// Finds out what a file is good for while an image is open, and offers it: labels that lie over the image can come in
/// as proposals or as objects, everything else is opened.
class LabelOffer : public QObject {
  Q_OBJECT

 public:
  /// The window must outlive it.
  explicit LabelOffer(MainWindow& window);
  ~LabelOffer() override;

  /// A file that was dropped: opened, or offered for import if it may be a label image.
  void offerDropped(const QString& path);
  /// A file that was chosen for import: offered, or why it cannot come in is told.
  void offerChosen(const QString& path);

  /// Whether a file is still being looked at.
  bool isLooking() const { return looking_ > 0; }

 private:
  void look(const QString& path, bool isChosen);
  void answer(const QString& path, bool isChosen, const Status& fits);

  MainWindow& window_;
  int looking_ = 0;
  JobQueue queue_{1};  // last: its thread uses the rest
};

}  // namespace cyto::ui
