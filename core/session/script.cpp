#include "core/session/script.h"

#include <algorithm>

namespace cyto {

namespace {

Error refused(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

}  // namespace

// What a line may say. `isChange`: it is acknowledged.
struct Script::Command {
  const char* name;
  const char* form;
  size_t minWords;
  size_t maxWords;
  bool isChange;
  Status (Script::*run)(const Words& words, const JobContext& job);
};

const std::vector<Script::Command>& Script::commands() {
  static const std::vector<Command> all = {
      {"open", "open PATH, with quotes around a path that has spaces", 2, 2, true, &Script::open},
      {"project", "project PATH, with quotes around a path that has spaces", 2, 2, true, &Script::openProject},
      {"save", "save, or save PATH for a copy to go on in", 1, 2, true, &Script::save},
      {"relink", kRelinkForm, 2, 3, true, &Script::relink},
      {"model", "model NAME|FILE", 2, 2, true, &Script::chooseModel},
      {"scale", "scale SIZE micrometer|nanometer|millimeter", 3, 3, true, &Script::setScale},
      {"live", "live on|off", 2, 2, true, &Script::setLive},
      {"point", "point T Z Y X +|-", 6, 6, true, &Script::addPoint},
      {"box", "box T Z Y0 X0 Y1 X1", 7, 7, true, &Script::addBox},
      {"change-point", "change-point NUMBER Y X +|-", 5, 5, true, &Script::changePoint},
      {"change-box", "change-box NUMBER Y0 X0 Y1 X1", 6, 6, true, &Script::changeBox},
      {"remove-point", "remove-point NUMBER", 2, 2, true, &Script::removePoint},
      {"remove-box", "remove-box NUMBER", 2, 2, true, &Script::removeBox},
      {"clear", "clear", 1, 1, true, &Script::clear},
      {"segment", "segment", 1, 1, true, &Script::segment},
      {"alternative", "alternative NUMBER", 2, 2, true, &Script::chooseAlternative},
      {"commit", "commit", 1, 1, true, &Script::commit},
      {"refine", "refine ID", 2, 2, true, &Script::refine},
      {"paint", "paint T Z Y X RADIUS ID, with more Y X for a stroke", 7, kNoLimit, true, &Script::paint},
      {"erase", "erase T Z Y X RADIUS, with more Y X for a stroke", 6, kNoLimit, true, &Script::erase},
      {"fill", "fill T Z Y X ID", 6, 6, true, &Script::fill},
      {"delete", "delete ID", 2, 2, true, &Script::remove},
      {"merge", "merge ID ID, with more IDs for more objects", 3, kNoLimit, true, &Script::merge},
      {"split", "split ID", 2, 2, true, &Script::split},
      {"class", "class ID NAME, with \"\" for no class", 3, 3, true, &Script::classify},
      {"verify", "verify ID…|all", 2, kNoLimit, true, &Script::verify},
      {"unverify", "unverify ID…|all", 2, kNoLimit, true, &Script::unverify},
      {"import", kImportForm, 3, 4, true, &Script::importLabels},
      {"propose", kProposeForm, 3, 4, true, &Script::propose},
      {"auto", kAutoForm, 1, 2, true, &Script::proposeAll},
      {"accept", kAcceptForm, 2, kNoLimit, true, &Script::accept},
      {"reject", "reject ID…|all", 2, kNoLimit, true, &Script::reject},
      {"undo", "undo, or undo STEPS", 1, 2, true, &Script::undo},
      {"redo", "redo, or redo STEPS", 1, 2, true, &Script::redo},
      {"goto", "goto STEP, a sequence of the history; 0 is the beginning", 2, 2, true, &Script::goTo},
      {"export", "export tiff|png|ome-zarr|npy|micro-sam PATH [PROVENANCE], with quotes around paths that have spaces",
       3, 4, false, &Script::exportLabels},
      {"hash", "hash", 1, 1, false, &Script::printHash},
      {"count", kCountForm, 2, 2, false, &Script::count},
      {"expect", "expect objects|proposals|verified == N", 4, 4, false, &Script::expect},
      {"wait", "wait idle [SECONDS]", 2, 3, false, &Script::wait},
  };
  return all;
}

Result<Script::Next> Script::execute(std::string_view line, const JobContext& job) {
  CYTO_ASSIGN(const Words words, scriptWords(line));
  if (words.empty()) return Next::kGoOn;
  CYTO_TRY(job.cancel.check());
  if (words[0] == "quit") {
    if (words.size() != 1) return wrongForm("quit");
    return Next::kQuit;
  }
  const auto& known = commands();
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Command& command) { return words[0] == command.name; });
  if (found == known.end()) return unknown(words[0]);
  if (words.size() < found->minWords || words.size() > found->maxWords) return wrongForm(found->form);
  CYTO_TRY((this->*found->run)(words, job));
  if (found->isChange) CYTO_TRY(print_("ack " + std::to_string(++sequence_) + " " + words[0]));
  return Next::kGoOn;
}

