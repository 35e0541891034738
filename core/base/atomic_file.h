#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/base/result.h"

namespace cyto {

/// Writes a file so that readers see either the old content or the whole new one:
///   1. `write` receives the path of a new file beside `target` (hidden name, same folder),
///   2. that file is fsynced,
///   3. it is renamed over `target`,
///   4. the folder is fsynced.
/// On any failure the temporary file is removed and `target` is untouched; when only 4 fails, it is the new one.
Status writeFileAtomically(const std::filesystem::path& target,
                           const std::function<Status(const std::filesystem::path& temporary)>& write);

/// The same for content that is already in memory.
Status writeFileAtomically(const std::filesystem::path& target, std::string_view content);

/// fsync of a file or folder; a file system that does not know fsync of folders is no error.
Status syncToDisk(const std::filesystem::path& path);

/// The operating system's words for `errno` as one clause ("no space left on device").
std::string systemErrorText(int errorNumber);

}  // namespace cyto
