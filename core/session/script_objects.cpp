// The commands of a script that change objects and proposals.

#include <algorithm>

#include "core/session/script.h"

namespace cyto {

// --- objects ---------------------------------------------------------------------------------------------------------

Status Script::commit(const Words&, const JobContext& job) {
  CYTO_TRY(follow(AnswerKind::kTransient, job));
  CYTO_ASSIGN(const ObjectRecord object, session_.commit());
  return printObject(object);
}

Status Script::printObject(const ObjectRecord& object) const {
  return print_("object " + std::to_string(object.id) + " " + std::to_string(object.area) + " pixels");
}

Status Script::refine(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const uint32_t id, objectId(words[1]));
  return session_.refine(id);
}

Status Script::paint(const Words& words, const JobContext&) {
  if (words.size() % 2 == 0) return wrongForm("paint T Z Y X RADIUS ID, with more Y X for a stroke");
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(std::vector<StrokePoint> path, strokeOf(std::span(words).subspan(3, 2)));
  CYTO_ASSIGN(const double radius, realNumber(words[5]));
  CYTO_ASSIGN(const uint32_t id, objectId(words[6]));
  CYTO_ASSIGN(const std::vector<StrokePoint> more, strokeOf(std::span(words).subspan(7)));
  path.insert(path.end(), more.begin(), more.end());
  return session_.paint(t, z, path, radius, id);
}

Status Script::erase(const Words& words, const JobContext&) {
  if (words.size() % 2 != 0) return wrongForm("erase T Z Y X RADIUS, with more Y X for a stroke");
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(std::vector<StrokePoint> path, strokeOf(std::span(words).subspan(3, 2)));
  CYTO_ASSIGN(const double radius, realNumber(words[5]));
  CYTO_ASSIGN(const std::vector<StrokePoint> more, strokeOf(std::span(words).subspan(6)));
  path.insert(path.end(), more.begin(), more.end());
  return session_.erase(t, z, path, radius);
}

Status Script::fill(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const int64_t t, wholeNumber(words[1]));
  CYTO_ASSIGN(const int64_t z, wholeNumber(words[2]));
  CYTO_ASSIGN(const int64_t y, wholeNumber(words[3]));
  CYTO_ASSIGN(const int64_t x, wholeNumber(words[4]));
  CYTO_ASSIGN(const uint32_t id, objectId(words[5]));
  return session_.fill(t, z, y, x, id);
}

Status Script::remove(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const uint32_t id, objectId(words[1]));
  return session_.remove(id);
}

Status Script::merge(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const std::vector<uint32_t> ids, objectIds(std::span(words).subspan(1)));
  CYTO_ASSIGN(const ObjectRecord merged, session_.merge(ids));
  return printObject(merged);
}

Status Script::split(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const uint32_t id, objectId(words[1]));
  CYTO_ASSIGN(const std::vector<uint32_t> pieces, session_.split(id));
  const ObjectTable& objects = session_.document().objects;
  CYTO_TRY(printObject(*objects.at(id)));
  for (const uint32_t piece : pieces) CYTO_TRY(printObject(*objects.at(piece)));
  return {};
}

Status Script::classify(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const uint32_t id, objectId(words[1]));
  return session_.classify(id, words[2]);
}

Result<std::vector<uint32_t>> Script::namedObjects(std::span<const std::string> words, ObjectState all) const {
  if (words.size() == 1 && words[0] == "all") return idsInState(session_.document().objects, all);
  return objectIds(words);
}

Status Script::verify(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const auto ids, namedObjects(std::span(words).subspan(1), ObjectState::kAccepted));
  return session_.verify(ids);
}

Status Script::unverify(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const auto ids, namedObjects(std::span(words).subspan(1), ObjectState::kVerified));
  return session_.unverify(ids);
}

// --- proposals -------------------------------------------------------------------------------------------------------

Status Script::importLabels(const Words& words, const JobContext& job) {
  if (words[1] != "objects" && words[1] != "proposals") return wrongForm(kImportForm);
  return takeOver(words, words[1] == "proposals", job);
}

