#include "ui/window/command_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>
#include <QWidget>

#include "ui/window/fuzzy_match.h"

namespace cyto::ui {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Command named(const QString& name, const QString& key = {}, Command::Scope scope = Command::Scope::kWindow) {
  Command command;
  command.name = name;
  command.title = name;
  command.group = QStringLiteral("Edit");
  command.help = QStringLiteral("Does it.");
  command.scope = scope;
  if (!key.isEmpty()) command.keys = {QKeySequence(key)};
  return command;
}

/// A window with a view and a line edit, and a registry for them.
class CommandRegistryTest : public testing::Test {
 protected:
  CommandRegistryTest()
      : view_(new QWidget(&window_)),
        edit_(new QLineEdit(&window_)),
        button_(new QPushButton(&window_)),
        registry_(&window_) {
    auto* layout = new QVBoxLayout(&window_);
    layout->addWidget(view_);
    layout->addWidget(edit_);
    layout->addWidget(button_);
    view_->setFocusPolicy(Qt::StrongFocus);
    view_->setMinimumSize(100, 100);
    window_.show();
    window_.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window_));
  }

  CommandRegistry::Run counting(const QString& answer = {}) {
    return [this, answer](const QStringList& arguments) {
      ++runs_;
      arguments_ = arguments;
      return answer;
    };
  }

  QWidget window_;
  QWidget* view_;
  QLineEdit* edit_;
  QPushButton* button_;
  CommandRegistry registry_;
  int runs_ = 0;
  QStringList arguments_;
};

TEST_F(CommandRegistryTest, RunsACommandAndPassesItsArgumentsAndItsAnswer) {
  Command command = named(QStringLiteral("undo"));
  command.takesArguments = true;
  registry_.add(command, counting(QStringLiteral("There is nothing to undo.")));
  EXPECT_EQ(registry_.run(QStringLiteral("undo"), {QStringLiteral("3")}), QStringLiteral("There is nothing to undo."));
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(arguments_, QStringList{QStringLiteral("3")});
}

TEST_F(CommandRegistryTest, SaysWhyACommandWasNotRun) {
  registry_.add(named(QStringLiteral("undo")), counting());
  EXPECT_EQ(registry_.run(QStringLiteral("nope")), QStringLiteral("There is no command \"nope\"."));
  EXPECT_EQ(registry_.run(QStringLiteral("undo"), {QStringLiteral("1")}),
            QStringLiteral("The command \"undo\" takes no arguments."));
  registry_.action(QStringLiteral("undo"))->setEnabled(false);
  EXPECT_EQ(registry_.run(QStringLiteral("undo")), QStringLiteral("\"undo\" is not available now."));
  EXPECT_EQ(runs_, 0);
}

TEST_F(CommandRegistryTest, TellsProblemsOfMenusButReturnsThoseOfScripts) {
  registry_.add(named(QStringLiteral("save")), counting(QStringLiteral("The disk is full.")));
  QSignalSpy problems(&registry_, &CommandRegistry::problem);
  registry_.run(QStringLiteral("save"));
  EXPECT_EQ(problems.count(), 0);
  registry_.action(QStringLiteral("save"))->trigger();
  registry_.trigger(QStringLiteral("save"));
  ASSERT_EQ(problems.count(), 2);
  EXPECT_EQ(problems[0][0].toString(), QStringLiteral("The disk is full."));
}

TEST_F(CommandRegistryTest, TogglesACheckableCommandAndTakesTheMarkBackWhenItFails) {
  bool canRun = true;
  Command command = named(QStringLiteral("view.objects"));
  command.isCheckable = true;
  QAction* action = registry_.add(
      command, [&](const QStringList&) { return canRun ? QString() : QStringLiteral("No image is open."); });
  EXPECT_EQ(registry_.run(command.name), QString());
  EXPECT_TRUE(action->isChecked());
  EXPECT_EQ(registry_.run(command.name, {QStringLiteral("on")}), QString());
  EXPECT_TRUE(action->isChecked());
  EXPECT_EQ(registry_.run(command.name, {QStringLiteral("off")}), QString());
  EXPECT_FALSE(action->isChecked());
  EXPECT_NE(registry_.run(command.name, {QStringLiteral("maybe")}), QString());
  canRun = false;
  EXPECT_EQ(registry_.run(command.name), QStringLiteral("No image is open."));
  EXPECT_FALSE(action->isChecked());
  action->trigger();
  EXPECT_FALSE(action->isChecked());
}