bool Script::isCommand(std::string_view word) {
  return word == "quit" || std::any_of(commands().begin(), commands().end(),
                                       [&](const Command& command) { return word == command.name; });
}

Error Script::unknown(const std::string& word) {
  std::string names;
  for (const Command& command : commands()) names += std::string(command.name) + ", ";
  return refused("'" + word + "' is no command; the commands are " + names + "and quit");
}

// --- image, project, model -------------------------------------------------------------------------------------------

Status Script::open(const Words& words, const JobContext&) {
  return session_.open(words[1], {}, std::exchange(nextProject_, {}));
}

Status Script::openProject(const Words& words, const JobContext&) { return useProject(words[1]); }

Status Script::useProject(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) {
    nextProject_ = folder;
    return {};
  }
  CYTO_TRY(session_.openProject(folder));
  for (const std::string& notice : session_.notices()) CYTO_TRY(print_("notice " + notice));
  return {};
}

Status Script::save(const Words& words, const JobContext&) {
  if (words.size() == 2) return session_.saveAs(words[1]);
  if (!session_.project()) return refused("no image is open; open one first");
  if (session_.project()->folder().empty()) {
    return refused("the work is in memory only; name a folder for it: save PATH.cyto");
  }
  return {};  // every step was on disk before it was acknowledged
}

Status Script::relink(const Words& words, const JobContext&) {
  const bool anyContent = words.size() == 3;
  if (anyContent && words[2] != "any") return wrongForm(kRelinkForm);
  return session_.relink(words[1], anyContent);
}

Status Script::chooseModel(const Words& words, const JobContext&) {
  worker_.loadModel(words[1]);
  worker_.waitUntilIdle();
  const ModelState state = worker_.modelState();
  if (state.phase == ModelState::Phase::kFailed) return Error(ErrorCode::kModel, state.problem);
  return {};
}

Status Script::setScale(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const double size, realNumber(words[1]));
  return session_.setPixelSize(size, words[2]);
}

Status Script::setLive(const Words& words, const JobContext&) {
  if (words[1] != "on" && words[1] != "off") return wrongForm("live on|off");
  isLive_ = words[1] == "on";
  return {};
}

// --- prompts and masks -----------------------------------------------------------------------------------------------

// In live mode the mask follows from the prompts by itself, as it does in the window.
Status Script::follow(AnswerKind kind, const JobContext& job) {
  const ObjectPrompts& prompts = session_.document().draft.prompts;
  if (!isLive_ || !session_.image() || session_.current()) return {};
  if (!checkPrompts(prompts, session_.image()->info().shape)) return {};  // a negative point alone waits for more
  if (promptsChanged_) CYTO_TRY(promptsChanged_());
  CYTO_TRY(session_.segment(0, kind, job));
  return {};
}

