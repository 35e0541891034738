#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/labels/brush.h"
#include "core/segmentation/automatic/instance_segmenter.h"

namespace cyto {

/// The words of one line. Words in "double" or 'single' quotes may hold spaces; `\"` and `\\` are known
/// within double quotes. A `#` that starts a word starts a comment. kInvalidArgument for an open quote.
Result<std::vector<std::string>> scriptWords(std::string_view line);

/// A text as one word of a line, in double quotes: what `scriptWords` gives back.
std::string quotedWord(std::string_view text);

/// "write it as: FORM".
Error wrongForm(const std::string& form);

// What words may mean. kInvalidArgument for all others. "nan" and "inf" are real numbers; the session refuses them with
// words of its own.
Result<int64_t> wholeNumber(const std::string& word);
Result<double> realNumber(const std::string& word);
Result<std::vector<double>> realNumbers(std::span<const std::string> words);
Result<uint32_t> objectId(const std::string& word);
Result<std::vector<uint32_t>> objectIds(std::span<const std::string> words);

/// What a command `auto [ais|amg]` asks for; nothing for other words.
std::optional<AutomaticMode> automaticModeOf(std::span<const std::string> words);

/// A place in a list; in words they are counted from 1.
Result<size_t> placeInList(const std::string& word);

/// Pairs of row and column.
Result<std::vector<StrokePoint>> strokeOf(std::span<const std::string> words);

/// Whether `count == wanted` holds, or any other comparison.
Result<bool> compare(int64_t count, const std::string& comparison, int64_t wanted);

}  // namespace cyto
