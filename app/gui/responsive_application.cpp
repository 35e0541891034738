#include "app/gui/responsive_application.h"

#include <QElapsedTimer>
#include <QEvent>
#include <QMetaEnum>
#include <algorithm>
#include <utility>

namespace cyto::gui {

namespace {

constexpr size_t kLongestKept = 5;

}  // namespace

bool ResponsiveApplication::notify(QObject* receiver, QEvent* event) {
  if (!isWatching_ || depth_ > 0) return QApplication::notify(receiver, event);
  // Receiver and event may be gone afterwards.
  const QString what =
      QStringLiteral("%1 to %2")
          .arg(QString::fromLatin1(QMetaEnum::fromType<QEvent::Type>().valueToKey(event->type())),
               QString::fromLatin1(receiver->metaObject()->className()) + ' ' + receiver->objectName());
  QElapsedTimer watch;
  watch.start();
  ++depth_;
  const bool handled = QApplication::notify(receiver, event);
  --depth_;
  if (!std::exchange(isLeftOut_, false)) note(watch.nsecsElapsed() / 1000, what);
  return handled;
}

void ResponsiveApplication::beginWatch() {
  isWatching_ = true;
  tasks_ = 0;
  slow_ = 0;
  longest_.clear();
}

void ResponsiveApplication::note(qint64 took_us, const QString& what) {
  ++tasks_;
  if (took_us > kLimit_us) ++slow_;
  longest_.push_back({took_us, what});
  std::sort(longest_.begin(), longest_.end(), [](const Task& a, const Task& b) { return a.took_us > b.took_us; });
  if (longest_.size() > kLongestKept) longest_.pop_back();
}

QString ResponsiveApplication::report() const {
  QString text = QStringLiteral("%1 tasks on the GUI thread, %2 over 16 ms").arg(tasks_).arg(slow_);
  for (const Task& task : longest_) {
    text += QStringLiteral("\n  %1 ms  %2").arg(static_cast<double>(task.took_us) / 1000, 0, 'f', 1).arg(task.what);
  }
  return text;
}

}  // namespace cyto::gui
