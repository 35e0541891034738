#include "ui/panels/remaining_time.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

namespace cyto::ui {
namespace {

constexpr qint64 kWindow_ms = 60'000;
constexpr qint64 kLeast_ms = 2'000;
constexpr qint64 kBetweenSamples_ms = 500;

QString translated(const char* text) { return QCoreApplication::translate("cyto::ui::RemainingTime", text); }

}  // namespace

void RemainingTime::add(qint64 done, qint64 total, qint64 now_ms) {
  if (total != total_ || (!samples_.isEmpty() && done < samples_.last().done)) samples_.clear();
  total_ = total;
  now_ms_ = now_ms;
  // The last sample moves along until it is old enough to be kept, so that at most 120 are kept.
  if (samples_.size() > 1 && now_ms - samples_[samples_.size() - 2].time_ms < kBetweenSamples_ms) samples_.removeLast();
  samples_.append({done, now_ms});
  while (samples_.size() > 2 && now_ms - samples_[1].time_ms > kWindow_ms) samples_.removeFirst();
}

std::optional<qint64> RemainingTime::seconds() const {
  if (samples_.size() < 2 || total_ <= 0) return std::nullopt;
  const Sample& first = samples_.first();
  const qint64 elapsed_ms = now_ms_ - first.time_ms;
  const qint64 moved = samples_.last().done - first.done;
  if (elapsed_ms < kLeast_ms || moved <= 0) return std::nullopt;
  const double left = static_cast<double>(std::max<qint64>(0, total_ - samples_.last().done));
  return static_cast<qint64>(std::llround(left * static_cast<double>(elapsed_ms) / static_cast<double>(moved) / 1000));
}

QString durationText(qint64 seconds) {
  const qint64 tens = (seconds + 5) / 10 * 10;
  if (seconds < 20) return translated("%1 s").arg(seconds);
  if (tens < 90) return translated("%1 s").arg(tens);
  const qint64 minutes = (seconds + 30) / 60;
  if (minutes < 60) return translated("%1 min").arg(minutes);
  if (minutes % 60 == 0 || minutes >= 600) return translated("%1 h").arg((minutes + 30) / 60);
  return translated("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
}

}  // namespace cyto::ui
