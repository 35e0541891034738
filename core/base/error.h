#pragma once

#include <string>
#include <utility>

namespace cyto {

/// What kind of thing went wrong. Only the programs turn a code into an exit status.
enum class ErrorCode {
  kInvalidArgument,  ///< the caller asked for something that makes no sense
  kNotFound,         ///< a file, key, model or object does not exist
  kIo,               ///< the operating system refused to read or write
  kFormat,           ///< a file is damaged, hostile or of a kind we do not read
  kModel,            ///< weights or a network do not fit
  kOutOfMemory,
  kCancelled,  ///< the user asked to stop; never shown as a failure
  kInternal,   ///< a third-party library failed in a way we did not expect
};

/// A failure that a user can read: one sentence that names the file, what is wrong and what to do.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }

  /// The sentence for the user, with every "while doing X" phrase in front.
  const std::string& message() const { return message_; }

  /// Returns the same error with a phrase in front: `doing + ": " + message`.
  Error during(const std::string& doing) && {
    message_ = doing + ": " + message_;
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
};

}  // namespace cyto
