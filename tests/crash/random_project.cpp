#include "tests/crash/random_project.h"

#include "core/base/xxh128.h"
#include "core/labels/transaction.h"
#include "tests/crash/random_session.h"
#include "tests/support/shared_data.h"

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

std::string shortForm(const std::string& text) {
  Xxh128 hash;
  hash.add(text.data(), text.size());
  return hash.text();
}

std::string textOf(const HistoryStep& step) {
  std::string text;
  for (const uint64_t number : {step.sequence, step.parent, static_cast<uint64_t>(step.time_us),
                                static_cast<uint64_t>(step.kind), static_cast<uint64_t>(step.isAutomatic)}) {
    text += std::to_string(number) + " ";
  }
  return text + step.label + "\n";
}

std::string textOf(const PixelScale& scale) {
  return std::to_string(scale.y) + "," + std::to_string(scale.x) + "," + scale.spaceUnit;
}

/// Makes edits of one project.
class Editing {
 public:
  Editing(const Project& project, std::mt19937_64& random) : document_(project.document()), random_(random) {
    nextId_ = project.nextId();
    edit_.t = below(shape().t);
    edit_.z = below(shape().z);
  }

  int64_t below(int64_t limit) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit)); }

  Edit prompt() {
    Draft after = document_.draft;
    after.current = nullptr;
    after.prompts.points.push_back(
        {static_cast<double>(below(shape().y)), static_cast<double>(below(shape().x)), below(3) > 0});
    return draft(EditKind::kPrompt, std::move(after));
  }

  Edit answer() {
    Draft after = document_.draft;
    after.current = std::make_shared<const CurrentObject>(
        CurrentObject{edit_.t, edit_.z, speckles(), 0.75F, static_cast<int>(below(3)), "fake", "xxh128:11"});
    edit_.isAutomatic = true;
    return draft(EditKind::kSegment, std::move(after));
  }

  Edit commit(bool isProposal) {
    Transaction transaction(isProposal ? document_.proposals : document_.labels);
    ObjectRecord record{nextId_, {}, 0, "mitotic", ObjectState::kAccepted, {}};
    if (isProposal) record.state = ObjectState::kProposal;
    record.area = transaction.paint(edit_.t, edit_.z, speckles(), nextId_, PaintRule::kOverwrite);
    record.provenance.user = "Zoë";
    LabelDelta delta = transaction.finish();
    record.bounds = delta.bounds();
    (isProposal ? edit_.proposals : edit_.labels) = std::move(delta);
    edit_.objects.push_back({nextId_, nullptr, std::make_shared<const ObjectRecord>(record)});
    edit_.draft = Change<Draft>{document_.draft, {}};
    return finished(EditKind::kCommit, "commit of object " + std::to_string(nextId_));
  }

  Edit erase() {
    Transaction transaction(document_.labels);
    transaction.paint(edit_.t, edit_.z, square(), 0, PaintRule::kOverwrite);
    edit_.labels = transaction.finish();
    return finished(EditKind::kErase, "stroke of the eraser");
  }

  Edit settings() {
    edit_.settings = Change<ProjectSettings>{document_.settings, document_.settings};
    edit_.settings->after.scale.x = 0.125 * static_cast<double>(1 + below(50));
    return finished(EditKind::kSettings, "pixel size");
  }

 private:
  const Shape& shape() const { return document_.labels.shape(); }

  PlaneMask square() {
    const int64_t y = below(shape().y);
    const int64_t x = below(shape().x);
    return maskWhere({y, x, y + 1 + below(24), x + 1 + below(24)}, [](int64_t, int64_t) { return true; });
  }

  /// Does not pack well, so that records reach over several sectors of a disk.
  PlaneMask speckles() {
    PlaneMask mask = square();
    for (auto& pixel : mask.pixels) pixel = random_() % 4 > 0;
    return mask;
  }

  Edit draft(EditKind kind, Draft after) {
    edit_.draft = Change<Draft>{document_.draft, std::move(after)};
    return finished(kind, "prompt");
  }

  Edit finished(EditKind kind, std::string label) {
    edit_.kind = kind;
    edit_.label = std::move(label);
    return std::move(edit_);
  }

  const Document& document_;
  std::mt19937_64& random_;
  uint32_t nextId_ = 1;
  Edit edit_;
};

Status randomEdit(Project& project, std::mt19937_64& random) {
  Editing edit(project, random);
  switch (random() % 8) {
    case 0: return project.perform(edit.prompt());
    case 1: return project.perform(edit.answer());
    case 2: return project.perform(edit.settings());
    case 3: return project.perform(edit.erase());
    case 4: return project.perform(edit.commit(true));
    default: return project.perform(edit.commit(false));
  }
}

Status randomMove(Project& project, std::mt19937_64& random) {
  const History& history = project.history();
  const std::vector<HistoryStep>& steps = history.steps();
  switch (random() % 4) {
    case 0: return history.redoTarget() ? project.redo() : Status();
    case 1: return steps.empty() ? Status() : project.moveTo(steps[random() % steps.size()].sequence);
    default: return history.undoTarget() ? project.undo() : Status();
  }
}

Status editOrMove(Project& project, std::mt19937_64& random) {
  return random() % 4 == 0 ? randomMove(project, random) : randomEdit(project, random);
}

}  // namespace

std::string historyUpTo(const Project& project, uint64_t lastSequence) {
  std::string text;
  for (const HistoryStep& step : project.history().steps()) {
    if (step.sequence <= lastSequence) text += textOf(step);
  }
  return shortForm(text);
}

std::string stateOf(const Project& project) {
  std::string text = fingerprintOf(project.document()) + textOf(project.document().settings.scale);
  for (const uint64_t visited : project.history().lastVisited()) text += " " + std::to_string(visited);
  text += " at " + std::to_string(project.history().current()) + " next " + std::to_string(project.nextId());
  return shortForm(text) + historyUpTo(project, UINT64_MAX);
}

ImageReference imageWithoutFile() {
  return {
      "/data/cells 细胞.tif", "", {1, 2, 300, 400}, 1, Dtype::kUint16, {0, 0, 0.5, 0.5, "micrometer", ""}, "xxh128:0"};
}

Status randomStep(Project& project, std::mt19937_64& random, const std::function<void()>& written) {
  if (random() % 6 != 0) {
    const Status done = editOrMove(project, random);
    written();
    return done;
  }
  project.beginGroup();
  Status first;
  for (uint64_t i = 2 + random() % 4; i > 0; --i) {
    Status done = editOrMove(project, random);
    written();
    if (!done && done.error().code() != ErrorCode::kIo) first = done;
  }
  CYTO_TRY(project.endGroup());
  return first;
}

void copyFirstVersion(const fs::path& folder) {
  fs::copy(inRepository("tests/golden/projects/version-1.cyto"), folder, fs::copy_options::recursive);
}

}  // namespace cyto::test
