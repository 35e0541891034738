#include "app/cli/progress_printer.h"

#include <unistd.h>

#include <cstdio>

namespace cyto::cli {

namespace {

constexpr int kBarWidth = 30;
constexpr auto kLongestSilence = std::chrono::seconds(30);

std::string clockText(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld h %02lld min", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole / 60 % 60));
  } else if (whole >= 60) {
    std::snprintf(text, sizeof text, "%lld min %02lld s", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(whole));
  }
  return text;
}

/// What follows the name of the phase, from the semicolon on.
std::string noteOf(const Progress& progress) {
  const size_t begin = progress.phase.find("; ");
  return begin == std::string::npos ? "" : progress.phase.substr(begin);
}

std::string nameOf(const Progress& progress) { return progress.phase.substr(0, progress.phase.find("; ")); }

}  // namespace

ProgressPrinter::ProgressPrinter(bool silent) : silent_(silent), isTerminal_(::isatty(STDERR_FILENO) == 1) {}

void ProgressPrinter::show(const Progress& progress) {
  if (silent_ || progress.total <= 0) return;
  if (const std::string name = nameOf(progress); name != phase_) {
    endLine();
    phase_ = name;
    phaseStart_ = lastLine_ = Clock::now();
    firstDone_ = progress.done;
    lastTenth_ = 0;
  }
  isTerminal_ ? showBar(progress) : showLine(progress);
}

std::string ProgressPrinter::remaining(const Progress& progress) const {
  // What was done before the first report was not timed: it may be of an earlier run that this one goes on with.
  const int64_t timed = progress.done - firstDone_;
  if (timed <= 0 || progress.done >= progress.total) return "";
  const double spent = std::chrono::duration<double>(Clock::now() - phaseStart_).count();
  const double left = spent / static_cast<double>(timed) * static_cast<double>(progress.total - progress.done);
  return ", " + clockText(left) + " left";
}

void ProgressPrinter::showBar(const Progress& progress) {
  const auto filled = static_cast<int>(progress.done * kBarWidth / progress.total);
  const std::string bar =
      std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(kBarWidth - filled), '.');
  std::fprintf(stderr, "\r\033[K%s [%s] %lld/%lld%s%s", phase_.c_str(), bar.c_str(),
               static_cast<long long>(progress.done), static_cast<long long>(progress.total),
               remaining(progress).c_str(), noteOf(progress).c_str());
  lineIsOpen_ = true;
  if (progress.done == progress.total) endLine();
}

void ProgressPrinter::showLine(const Progress& progress) {
  const int64_t tenth = progress.done * 10 / progress.total;
  const auto now = Clock::now();
  if (tenth == lastTenth_ && now - lastLine_ < kLongestSilence) return;
  lastTenth_ = tenth;
  lastLine_ = now;
  std::fprintf(stderr, "%s: %lld of %lld (%lld %%)%s%s\n", phase_.c_str(), static_cast<long long>(progress.done),
               static_cast<long long>(progress.total), static_cast<long long>(progress.done * 100 / progress.total),
               remaining(progress).c_str(), noteOf(progress).c_str());
}

void ProgressPrinter::endLine() {
  if (lineIsOpen_) std::fputc('\n', stderr);
  lineIsOpen_ = false;
}

}  // namespace cyto::cli
