// The child of kill_test that works on a project itself, with a checkpoint, a packing or both under way most of the
// time. When it has opened the project, and after each step, it says in one write what must survive from here on:
//
//   ack SEQUENCE CURRENT STATE DOCUMENT HISTORY      the last record, where the document stands, what there is
//
// usage: killed_project PROJECT SEED background|at-once STEPS [CALL]
//
// It works until it is killed, or for so many steps when that is not 0. With CALL it kills itself before its CALL-th
// call that changes something in the project; of a call that writes it carries out a half when CALL is negative.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/crash/disk_calls.h"
#include "tests/crash/random_project.h"
#include "tests/crash/random_session.h"

namespace {

using namespace cyto;

void acknowledge(const Project& project) {
  const std::string line = "ack " + std::to_string(project.lastSequence()) + " " +
                           std::to_string(project.history().current()) + " " + test::stateOf(project) + " " +
                           test::fingerprintOf(project.document()) + " " +
                           test::historyUpTo(project, project.lastSequence()) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

/// Kills this program at its n-th call.
class Killer {
 public:
  explicit Killer(int call) : left_(std::abs(call)), writesHalf_(call < 0) {}

  test::DiskAnswer answer(const test::DiskCall& call) {
    if (isKilling_) die();
    if (left_ == 0 || --left_ > 0) return {};
    const bool isWrite = call.kind == test::DiskCall::Kind::kWrite && call.bytes.size() > 1;
    if (!writesHalf_ || !isWrite) die();
    // Whoever writes comes back for the rest.
    isKilling_ = true;
    return {0, call.bytes.size() / 2, false};
  }

 private:
  static void die() { ::kill(::getpid(), SIGKILL); }

  int left_;
  bool writesHalf_;
  bool isKilling_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 1;
  const std::string folder = argv[1];
  std::mt19937_64 random(std::strtoull(argv[2], nullptr, 10));
  const bool isInBackground = std::string(argv[3]) == "background";
  const int steps = std::atoi(argv[4]);
  Killer killer(argc > 5 ? std::atoi(argv[5]) : 0);
  const test::DiskWatch watch(folder, [&](const test::DiskCall& call) { return killer.answer(call); });
  const auto project = Project::open(folder, test::busyUpkeep(isInBackground));
  if (!project) {
    std::fprintf(stderr, "%s\n", project.error().message().c_str());
    return 2;
  }
  acknowledge(**project);
  for (int i = 0; steps == 0 || i < steps; ++i) {
    if (const Status done = test::randomStep(**project, random); !done) {
      std::fprintf(stderr, "%s\n", done.error().message().c_str());
      return 2;
    }
    acknowledge(**project);
  }
  return 0;
}
