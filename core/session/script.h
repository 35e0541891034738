#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/annotation_session.h"

namespace cyto {

/// The words of one line. Words in "double" or 'single' quotes may hold spaces; `\"` and `\\` are known
/// within double quotes. A `#` that starts a word starts a comment. kInvalidArgument for an open quote.
Result<std::vector<std::string>> scriptWords(std::string_view line);

/// Carries out session commands, one a line:
///
///   open PATH                     model NAME|FILE
///   point T Z Y X +|-             box T Z Y0 X0 Y1 X1        clear
///   segment                       commit                     export tiff|png|ome-zarr PATH
///   hash                          count objects              expect objects == N   (or != < <= > >=)
///   wait idle [SECONDS]           quit
///
/// After a command that changes the state it prints `ack SEQ COMMAND`, SEQ counting from 1.
class Script {
 public:
  using Print = std::function<Status(const std::string& line)>;
  enum class Next { kGoOn, kQuit };

  Script(AnnotationSession& session, Print print) : session_(session), print_(std::move(print)) {}

  /// Errors are those of the command; kInvalidArgument for a line that is none.
  Result<Next> execute(std::string_view line, const JobContext& job);

 private:
  using Words = std::vector<std::string>;
  Result<Next> executeWords(const Words& words, const JobContext& job);
  Result<bool> change(const Words& words, const JobContext& job);
  Result<bool> ask(const Words& words, const JobContext& job);
  Status addPoint(const Words& words);
  Status addBox(const Words& words);
  Status segment(const JobContext& job);
  Status commit();
  Status expect(const Words& words);

  AnnotationSession& session_;
  Print print_;
  int64_t sequence_ = 0;
};

}  // namespace cyto