Status Script::addPoint(const Words& words, const JobContext& job) {
  if (words[5] != "+" && words[5] != "-") return wrongForm("point T Z Y X +|-");
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(const std::vector<double> at, realNumbers(std::span(words).subspan(3, 2)));
  CYTO_TRY(session_.addPoint(t, z, {at[0], at[1], words[5] == "+"}));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::addBox(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(const std::vector<double> box, realNumbers(std::span(words).subspan(3)));
  CYTO_TRY(session_.addBox(t, z, {box[0], box[1], box[2], box[3]}));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::changePoint(const Words& words, const JobContext& job) {
  if (words[4] != "+" && words[4] != "-") return wrongForm("change-point NUMBER Y X +|-");
  CYTO_ASSIGN(const size_t index, placeInList(words[1]));
  CYTO_ASSIGN(const std::vector<double> at, realNumbers(std::span(words).subspan(2, 2)));
  CYTO_TRY(session_.replacePoint(index, {at[0], at[1], words[4] == "+"}));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::changeBox(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const size_t index, placeInList(words[1]));
  CYTO_ASSIGN(const std::vector<double> box, realNumbers(std::span(words).subspan(2)));
  CYTO_TRY(session_.replaceBox(index, {box[0], box[1], box[2], box[3]}));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::removePoint(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const size_t index, placeInList(words[1]));
  CYTO_TRY(session_.removePoint(index));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::removeBox(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const size_t index, placeInList(words[1]));
  CYTO_TRY(session_.removeBox(index));
  return follow(AnswerKind::kAutomaticStep, job);
}

Status Script::clear(const Words&, const JobContext&) { return session_.clear(); }

Status Script::answer(int alternative, const JobContext& job) {
  CYTO_ASSIGN(const ObjectMask answer, session_.segment(alternative, AnswerKind::kStep, job));
  CYTO_TRY(warn(answer.warnings));
  char text[96];
  std::snprintf(text, sizeof text, "mask %lld pixels, predicted IoU %.3f", static_cast<long long>(answer.mask.area()),
                static_cast<double>(answer.predictedIou));
  return print_(text);
}

Status Script::warn(const std::vector<std::string>& warnings) const {
  for (const std::string& warning : warnings) CYTO_TRY(print_("warning " + warning));
  return {};
}

Status Script::segment(const Words&, const JobContext& job) { return answer(0, job); }

Status Script::chooseAlternative(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const int64_t number, wholeNumber(words[1]));
  if (number < 0 || number > INT32_MAX) return refused("alternatives are counted from 0, the model's first answer");
  return answer(static_cast<int>(number), job);
}

// --- history, questions ----------------------------------------------------------------------------------------------

Status Script::undo(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const int64_t steps, words.size() > 1 ? wholeNumber(words[1]) : Result<int64_t>(1));
  CYTO_TRY(session_.undo(steps));
  return follow(AnswerKind::kTransient, job);
}

Status Script::redo(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const int64_t steps, words.size() > 1 ? wholeNumber(words[1]) : Result<int64_t>(1));
  CYTO_TRY(session_.redo(steps));
  return follow(AnswerKind::kTransient, job);
}

Status Script::goTo(const Words& words, const JobContext& job) {
  CYTO_ASSIGN(const int64_t step, wholeNumber(words[1]));
  if (step < 0) return refused("steps of the history are counted from 0, the beginning");
  CYTO_TRY(session_.moveTo(static_cast<uint64_t>(step)));
  return follow(AnswerKind::kTransient, job);
}

Status Script::exportLabels(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const LabelFormat format, labelFormatFromName(words[1]));
  return session_.exportLabels(format, words[2], words.size() > 3 ? words[3] : "");
}

Status Script::printHash(const Words&, const JobContext&) { return print_(session_.stateHash()); }

Result<int64_t> Script::countOf(const std::string& what) const {
  const ObjectCounts counts = countObjects(session_.document().objects);
  if (what == "objects") return counts.objects;
  if (what == "proposals") return counts.proposals;
  if (what == "verified") return counts.verified;
  return wrongForm(kCountForm);
}

Status Script::count(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const int64_t count, countOf(words[1]));
  return print_(std::to_string(count));
}

Status Script::expect(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const int64_t count, countOf(words[1]));
  CYTO_ASSIGN(const int64_t wanted, wholeNumber(words[3]));
  CYTO_ASSIGN(const bool holds, compare(count, words[2], wanted));
  if (holds) return {};
  return Error(ErrorCode::kInternal,
               "expected " + words[1] + " " + words[2] + " " + words[3] + ", but there are " + std::to_string(count));
}

Status Script::wait(const Words& words, const JobContext& job) {
  if (words[1] != "idle") return wrongForm("wait idle [SECONDS]");
  if (words.size() == 3) CYTO_TRY(realNumber(words[2]));
  worker_.waitUntilIdle();
  return job.cancel.check();
}

}  // namespace cyto
