#pragma once

#include <QList>
#include <QString>
#include <optional>

namespace cyto::ui {

/// How long a job still takes, from its progress. The speed is taken over the last minute, so that it follows a
/// machine that becomes faster or slower.
class RemainingTime {
 public:
  /// Tells where the job is at a time of any monotone clock. A smaller `done` or another `total` starts over.
  void add(qint64 done, qint64 total, qint64 now_ms);

  /// Seconds from the last add(); nothing before two seconds have been seen, or while nothing moves.
  std::optional<qint64> seconds() const;

 private:
  struct Sample {
    qint64 done = 0;
    qint64 time_ms = 0;
  };

  QList<Sample> samples_;
  qint64 total_ = 0;
  qint64 now_ms_ = 0;
};

/// "45 s", "3 min", "2 h 10 min": as precise as a guess can be.
QString durationText(qint64 seconds);

}  // namespace cyto::ui
