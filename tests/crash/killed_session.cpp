// The child of kill_test: gives random commands to a project until it is killed. After each command that was carried
// out or refused it says, in one write, what must survive from here on:
//
//   ack FINGERPRINT BYTES      the state, and how long the journal is
//
// usage: killed_session IMAGE PROJECT SEED

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/crash/random_session.h"

namespace {

void acknowledge(const cyto::AnnotationSession& session) {
  std::error_code ignored;
  const auto journal = session.project()->folder() / "journal" / "00000001.log";
  const std::string line = "ack " + cyto::test::fingerprintOf(session.document()) + " " +
                           std::to_string(std::filesystem::file_size(journal, ignored)) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  std::mt19937_64 random(std::strtoull(argv[3], nullptr, 10));
  cyto::test::RandomSession user;
  if (const cyto::Status opened = user.open(argv[1], argv[2]); !opened) {
    std::fprintf(stderr, "%s\n", opened.error().message().c_str());
    return 2;
  }
  const std::filesystem::path folder = std::filesystem::path(argv[1]).parent_path();
  while (true) {
    acknowledge(user.session());
    // What is refused must change nothing, so it is acknowledged like the rest.
    [[maybe_unused]] const cyto::Status mayBeRefused =
        user.execute(cyto::test::randomCommand(random, user.session().nextId(), folder));
  }
}
