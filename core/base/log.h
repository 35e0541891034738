#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"

namespace cyto::log {

/// Log front. Nothing is written until a file is chosen: results belong to stdout and progress to
/// stderr, the log is for support. Thread-safe.
enum class Level { kDebug, kInfo, kWarning, kError };

/// Appends to `path` from now on. Fails when the file cannot be opened.
Status openFile(const std::filesystem::path& path, Level lowest = Level::kInfo);

void write(Level level, std::string_view message);

inline void debug(std::string_view message) { write(Level::kDebug, message); }
inline void info(std::string_view message) { write(Level::kInfo, message); }
inline void warning(std::string_view message) { write(Level::kWarning, message); }
inline void error(std::string_view message) { write(Level::kError, message); }

}  // namespace cyto::log
