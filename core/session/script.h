#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/annotation_session.h"
#include "core/session/script_words.h"

namespace cyto {

/// Carries out session commands, one a line, each to its end (design §9):
///
///   open PATH                     project PATH (opens it, or names the one that the next open makes)
///   save [PATH]                   model NAME|FILE                live on|off (masks follow from prompts)
///   relink PATH [any]             (where the image of the project is now; any: even if its content is another one)
///   scale SIZE micrometer|nanometer|millimeter
///   point T Z Y X +|-             box T Z Y0 X0 Y1 X1            clear
///   change-point N Y X +|-        change-box N Y0 X0 Y1 X1       remove-point N       remove-box N
///   segment                       alternative N                  commit               refine ID
///   paint T Z Y X RADIUS ID [Y X]…                               erase T Z Y X RADIUS [Y X]…
///   fill T Z Y X ID               delete ID                      merge ID ID…         split ID
///   class ID NAME ("": none)      verify ID…|all                 unverify ID…|all
///   import objects|proposals PATH [KEY]                          propose labels PATH [KEY] (import proposals)
///   propose prompts PATH          auto [ais|amg]
///   accept ID…|all [objects [THRESHOLD]|pixels|none]             reject ID…|all
///   undo [N]                      redo [N]                       goto STEP
///   export tiff|png|ome-zarr|npy|micro-sam PATH [PROVENANCE.json]                      hash
///   count objects|proposals|verified                             expect objects|proposals|verified == N
///   wait idle [SECONDS]           quit
///
/// `all` means all proposals, or for `verify` all accepted objects and for `unverify` all verified ones. `accept` says
/// whose pixels proposals may take, see PreserveMode; it prints `stays ID because ID` for each that was not accepted.
/// `auto` proposes all objects that the model finds: `ais` with its instance decoder, `amg` with a grid of clicks,
/// without a word with what it has. `import` prints what came in and what was left out, see importLabels. `objects`
/// counts accepted and verified ones, `verified` the verified among them.
///
/// After a command that changes the state it prints `ack SEQ COMMAND`, SEQ counting from 1; by then the change is
/// durable if it has a project. Used on the thread of the session.
class Script {
 public:
  using Print = std::function<Status(const std::string& line)>;
  enum class Next { kGoOn, kQuit };

  Script(AnnotationSession& session, InferenceWorker& worker, Print print)
      : session_(session), worker_(worker), print_(std::move(print)) {}

  /// Errors are those of the command; kInvalidArgument for a line that is none.
  Result<Next> execute(std::string_view line, const JobContext& job);

  /// Opens a project folder, or names the one that the next `open` makes.
  Status useProject(const std::filesystem::path& folder);

  /// Called in live mode when prompts have changed and before their mask is asked for, so that a window can show them.
  /// When it fails, the command does and no mask is asked for.
  void onPromptsChanged(std::function<Status()> show) { promptsChanged_ = std::move(show); }

  /// Whether a line that begins with this word is for here.
  static bool isCommand(std::string_view word);

 private:
  using Words = std::vector<std::string>;
  struct Command;
  static constexpr size_t kNoLimit = static_cast<size_t>(-1);
  static constexpr const char* kRelinkForm = "relink PATH, or relink PATH any for an image of another content";
  static constexpr const char* kProposeForm = "propose labels PATH [KEY], or propose prompts PATH";
  static constexpr const char* kImportForm = "import objects|proposals PATH [KEY]";
  static constexpr const char* kAutoForm = "auto [ais|amg]";
  static constexpr const char* kAcceptForm = "accept ID…|all [objects [THRESHOLD]|pixels|none]";
  static constexpr const char* kCountForm = "count objects|proposals|verified";

  static const std::vector<Command>& commands();
  static Error unknown(const std::string& word);
  using AnswerKind = AnnotationSession::AnswerKind;
  Status follow(AnswerKind kind, const JobContext& job);
  Status answer(int alternative, const JobContext& job);
  Status warn(const std::vector<std::string>& warnings) const;
  Result<std::vector<uint32_t>> namedObjects(std::span<const std::string> words, ObjectState all) const;
  Status printObject(const ObjectRecord& object) const;
  Status takeOver(const Words& words, bool asProposals, const JobContext& job);
  Result<int64_t> countOf(const std::string& what) const;

  Status open(const Words& words, const JobContext& job);
  Status openProject(const Words& words, const JobContext& job);
  Status save(const Words& words, const JobContext& job);
  Status relink(const Words& words, const JobContext& job);
  Status chooseModel(const Words& words, const JobContext& job);
  Status setScale(const Words& words, const JobContext& job);
  Status setLive(const Words& words, const JobContext& job);
  Status addPoint(const Words& words, const JobContext& job);
  Status addBox(const Words& words, const JobContext& job);
  Status changePoint(const Words& words, const JobContext& job);
  Status changeBox(const Words& words, const JobContext& job);
  Status removePoint(const Words& words, const JobContext& job);
  Status removeBox(const Words& words, const JobContext& job);
  Status clear(const Words& words, const JobContext& job);
  Status segment(const Words& words, const JobContext& job);
  Status chooseAlternative(const Words& words, const JobContext& job);
  Status commit(const Words& words, const JobContext& job);
  Status refine(const Words& words, const JobContext& job);
  Status paint(const Words& words, const JobContext& job);
  Status erase(const Words& words, const JobContext& job);
  Status fill(const Words& words, const JobContext& job);
  Status remove(const Words& words, const JobContext& job);
  Status merge(const Words& words, const JobContext& job);
  Status split(const Words& words, const JobContext& job);
  Status classify(const Words& words, const JobContext& job);
  Status verify(const Words& words, const JobContext& job);
  Status unverify(const Words& words, const JobContext& job);
  Status importLabels(const Words& words, const JobContext& job);
  Status propose(const Words& words, const JobContext& job);
  Status proposeAll(const Words& words, const JobContext& job);
  Status printProposed(const AnnotationSession::Proposed& proposed) const;
  Status accept(const Words& words, const JobContext& job);
  Status reject(const Words& words, const JobContext& job);
  Status undo(const Words& words, const JobContext& job);
  Status redo(const Words& words, const JobContext& job);
  Status goTo(const Words& words, const JobContext& job);
  Status exportLabels(const Words& words, const JobContext& job);
  Status printHash(const Words& words, const JobContext& job);
  Status count(const Words& words, const JobContext& job);
  Status expect(const Words& words, const JobContext& job);
  Status wait(const Words& words, const JobContext& job);

  AnnotationSession& session_;
  InferenceWorker& worker_;
  Print print_;
  int64_t sequence_ = 0;
  bool isLive_ = false;
  std::function<Status()> promptsChanged_;
  std::filesystem::path nextProject_;
};

}  // namespace cyto
