#include "ui/window/script_player.h"

#include <gmock/gmock.h>

#include <QSignalSpy>

#include "tests/ui/window_fixture.h"

namespace cyto::ui {
namespace {

using test::WindowFixture;
using testing::HasSubstr;
using testing::StartsWith;

class ScriptPlayerTest : public WindowFixture {
 protected:
  /// What the player says at the end: empty, or why a line could not be played.
  std::string play(const QStringList& lines) {
    ScriptPlayer player(window(), lines);
    QSignalSpy ends(&player, &ScriptPlayer::finished);
    QObject::connect(&player, &ScriptPlayer::printed, &player, [&](const QString& line) { printed_.append(line); });
    player.start();
    EXPECT_TRUE(waitFor([&] { return !ends.isEmpty(); }));
    return ends.isEmpty() ? "did not end" : ends[0][0].toString().toStdString();
  }

  QStringList printed_;
};

TEST_F(ScriptPlayerTest, PointersAndTools) {
  startWith(picture());
  EXPECT_EQ(play({"click 25 25", "click 25 5 negative", "# a comment", "", "hover 75 75"}), "");
  ASSERT_EQ(prompts().points.size(), 2u);
  EXPECT_TRUE(prompts().points[0].positive);
  EXPECT_FALSE(prompts().points[1].positive);
  EXPECT_TRUE(window().bridge().preview()) << "hover waits for it";
  EXPECT_EQ(play({"leave"}), "");
  EXPECT_FALSE(window().bridge().preview());
  EXPECT_EQ(play({"command commit", "tool box", "drag 60 60 90 90"}), "");
  EXPECT_EQ(toolName(), "box");
  EXPECT_EQ(prompts().boxes.size(), 1u);
  EXPECT_EQ(play({"command clear", "tool brush", "press 5 5", "move 5 20", "move 5 40", "release 5 40"}), "");
  EXPECT_EQ(labelAt(5, 20), 2u);
}

TEST_F(ScriptPlayerTest, KeysCommandsWheelAndSlices) {
  startWith(stack());
  EXPECT_EQ(play({"key B", "key ]"}), "");
  EXPECT_EQ(toolName(), "brush");
  EXPECT_DOUBLE_EQ(window().tools().brushRadius(), 6.25);
  EXPECT_EQ(play({"slice t 2", "slice z 3"}), "");
  EXPECT_EQ(view().t(), 2);
  EXPECT_EQ(view().z(), 3);
  EXPECT_EQ(play({"wheel 2 ctrl", "wheel 1 shift"}), "");
  EXPECT_EQ(view().z(), 1);
  EXPECT_EQ(view().t(), 1);
  const double zoom = view().transform().zoom();
  EXPECT_EQ(play({"wheel -2"}), "");
  EXPECT_LT(view().transform().zoom(), zoom);
  EXPECT_EQ(play({"command view.fit", "tool point", "click 25 25", "wheel -1 alt"}), "");
  EXPECT_EQ(view().transform().zoom(), zoom);
  EXPECT_EQ(state().current->alternative, 1);
  EXPECT_EQ(play({"key Ctrl+K", "key Escape", "command toggle-sign on", "sleep 20"}), "");
  EXPECT_TRUE(window().tools().point().isNegative());
}

TEST_F(ScriptPlayerTest, OpensWaitsPrintsAndTakesPictures) {
  startWindow();
  const QString image = picture();
  const QString shot = pathText(folder_ / "Bild ä.png");
  EXPECT_EQ(play({"wait idle", "open \"" + image + "\"", "wait idle", "point 0 0 25 25 +", "commit", "count objects",
                  "expect objects == 1", "screenshot \"" + shot + "\"", "quit", "click 9999 9999"}),
            "");
  EXPECT_TRUE(printed_.contains("1"));
  EXPECT_TRUE(printed_.contains("object 1 400 pixels"));
  EXPECT_EQ(QImage(shot).size(), window().size() * window().devicePixelRatio());
}

TEST_F(ScriptPlayerTest, AFailureStopsWithItsLine) {
  startWith(picture());
  const std::pair<const char*, const char*> lines[] = {
      {"tool hammer", "there is no tool 'hammer'"},
      {"click 25", "is no command"},
      {"click here there", "has no place in the image"},
      {"click 25 99999", "not on screen"},
      {"drag 1 1 2", "is no command"},
      {"dance", "is no command"},
      {"key NoSuchKey", "is no key"},
      {"wheel up", "is no number"},
      {"slice x 1", "the axes are t and z"},
      {"slice t one", "is no number"},
      {"command no-such", "There is no command"},
      {"command redo", "not available"},
      {"commit", "there is no mask to commit"},
      {"point 0 0 9999 0 +", ""},
      {"expect objects == 7", "expected objects == 7"},
      {"open \"not closed", "is not closed"},
      {"screenshot \"\"", "cannot be written"},
      {"open gone.tif", "gone.tif"},
  };
  for (const auto& [line, problem] : lines) {
    SCOPED_TRACE(line);
    const std::string said = play({"# first", "key V", line, "key B"});
    EXPECT_THAT(said, StartsWith("line 3: "));
    EXPECT_THAT(said, HasSubstr(problem));
    EXPECT_EQ(toolName(), "select") << "the rest is not played";
  }
}

TEST_F(ScriptPlayerTest, AnUnreadableImageDoesNotHoldTheScript) {
  startWith(stack({1, 3, 600, 700}));
  spoilStack();
  EXPECT_EQ(play({"slice z 2", "wheel 3", "key ,"}), "");
  EXPECT_EQ(view().z(), 1);
}

TEST_F(ScriptPlayerTest, MixedCommandsGiveTheSameLabelsAsTheRecordingWithoutAWindow) {
  startWindow();
  record();
  const QString image = picture();
  EXPECT_EQ(play({"open \"" + image + "\"",
                  "click 25 25",
                  "key C",
                  "point 0 0 75 75 +",
                  "key Tab",
                  "key Return",
                  "tool box",
                  "drag 10 60 40 90",
                  "command commit",
                  "undo 2",
                  "key Ctrl+Y",
                  "key Ctrl+Y",
                  "tool brush",
                  "drag 5 5 5 60",
                  "drag 45 5 45 60",
                  "tool eraser",
                  "drag 0 30 99 30",
                  "fill 0 0 75 75 1",
                  "tool point",
                  "click 75 25",
                  "drag 75 25 75 125",
                  "key S",
                  "command commit",
                  "key V",
                  "click 75 125",
                  "key X",
                  "command commit"}),
            "");
  const std::string hash = stateHash(state().document);
  EXPECT_GE(state().document.objects.size(), 3u);
  closeWindow();
  EXPECT_EQ(replayedHash(), hash);
}

}  // namespace
}  // namespace cyto::ui
