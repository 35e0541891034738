#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <functional>
#include <new>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/result.h"

namespace cyto::nn {

/// Thrown inside a network when the job was cancelled, so that a forward pass ends between blocks.
struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

/// For networks that are to end when a job is cancelled and need not do anything else between their steps.
inline std::function<void()> stoppedBy(const CancelToken& cancel) {
  return [cancel] {
    if (cancel.isCancelled()) throw Cancelled();
  };
}

/// Runs `work` and turns what LibTorch throws into an Error that starts with what was being done.
template <typename Work>
auto catchFailures(const std::string& doing, Work&& work) -> decltype(work()) {
  const auto noMemory = [&] {
    return Error(ErrorCode::kOutOfMemory, doing + ": not enough memory; close other programs or use smaller tiles");
  };
  try {
    return work();
  } catch (const Cancelled&) {
    return cancelled();
  } catch (const std::bad_alloc&) {
    return noMemory();
  } catch (const c10::OutOfMemoryError&) {
    return Error(ErrorCode::kOutOfMemory, doing + ": not enough GPU memory; use --device cpu or smaller tiles");
  } catch (const c10::AcceleratorError& error) {
    return Error(ErrorCode::kInternal,
                 doing + ": the GPU failed (" + error.what_without_backtrace() +
                     "); what was finished is kept: start the program again, or use --device cpu");
  } catch (const c10::Error& error) {
    // What LibTorch throws when the system refuses memory has no type of its own.
    if (std::string_view(error.what_without_backtrace()).find("can't allocate memory") != std::string_view::npos) {
      return noMemory();
    }
    return Error(ErrorCode::kInternal, doing + " failed: " + error.what_without_backtrace());
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, doing + " failed: " + error.what());
  }
}

}  // namespace cyto::nn
