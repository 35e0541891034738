#pragma once

#include <chrono>
#include <string>

#include "core/base/progress.h"

namespace cyto::cli {

/// Shows progress on stderr: a bar with the remaining time on a terminal, else a line each 10 % or
/// 30 s. What a phase says after "; " may change with every report and is shown last. Used from one thread.
class ProgressPrinter {
 public:
  /// With `silent` it prints nothing.
  explicit ProgressPrinter(bool silent);

  void show(const Progress& progress);

  /// Ends an unfinished bar so that the next message starts on its own line.
  void endLine();

 private:
  void showBar(const Progress& progress);
  void showLine(const Progress& progress);
  std::string remaining(const Progress& progress) const;

  using Clock = std::chrono::steady_clock;
  bool silent_;
  bool isTerminal_;
  bool lineIsOpen_ = false;
  std::string phase_;
  Clock::time_point phaseStart_;
  Clock::time_point lastLine_;
  int64_t firstDone_ = 0;  ///< of this phase, at its first report
  int64_t lastTenth_ = -1;
};

}  // namespace cyto::cli
