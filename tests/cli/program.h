#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cyto::test {

/// What a run of the program left behind.
struct ProgramRun {
  int exitCode = -1;  ///< 128 + signal when it was killed
  std::string out;
  std::string err;
};

/// One run of the real `cytoclick`. Output is kept in files, so that it may be long.
class Program {
 public:
  /// Starts at once. `environment` is added to the test's own.
  explicit Program(const std::vector<std::string>& arguments,
                   const std::map<std::string, std::string>& environment = {});
  /// Kills it when it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void send(int signal) const;
  bool isRunning();

  /// Blocks until it has ended.
  ProgramRun wait();

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::FILE* out_ = nullptr;
  std::FILE* err_ = nullptr;
};

/// Starts and waits.
ProgramRun runProgram(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment = {});

}  // namespace cyto::test
