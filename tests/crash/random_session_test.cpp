// What holds after every step of a session, whatever a user does.
//
// CYTOCLICK_SESSIONS says how many sessions (default 6), CYTOCLICK_TEST_SEED which.

#include "tests/crash/random_session.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <set>

#include "tests/support/random_seed.h"
#include "tests/support/temporary_folder.h"

namespace cyto {
namespace {

namespace fs = std::filesystem;

/// Area and tight bounds of each id, counted pixel by pixel.
struct Counted {
  int64_t area = 0;
  PlaneBox bounds;
};

std::map<uint32_t, Counted> countPixels(const LabelVolume& labels) {
  const Shape& shape = labels.shape();
  std::vector<uint32_t> plane(static_cast<size_t>(shape.y * shape.x));
  labels.read(0, 0, {0, 0, shape.y, shape.x}, plane);
  std::map<uint32_t, Counted> counted;
  for (int64_t y = 0; y < shape.y; ++y) {
    for (int64_t x = 0; x < shape.x; ++x) {
      const uint32_t id = plane[static_cast<size_t>(y * shape.x + x)];
      if (id == 0) continue;
      auto& [area, bounds] = counted[id];
      bounds = area == 0 ? PlaneBox{y, x, y + 1, x + 1}
                         : PlaneBox{std::min(bounds.y0, y), std::min(bounds.x0, x), std::max(bounds.y1, y + 1),
                                    std::max(bounds.x1, x + 1)};
      ++area;
    }
  }
  return counted;
}

/// Every object has its pixels where its state says, as many as the table says, and inside its bounds.
void expectConsistent(const Document& document) {
  const auto labels = countPixels(document.labels);
  const auto proposals = countPixels(document.proposals);
  std::set<uint32_t> known;
  for (const auto& [id, object] : document.objects) {
    const bool isProposal = object->state == ObjectState::kProposal;
    const auto& own = isProposal ? proposals : labels;
    ASSERT_FALSE((isProposal ? labels : proposals).contains(id)) << "object " << id << " has pixels in both volumes";
    ASSERT_TRUE(own.contains(id)) << "object " << id << " has no pixels";
    const auto& [area, box] = own.at(id);
    ASSERT_EQ(object->id, id);
    ASSERT_EQ(object->area, area) << "object " << id;
    const Box bounds = object->bounds;
    ASSERT_TRUE(bounds.begin.y <= box.y0 && bounds.begin.x <= box.x0 && bounds.end.y >= box.y1 &&
                bounds.end.x >= box.x1 && bounds.isInside(document.labels.shape()))
        << "object " << id << " reaches over its bounds";
    known.insert(id);
  }
  for (const auto& [id, counted] : labels) ASSERT_TRUE(known.contains(id)) << "pixels of no object " << id;
  for (const auto& [id, counted] : proposals) ASSERT_TRUE(known.contains(id)) << "pixels of no object " << id;
}

std::set<uint32_t> verifiedIn(const Document& document) {
  const auto ids = idsInState(document.objects, ObjectState::kVerified);
  return {ids.begin(), ids.end()};
}

PlaneMask pixelsOf(const Document& document, uint32_t id) {
  const Shape& shape = document.labels.shape();
  return maskWhere({0, 0, shape.y, shape.x},
                   [&](int64_t y, int64_t x) { return document.labels.at(0, 0, y, x) == id; });
}

/// Steps in the history move through states freely; every other command leaves verified pixels alone.
void expectVerifiedUntouched(const Document& before, const Document& after) {
  for (const uint32_t id : verifiedIn(before)) {
    ASSERT_TRUE(after.objects.contains(id)) << "verified object " << id << " is gone";
    ASSERT_EQ(pixelsOf(before, id), pixelsOf(after, id)) << "pixels of verified object " << id;
  }
}

bool movesInHistory(const std::string& command) { return command.starts_with("undo") || command.starts_with("redo"); }

void walkWholeHistory(test::RandomSession& user, const std::string& start) {
  const std::string end = test::fingerprintOf(user.session().document());
  const uint64_t last = user.session().project()->history().current();
  while (user.execute("undo")) {
  }
  ASSERT_EQ(test::fingerprintOf(user.session().document()), start) << "everything was taken back";
  while (user.session().project()->history().current() != last) ASSERT_TRUE(user.execute("redo"));
  ASSERT_EQ(test::fingerprintOf(user.session().document()), end) << "everything was done again";
}

int sessionCount() {
  const char* chosen = std::getenv("CYTOCLICK_SESSIONS");
  return chosen ? std::atoi(chosen) : 6;
}

TEST(RandomSession, KeepsItsPromisesAfterEveryStep) {
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  const test::TemporaryFolder folder;
  const fs::path image = folder / "squares.png";
  test::writeSquares(image);
  constexpr int kCommands = 250;
  std::map<std::string, int> carriedOut;
  for (int number = 0; number < sessionCount(); ++number) {
    test::RandomSession user;
    ASSERT_TRUE(user.open(image, {}));
    const std::string start = test::fingerprintOf(user.session().document());
    for (int i = 0; i < kCommands; ++i) {
      const Document before = user.session().document();
      const std::string command = test::randomCommand(random, user.session().nextId(), image.parent_path());
      SCOPED_TRACE("session " + std::to_string(number) + ", command " + std::to_string(i) + ": " + command);
      const Status done = user.execute(command);
      const Document& after = user.session().document();
      if (done) ++carriedOut[command.substr(0, command.find(' '))];
      if (!done) {
        ASSERT_EQ(test::fingerprintOf(after), test::fingerprintOf(before)) << done.error().message();
      }
      ASSERT_NO_FATAL_FAILURE(expectConsistent(after));
      if (!movesInHistory(command)) {
        ASSERT_NO_FATAL_FAILURE(expectVerifiedUntouched(before, after));
      }
    }
    ASSERT_NO_FATAL_FAILURE(walkWholeHistory(user, start));
  }
  for (const char* command : {"propose", "accept", "reject", "verify", "unverify", "merge", "split", "class", "commit",
                              "fill", "erase", "paint", "delete", "refine"}) {
    EXPECT_GT(carriedOut[command], 0) << command << " was never carried out, so it was not tested";
  }
}

}  // namespace
}  // namespace cyto