Status Script::takeOver(const Words& words, bool asProposals, const JobContext& job) {
  CYTO_ASSIGN(const LabelImport import,
              session_.importLabels(words[2], words.size() > 3 ? words[3] : "", asProposals, job));
  CYTO_TRY(warn(import.notices));
  const std::string severity = import.pixelsLeftOut > 0 ? "warning " : "notice ";
  CYTO_TRY(print_(severity + importSummary(import, words[2])));
  const std::vector<ObjectChange>& objects = import.edit.objects;
  return print_((asProposals ? "proposals " : "objects ") + std::to_string(objects.size()) + ", ids " +
                std::to_string(objects.front().id) + " to " + std::to_string(objects.back().id));
}

Status Script::propose(const Words& words, const JobContext& job) {
  if (words[1] == "labels") return takeOver(words, true, job);
  if (words[1] != "prompts" || words.size() > 3) return wrongForm(kProposeForm);
  CYTO_ASSIGN(const auto proposed, session_.proposePrompts(words[2], job));
  return printProposed(proposed);
}

Status Script::proposeAll(const Words& words, const JobContext& job) {
  const auto mode = automaticModeOf(words);
  if (!mode) return wrongForm(kAutoForm);
  CYTO_ASSIGN(const auto proposed, session_.proposeAll(*mode, job));
  return printProposed(proposed);
}

Status Script::printProposed(const AnnotationSession::Proposed& proposed) const {
  CYTO_TRY(warn(proposed.warnings));
  if (proposed.leftOut > 0) {
    CYTO_TRY(warn({std::to_string(proposed.leftOut) + " of " +
                   std::to_string(static_cast<int64_t>(proposed.ids.size()) + proposed.leftOut) +
                   " objects were left out: they have no pixels that are not proposed already"}));
  }
  return print_("proposals " + std::to_string(proposed.ids.size()) + ", ids " + std::to_string(proposed.ids.front()) +
                " to " + std::to_string(proposed.ids.back()));
}

namespace {

Result<PreserveRule> preserveRule(std::span<const std::string> words) {
  PreserveRule rule;
  if (words.empty()) return rule;
  const bool isObjects = words[0] == "objects";
  rule.mode = isObjects ? PreserveMode::kObjects : words[0] == "pixels" ? PreserveMode::kPixels : PreserveMode::kNone;
  if (words.size() == 1) return rule;
  CYTO_ASSIGN(rule.threshold, realNumber(words[1]));
  return rule;
}

bool isPreserveMode(const std::string& word) { return word == "objects" || word == "pixels" || word == "none"; }

}  // namespace

Status Script::accept(const Words& words, const JobContext&) {
  const auto mode = std::find_if(words.begin() + 1, words.end(), isPreserveMode);
  const auto ruleWords = std::span(mode, words.end());
  const size_t mostWords = mode != words.end() && *mode == "objects" ? 2 : 1;
  if (mode == words.begin() + 1 || ruleWords.size() > mostWords) return wrongForm(kAcceptForm);
  CYTO_ASSIGN(const PreserveRule rule, preserveRule(ruleWords));
  CYTO_ASSIGN(const auto ids, namedObjects(std::span(words.begin() + 1, mode), ObjectState::kProposal));
  CYTO_ASSIGN(const auto accepted, session_.accept(ids, rule));
  for (const StayingProposal& staying : accepted.staying) {
    CYTO_TRY(print_("stays " + std::to_string(staying.id) + " because " + std::to_string(staying.because)));
  }
  if (!accepted.staying.empty()) {
    CYTO_TRY(warn({std::to_string(accepted.staying.size()) + " of " +
                   std::to_string(accepted.staying.size() + accepted.ids.size()) +
                   " proposals stay, because objects that are there keep their pixels"}));
  }
  return print_("accepted " + std::to_string(accepted.ids.size()));
}

Status Script::reject(const Words& words, const JobContext&) {
  CYTO_ASSIGN(const auto ids, namedObjects(std::span(words).subspan(1), ObjectState::kProposal));
  return session_.reject(ids);
}

}  // namespace cyto
