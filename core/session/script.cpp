#include "core/session/script.h"

#include <algorithm>
#include <charconv>

namespace cyto {

namespace {

constexpr const char* kCommands =
    "open, model, point, box, clear, segment, commit, export, hash, count, expect, wait and quit";

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

Error wrongForm(const std::string& form) { return refused("write it as: " + form); }

Result<int64_t> wholeNumber(const std::string& word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return refused("'" + word + "' is not a whole number");
  return value;
}

// "nan" and "inf" are numbers to from_chars; the session refuses them with its own words.
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

Result<Script::Next> Script::execute(std::string_view line, const JobContext& job) {
  CYTO_ASSIGN(const Words words, scriptWords(line));
  if (words.empty()) return Next::kGoOn;
  CYTO_TRY(job.cancel.check());
  return executeWords(words, job);
}

Result<Script::Next> Script::executeWords(const Words& words, const JobContext& job) {
  if (words[0] == "quit") {
    if (words.size() != 1) return wrongForm("quit");
    return Next::kQuit;
  }
  CYTO_ASSIGN(const bool hasChanged, change(words, job));
  if (hasChanged) {
    CYTO_TRY(print_("ack " + std::to_string(++sequence_) + " " + words[0]));
    return Next::kGoOn;
  }
  CYTO_ASSIGN(const bool wasAsked, ask(words, job));
  if (wasAsked) return Next::kGoOn;
  return refused("'" + words[0] + "' is no command; the commands are " + kCommands);
}

// Whether the command is one that changes the state; it is carried out then.
Result<bool> Script::change(const Words& words, const JobContext& job) {
  const std::string& command = words[0];
  if (command == "open") {
    if (words.size() != 2) return wrongForm("open PATH, with quotes around a path that has spaces");
    CYTO_TRY(session_.open(words[1], {}));
  } else if (command == "model") {
    if (words.size() != 2) return wrongForm("model NAME|FILE");
    CYTO_TRY(session_.chooseModel(words[1], job));
  } else if (command == "point") {
    CYTO_TRY(addPoint(words));
  } else if (command == "box") {
    CYTO_TRY(addBox(words));
  } else if (command == "clear") {
    if (words.size() != 1) return wrongForm("clear");
    session_.clear();
  } else if (command == "segment") {
    if (words.size() != 1) return wrongForm("segment");
    CYTO_TRY(segment(job));
  } else if (command == "commit") {
    if (words.size() != 1) return wrongForm("commit");
    CYTO_TRY(commit());
  } else {
    return false;
  }
  return true;
}

// Whether the command is one that asks or writes without changing the state; it is carried out then.
Result<bool> Script::ask(const Words& words, const JobContext& job) {
  const std::string& command = words[0];
  if (command == "export") {
    if (words.size() != 3) return wrongForm("export tiff|png|ome-zarr PATH, with quotes around a path that has spaces");
    CYTO_ASSIGN(const LabelFormat format, labelFormatFromName(words[1]));
    CYTO_TRY(session_.exportLabels(format, words[2]));
  } else if (command == "hash") {
    if (words.size() != 1) return wrongForm("hash");
    CYTO_TRY(print_(session_.stateHash()));
  } else if (command == "count") {
    if (words.size() != 2 || words[1] != "objects") return wrongForm("count objects");
    CYTO_TRY(print_(std::to_string(session_.objects().size())));
  } else if (command == "expect") {
    CYTO_TRY(expect(words));
  } else if (command == "wait") {
    // Every command here ends before the next one starts, so the session is always idle.
    if (words.size() < 2 || words.size() > 3 || words[1] != "idle") return wrongForm("wait idle [SECONDS]");
    if (words.size() == 3) CYTO_TRY(realNumber(words[2]));
    CYTO_TRY(job.cancel.check());
  } else {
    return false;
  }
  return true;
}

Status Script::addPoint(const Words& words) {
  if (words.size() != 6 || (words[5] != "+" && words[5] != "-")) return wrongForm("point T Z Y X +|-");
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(const double y, realNumber(words[3]));
  CYTO_ASSIGN(const double x, realNumber(words[4]));
  return session_.addPoint(t, z, {y, x, words[5] == "+"});
}

Status Script::addBox(const Words& words) {
  if (words.size() != 7) return wrongForm("box T Z Y0 X0 Y1 X1");
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  BoxPrompt box;
  CYTO_ASSIGN(box.y0, realNumber(words[3]));
  CYTO_ASSIGN(box.x0, realNumber(words[4]));
  CYTO_ASSIGN(box.y1, realNumber(words[5]));
  CYTO_ASSIGN(box.x1, realNumber(words[6]));
  return session_.addBox(t, z, box);
}

Status Script::segment(const JobContext& job) {
  CYTO_ASSIGN(const ObjectMask answer, session_.segment(job));
  for (const std::string& warning : answer.warnings) CYTO_TRY(print_("warning " + warning));
  char text[96];
  std::snprintf(text, sizeof text, "mask %lld pixels, predicted IoU %.3f", static_cast<long long>(answer.mask.area()),
                static_cast<double>(answer.predictedIou));
  return print_(text);
}

Status Script::commit() {
  CYTO_ASSIGN(const CommittedObject object, session_.commit());
  return print_("object " + std::to_string(object.id) + " " + std::to_string(object.area) + " pixels");
}

Status Script::expect(const Words& words) {
  if (words.size() != 4 || words[1] != "objects") return wrongForm("expect objects == N");
  CYTO_ASSIGN(const int64_t wanted, wholeNumber(words[3]));
  const auto count = static_cast<int64_t>(session_.objects().size());
  CYTO_ASSIGN(const bool holds, compare(count, words[2], wanted));
  if (holds) return {};
  return Error(ErrorCode::kInternal,
               "expected objects " + words[2] + " " + words[3] + ", but there are " + std::to_string(count));
}

}  // namespace cyto
