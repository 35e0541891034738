#pragma once

#include <filesystem>
#include <string>

namespace cyto::test {

/// What every reader owes, whatever the format; adds GoogleTest failures. The image must open.
///   1. info is complete: levels[0] is the shape, file axes match the file shape, names match channels,
///   2. a read gives the stated type, shape and channels,
///   3. a region equals the crop of the whole, on every level,
///   4. a region outside, a negative one and a level that does not exist are errors,
///   5. an empty region gives an empty array,
///   6. two threads read the same,
///   7. a cancelled job reads nothing and says so.
void expectReaderContract(const std::filesystem::path& path, const std::string& key);

/// A refusal must be one sentence that names the file: no line break, no empty text, no unprintable bytes.
void expectOneSentence(const std::string& message, const std::filesystem::path& path);

}  // namespace cyto::test
