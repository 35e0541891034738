#include "core/base/log.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <mutex>

namespace cyto::log {

// A bare GPU server has no spdlog (the engine preset builds with LibTorch alone), and one timestamped
// line per message is all that support needs; so the front writes the file itself.
namespace {

struct Sink {
  std::mutex mutex;
  std::ofstream file;
  Level lowest = Level::kInfo;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

const char* name(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "error";
}

}  // namespace

Status openFile(const std::filesystem::path& path, Level lowest) {
  Sink& target = sink();
  const std::lock_guard lock(target.mutex);
  target.file = std::ofstream(path, std::ios::app);
  target.lowest = lowest;
  if (!target.file) {
    return Error(ErrorCode::kIo, "cannot write the log file '" + path.string() + "'; choose another place");
  }
  return {};
}

void write(Level level, std::string_view message) {
  Sink& target = sink();
  const std::lock_guard lock(target.mutex);
  if (!target.file.is_open() || level < target.lowest) return;
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
  target.file << stamp << ' ' << name(level) << ' ' << message << std::endl;
}

}  // namespace cyto::log
