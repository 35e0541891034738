// Steps of taking the lock:
//
//   1. open LOCK for reading and writing, make it when missing; no permission or a read-only disk: no lock.
//   2. flock it exclusively without waiting; held: no lock, LOCK says who holds it.
//   3. LOCK names another host: that machine may not see our flock (network file systems), so no lock.
//   4. LOCK names this host: its process is dead, or step 2 had failed; the lock is taken over.
//   5. write our pid, host and time; sync.
// Releasing: truncate LOCK to nothing, close.

#include "core/project/folder/project_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"

namespace cyto {

namespace {

using nlohmann::json;

std::string hostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

json holderIn(int descriptor) {
  char text[1024];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  if (length <= 0) return nullptr;
  json holder = json::parse(text, text + length, nullptr, false);
  return holder.is_object() ? holder : json(nullptr);
}

std::string hostOf(const json& holder) {
  return holder.is_object() && holder.contains("host") && holder["host"].is_string() ? holder["host"].get<std::string>()
                                                                                     : std::string();
}

std::string inUse(const json& holder) {
  const std::string host = hostOf(holder);
  std::string who = "another window or program";
  if (!host.empty()) who += " on " + host;
  return "The project is open in " + who + ", so it can only be looked at here.";
}

}  // namespace

ProjectLock::Attempt ProjectLock::acquire(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "LOCK";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return {nullptr,
            "The project folder cannot be written (" + systemErrorText(errno) +
                "), so it can only be looked at. Save it elsewhere to go on working.",
            false};
  }
  std::unique_ptr<ProjectLock> lock(new ProjectLock(descriptor));
  const bool isHeld = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const json holder = holderIn(descriptor);
  const std::string host = hostName();
  if (isHeld || (holder.is_object() && hostOf(holder) != host)) {
    lock->descriptor_ = -1;
    ::close(descriptor);
    std::string refusal = inUse(holder);
    if (!isHeld) refusal += " If that program is gone, delete the file LOCK in the project folder.";
    return {nullptr, refusal, false};
  }
  const std::string text = json{{"pid", ::getpid()}, {"host", host}, {"time", std::time(nullptr)}}.dump() + "\n";
  const bool isWritten = ::ftruncate(descriptor, 0) == 0 &&
                         ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(descriptor) == 0;
  if (!isWritten) {
    return {nullptr,
            "The project folder takes no data (" + systemErrorText(errno) +
                "), so it can only be looked at. Free space or save it elsewhere.",
            false};
  }
  return {std::move(lock), "", holder.is_object()};
}

ProjectLock::~ProjectLock() {
  if (descriptor_ < 0) return;
  // The lock goes with the file; an empty LOCK tells the next opener that this one ended well.
  [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, 0);
  ::close(descriptor_);
}

}  // namespace cyto