TEST_F(CommandRegistryTest, KeepsOneToolOfAGroupChosen) {
  QActionGroup group(&window_);
  for (const char* name : {"tool.point", "tool.box"}) {
    Command command = named(QString::fromLatin1(name));
    command.isCheckable = true;
    const bool isBox = command.name == QLatin1String("tool.box");
    group.addAction(registry_.add(command, counting(isBox ? QStringLiteral("Not in 3D.") : QString())));
  }
  EXPECT_EQ(registry_.run(QStringLiteral("tool.point")), QString());
  EXPECT_EQ(registry_.run(QStringLiteral("tool.point")), QString());
  EXPECT_TRUE(registry_.action(QStringLiteral("tool.point"))->isChecked());
  EXPECT_EQ(registry_.run(QStringLiteral("tool.box")), QStringLiteral("Not in 3D."));
  EXPECT_TRUE(registry_.action(QStringLiteral("tool.point"))->isChecked());
}

TEST_F(CommandRegistryTest, ViewLettersActOnlyWhileTheViewHasTheFocus) {
  registry_.add(named(QStringLiteral("commit"), QStringLiteral("C"), Command::Scope::kView), counting());
  registry_.setViewWidget(view_);
  edit_->setFocus();
  QTest::keyClick(edit_, Qt::Key_C);
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(edit_->text().toLower(), QStringLiteral("c"));
  // A line edit takes letters before any shortcut does; a button does not.
  button_->setFocus();
  QTest::keyClick(button_, Qt::Key_C);
  EXPECT_EQ(runs_, 0);
  view_->setFocus();
  QTest::keyClick(view_, Qt::Key_C);
  EXPECT_EQ(runs_, 1);
  registry_.setViewWidget(nullptr);
  QTest::keyClick(view_, Qt::Key_C);
  EXPECT_EQ(runs_, 1);
}

TEST_F(CommandRegistryTest, WindowKeysActEverywhere) {
  registry_.add(named(QStringLiteral("palette"), QStringLiteral("Ctrl+K")), counting());
  edit_->setFocus();
  QTest::keyClick(edit_, Qt::Key_K, Qt::ControlModifier);
  view_->setFocus();
  QTest::keyClick(view_, Qt::Key_K, Qt::ControlModifier);
  EXPECT_EQ(runs_, 2);
}

TEST_F(CommandRegistryTest, ListsKeysThatTwoCommandsClaim) {
  registry_.add(named(QStringLiteral("commit"), QStringLiteral("C"), Command::Scope::kView), counting());
  registry_.add(named(QStringLiteral("clear"), QStringLiteral("Shift+C"), Command::Scope::kView), counting());
  registry_.add(named(QStringLiteral("open"), QStringLiteral("Ctrl+O")), counting());
  EXPECT_THAT(registry_.conflicts(), IsEmpty());
  registry_.setKeys(QStringLiteral("open"), {QKeySequence(QStringLiteral("C"))});
  EXPECT_THAT(registry_.conflicts(), ElementsAre(QStringLiteral("C: commit, open")));
  registry_.setKeys(QStringLiteral("open"), {QKeySequence(QStringLiteral("C, O"))});
  EXPECT_EQ(registry_.conflicts().size(), 1) << "C is the beginning of C, O";
  registry_.setKeys(QStringLiteral("open"), {});
  EXPECT_THAT(registry_.conflicts(), IsEmpty());
}

TEST_F(CommandRegistryTest, NamesTheTitleTheKeyAndTheHelpInToolTips) {
  registry_.add(named(QStringLiteral("undo"), QStringLiteral("Ctrl+Z")), counting());
  QSignalSpy changes(&registry_, &CommandRegistry::changed);
  registry_.setTitle(QStringLiteral("undo"), QStringLiteral("Undo merge of A & B"));
  const QAction* action = registry_.action(QStringLiteral("undo"));
  EXPECT_EQ(action->text(), QStringLiteral("Undo merge of A && B"));
  EXPECT_EQ(action->toolTip(), QStringLiteral("Undo merge of A & B (Ctrl+Z): Does it."));
  registry_.setTitle(QStringLiteral("undo"), QStringLiteral("Undo merge of A & B"));
  EXPECT_EQ(changes.count(), 1);
}

TEST(FuzzyMatch, FindsLettersInOrderAndPrefersBeginningsOfWords) {
  EXPECT_FALSE(fuzzyMatch(QStringLiteral("xyz"), QStringLiteral("Zoom in")));
  EXPECT_FALSE(fuzzyMatch(QStringLiteral("mz"), QStringLiteral("Zoom in")));
  ASSERT_TRUE(fuzzyMatch(QString(), QStringLiteral("Zoom in")));
  const auto initials = fuzzyMatch(QStringLiteral("ZI"), QStringLiteral("Zoom in"));
  ASSERT_TRUE(initials);
  EXPECT_THAT(initials->positions, ElementsAre(0, 5));
  const auto whole = fuzzyMatch(QStringLiteral("seg"), QStringLiteral("Segment"));
  const auto scattered = fuzzyMatch(QStringLiteral("seg"), QStringLiteral("Set the background"));
  ASSERT_TRUE(whole && scattered);
  EXPECT_GT(whole->score, scattered->score);
}

}  // namespace
}  // namespace cyto::ui
