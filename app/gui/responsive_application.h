#pragma once

#include <QApplication>
#include <vector>

namespace cyto::gui {

/// An application that times every task of the GUI thread: how long one event keeps it busy. What takes longer than
/// kLimit_us is felt as a stutter, and counted.
class ResponsiveApplication : public QApplication {
 public:
  static constexpr qint64 kLimit_us = 16'000;

  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override;

  /// From now on tasks count; before, the window is being built.
  void beginWatch();
  /// The task that runs now does not count.
  void leaveOutTask() { isLeftOut_ = true; }

  /// "4,312 tasks on the GUI thread, 0 over 16 ms, the longest 9.3 ms"; with a line for each of the five longest.
  QString report() const;
  int slowTasks() const { return slow_; }

 private:
  struct Task {
    qint64 took_us = 0;
    QString what;
  };
  void note(qint64 took_us, const QString& what);

  bool isWatching_ = false;
  bool isLeftOut_ = false;
  int depth_ = 0;
  int tasks_ = 0;
  int slow_ = 0;
  std::vector<Task> longest_;
};

}  // namespace cyto::gui
