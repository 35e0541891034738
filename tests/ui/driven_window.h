#pragma once

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTimer>
#include <functional>

#include "tests/support/temporary_folder.h"

namespace cyto::test {

/// For programs that drive the window: lets events happen until `isDone`; ends the program after two minutes.
inline void letHappenUntil(const std::function<bool()>& isDone) {
  constexpr qint64 kPatience_ms = 120'000;
  constexpr int kTurn_ms = 2;
  QElapsedTimer watch;
  watch.start();
  // Asleep between events: a loop that only looks would take the processor from what it waits for.
  QTimer turns;
  turns.start(kTurn_ms);
  while (!isDone()) {
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    if (watch.elapsed() > kPatience_ms) qFatal("the window did not come to rest");
  }
}

/// Settings, caches and projects of the program go to a folder of their own.
inline void liveIn(const TemporaryFolder& home) {
  for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}) {
    qputenv(name, QByteArray::fromStdString((home / name).string()));
  }
}

}  // namespace cyto::test
