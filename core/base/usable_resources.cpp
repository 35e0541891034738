#include "core/base/usable_resources.h"

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
double processorsOf(const fs::path& group) {
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

/// Bytes that one group may use. Version 2 says "max" where there is no limit, version 1 an absurdly large number.
double memoryOf(const fs::path& group) {
  for (const char* file : {"memory.max", "memory.limit_in_bytes"}) {
    double bytes = 0;
    if (std::istringstream(firstLine(group / file)) >> bytes && bytes > 0) return bytes;
  }
  return kNoLimit;
}

bool namesController(const std::string& controllers, const std::string& wanted) {
  return ("," + controllers + ",").find("," + wanted + ",") != std::string::npos;
}

using LimitOf = double(const fs::path& group);

/// The least of a group and all groups that it lies in.
double limitAlong(const fs::path& mount, const fs::path& group, LimitOf limitOf) {
  double least = limitOf(mount);
  fs::path at = mount;
  for (const fs::path& part : group.relative_path()) least = std::min(least, limitOf(at /= part));
  return least;
}

/// The least of all groups that this process lies in.
double groupLimit(const fs::path& root, const std::string& controller, LimitOf limitOf) {
  double limit = kNoLimit;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "id:controllers:/path", without controllers in version 2
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1), mounts = root / "sys/fs/cgroup";
    if (controllers.empty()) limit = std::min(limit, limitAlong(mounts, group, limitOf));
    if (namesController(controllers, controller)) {
      limit = std::min(limit, limitAlong(mounts / controller, group, limitOf));
    }
  }
  return limit;
}

double memoryOfMachine(const fs::path& root) {
  constexpr double kUnknown = 4.0 * (1 << 30);
  std::ifstream facts(root / "proc/meminfo");
  std::string name;
  double kilobytes = 0;
  return facts >> name >> kilobytes && name == "MemTotal:" && kilobytes > 0 ? kilobytes * 1024 : kUnknown;
}

}  // namespace

int usableProcessors(const fs::path& root) {
  const double allowed = std::max(1U, std::thread::hardware_concurrency());
  const double limit = std::min(allowed, groupLimit(root, "cpu", processorsOf));
  return std::max(1, static_cast<int>(std::ceil(limit - 1e-6)));
}

int64_t usableMemory_bytes(const fs::path& root) {
  return static_cast<int64_t>(std::min(memoryOfMachine(root), groupLimit(root, "memory", memoryOf)));
}

int64_t cacheBudget_bytes(int64_t wanted_bytes, const fs::path& root) {
  return std::min(wanted_bytes, usableMemory_bytes(root) / 8);
}

}  // namespace cyto
