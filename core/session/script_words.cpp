#include "core/session/script_words.h"

#include <charconv>

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

}  // namespace

Result<std::vector<std::string>> scriptWords(std::string_view line) {
  std::vector<std::string> words;
  size_t i = 0;
  const auto isSpace = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (i < line.size()) {
    if (isSpace(line[i])) {
      ++i;
      continue;
    }
    if (line[i] == '#') break;
    std::string word;
    while (i < line.size() && !isSpace(line[i])) {
      const char quote = line[i];
      if (quote != '"' && quote != '\'') {
        word += line[i++];
        continue;
      }
      for (++i; i < line.size() && line[i] != quote; ++i) {
        const bool isEscape =
            quote == '"' && line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\');
        if (isEscape) ++i;
        word += line[i];
      }
      if (i == line.size()) return refused(std::string("a quote ") + quote + " is not closed");
      ++i;
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::string quotedWord(std::string_view text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') word += '\\';
    word += c;
  }
  return word + "\"";
}

Error wrongForm(const std::string& form) { return refused("write it as: " + form); }

Result<int64_t> wholeNumber(const std::string& word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return refused("'" + word + "' is not a whole number");
  return value;
}

Result<double> realNumber(const std::string& word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return refused("'" + word + "' is not a number");
  return value;
}

Result<bool> compare(int64_t count, const std::string& comparison, int64_t wanted) {
  if (comparison == "==") return count == wanted;
  if (comparison == "!=") return count != wanted;
  if (comparison == "<") return count < wanted;
  if (comparison == "<=") return count <= wanted;
  if (comparison == ">") return count > wanted;
  if (comparison == ">=") return count >= wanted;
  return refused("'" + comparison + "' is no comparison; use ==, !=, <, <=, > or >=");
}

Result<std::vector<double>> realNumbers(std::span<const std::string> words) {
  std::vector<double> numbers;
  for (const std::string& word : words) {
    CYTO_ASSIGN(const double number, realNumber(word));
    numbers.push_back(number);
  }
  return numbers;
}

Result<uint32_t> objectId(const std::string& word) {
  CYTO_ASSIGN(const int64_t id, wholeNumber(word));
  if (id < 0 || id > UINT32_MAX) return refused("'" + word + "' is no object id");
  return static_cast<uint32_t>(id);
}

Result<std::vector<uint32_t>> objectIds(std::span<const std::string> words) {
  std::vector<uint32_t> ids;
  for (const std::string& word : words) {
    CYTO_ASSIGN(const uint32_t id, objectId(word));
    ids.push_back(id);
  }
  return ids;
}

std::optional<AutomaticMode> automaticModeOf(std::span<const std::string> words) {
  if (words.empty() || words.size() > 2 || words[0] != "auto") return std::nullopt;
  return words.size() == 1 ? AutomaticMode::kAuto : automaticModeFromName(words[1]);
}

Result<size_t> placeInList(const std::string& word) {
  CYTO_ASSIGN(const int64_t number, wholeNumber(word));
  if (number < 1) return refused("'" + word + "' is no place in a list; the first is 1");
  return static_cast<size_t>(number - 1);
}

Result<std::vector<StrokePoint>> strokeOf(std::span<const std::string> words) {
  CYTO_ASSIGN(const std::vector<double> numbers, realNumbers(words));
  std::vector<StrokePoint> path;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) path.push_back({numbers[i], numbers[i + 1]});
  return path;
}

}  // namespace cyto
