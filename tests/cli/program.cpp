#include "tests/cli/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace cyto::test {

namespace {

std::string contentOf(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char block[4096];
  while (const size_t count = std::fread(block, 1, sizeof block, file)) text.append(block, count);
  return text;
}

[[noreturn]] void becomeProgram(std::vector<char*> words, const std::map<std::string, std::string>& environment,
                                int out, int err) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  const int none = ::open("/dev/null", O_RDONLY);
  ::dup2(none, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execv(words[0], words.data());
  ::_exit(127);
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment)
    : out_(std::tmpfile()), err_(std::tmpfile()) {
  if (!out_ || !err_) throw std::runtime_error("no temporary file can be made");
  std::string path = CYTOCLICK_PROGRAM;
  std::vector<std::string> copies = arguments;
  std::vector<char*> words{path.data()};
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process can be started");
  if (pid_ == 0) becomeProgram(words, environment, ::fileno(out_), ::fileno(err_));
}

Program::~Program() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  std::fclose(out_);
  std::fclose(err_);
}

void Program::send(int signal) const {
  if (!ended_) ::kill(pid_, signal);
}

bool Program::isRunning() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

ProgramRun Program::wait() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, 0) == pid_;
  const int exitCode = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  return {exitCode, contentOf(out_), contentOf(err_)};
}

ProgramRun runProgram(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment) {
  return Program(arguments, environment).wait();
}

}  // namespace cyto::test
