#include "core/base/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

namespace cyto {

namespace {

namespace fs = std::filesystem;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

std::string firstLine(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// Processors that one group may use. Version 2 has "QUOTA PERIOD" or "max PERIOD" in one file, version 1 two files.
double limitOf(const fs::path& group) {
  double quota = 0, period = 0;
  if (std::istringstream(firstLine(group / "cpu.max")) >> quota >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  if (std::istringstream(firstLine(group / "cpu.cfs_quota_us")) >> quota &&
      std::istringstream(firstLine(group / "cpu.cfs_period_us")) >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  return kNoLimit;
}

/// The least of a group and all groups that it lies in.
double limitAlong(const fs::path& mount, const fs::path& group) {
  double least = limitOf(mount);
  fs::path at = mount;
  for (const fs::path& part : group.relative_path()) least = std::min(least, limitOf(at /= part));
  return least;
}

bool namesController(const std::string& controllers, const std::string& wanted) {
  return ("," + controllers + ",").find("," + wanted + ",") != std::string::npos;
}

}  // namespace

int usableProcessors(const fs::path& root) {
  const double allowed = std::max(1U, std::thread::hardware_concurrency());
  double limit = allowed;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "id:controllers:/path", without controllers in version 2
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1), mounts = root / "sys/fs/cgroup";
    if (controllers.empty()) limit = std::min(limit, limitAlong(mounts, group));
    if (namesController(controllers, "cpu")) limit = std::min(limit, limitAlong(mounts / "cpu", group));
  }
  return std::max(1, static_cast<int>(std::ceil(limit - 1e-6)));
}

}  // namespace cyto
