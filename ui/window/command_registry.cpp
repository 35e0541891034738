#include "ui/window/command_registry.h"

#include <QAction>
#include <QActionGroup>
#include <QWidget>
#include <utility>

#include "ui/theme/icon.h"

namespace cyto::ui {
namespace {

/// Ampersands are mnemonics in the text of an action, and titles have none.
QString withoutMnemonics(QString title) { return title.replace(QLatin1Char('&'), QStringLiteral("&&")); }

/// The check marks as they were before a command ran, to be put back when it could not.
class CheckMark {
 public:
  explicit CheckMark(QAction* action)
      : action_(action),
        wasChecked_(action->isChecked()),
        former_(groupOf(action) ? groupOf(action)->checkedAction() : nullptr) {}

  void putBack() {
    if (former_ && former_ != action_) {
      former_->setChecked(true);
    } else {
      action_->setChecked(wasChecked_);
    }
  }

 private:
  static QActionGroup* groupOf(QAction* action) {
    QActionGroup* group = action->actionGroup();
    return group && group->isExclusive() ? group : nullptr;
  }

  QAction* action_;
  bool wasChecked_;
  QAction* former_;
};

}  // namespace

CommandRegistry::CommandRegistry(QWidget* window, QObject* parent) : QObject(parent), window_(window) {}

CommandRegistry::~CommandRegistry() = default;

QAction* CommandRegistry::add(Command command, Run run) {
  Q_ASSERT_X(!index_.contains(command.name), "CommandRegistry::add", qUtf8Printable(command.name));
  const int index = static_cast<int>(commands_.size());
  auto* action = new QAction(this);
  action->setObjectName(command.name);
  action->setCheckable(command.isCheckable);
  action->setMenuRole(QAction::NoRole);
  if (!command.icon.isEmpty()) action->setIcon(themedIcon(command.icon));
  index_.insert(command.name, index);
  commands_.push_back(std::move(command));
  entries_.push_back({action, std::move(run)});
  connect(action, &QAction::triggered, this, [this, index] { onTriggered(index); });
  attach(index);
  refreshTexts(index);
  Q_ASSERT_X(conflicts().isEmpty(), "CommandRegistry::add", qUtf8Printable(conflicts().join(QLatin1String("; "))));
  Q_EMIT changed();
  return action;
}

QAction* CommandRegistry::action(const QString& name) const {
  const int index = indexOf(name);
  return index < 0 ? nullptr : entries_[index].action;
}

const Command* CommandRegistry::command(const QString& name) const {
  const int index = indexOf(name);
  return index < 0 ? nullptr : &commands_[index];
}

QStringList CommandRegistry::groups() const {
  QStringList groups;
  for (const Command& command : commands_) {
    if (!groups.contains(command.group)) groups.append(command.group);
  }
  return groups;
}

QString CommandRegistry::run(const QString& name, const QStringList& arguments) {
  const int index = indexOf(name);
  if (index < 0) return tr("There is no command \"%1\".").arg(name);
  const Command& command = commands_[index];
  if (!entries_[index].action->isEnabled()) return tr("\"%1\" is not available now.").arg(command.title);
  if (command.isCheckable) return toggleAndPerform(index, arguments);
  if (!arguments.isEmpty() && !command.takesArguments) return tr("The command \"%1\" takes no arguments.").arg(name);
  return perform(index, arguments);
}

void CommandRegistry::trigger(const QString& name) {
  const QString sentence = run(name);
  if (!sentence.isEmpty()) Q_EMIT problem(sentence);
}

void CommandRegistry::setViewWidget(QWidget* view) {
  for (size_t i = 0; i < commands_.size(); ++i) {
    if (view_ && commands_[i].scope == Command::Scope::kView) view_->removeAction(entries_[i].action);
  }
  view_ = view;
  for (size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i].scope == Command::Scope::kView) attach(static_cast<int>(i));
  }
}

void CommandRegistry::setTitle(const QString& name, const QString& title) {
  const int index = indexOf(name);
  if (index < 0 || commands_[index].title == title) return;
  commands_[index].title = title;
  refreshTexts(index);
  Q_EMIT changed();
}

void CommandRegistry::setHelp(const QString& name, const QString& help) {
  const int index = indexOf(name);
  if (index < 0 || commands_[index].help == help) return;
  commands_[index].help = help;
  refreshTexts(index);
  Q_EMIT changed();
}

void CommandRegistry::setKeys(const QString& name, const QList<QKeySequence>& keys) {
  const int index = indexOf(name);
  if (index < 0 || commands_[index].keys == keys) return;
  commands_[index].keys = keys;
  refreshTexts(index);
  Q_EMIT changed();
}

QStringList CommandRegistry::conflicts() const {
  // The view is inside the window, so the two scopes overlap: every key may be claimed once.
  QStringList found;
  for (size_t a = 0; a < commands_.size(); ++a) {
    for (size_t b = a + 1; b < commands_.size(); ++b) {
      for (const QKeySequence& key : commands_[a].keys) {
        for (const QKeySequence& other : commands_[b].keys) {
          const bool isTaken =
              key.matches(other) != QKeySequence::NoMatch || other.matches(key) != QKeySequence::NoMatch;
          if (key.isEmpty() || other.isEmpty() || !isTaken) continue;
          found.append(QStringLiteral("%1: %2, %3").arg(key.toString(), commands_[a].name, commands_[b].name));
        }
      }
    }
  }
  return found;
}

int CommandRegistry::indexOf(const QString& name) const { return index_.value(name, -1); }

void CommandRegistry::attach(int index) {
  QAction* action = entries_[index].action;
  const bool isInView = commands_[index].scope == Command::Scope::kView;
  action->setShortcutContext(isInView ? Qt::WidgetWithChildrenShortcut : Qt::WindowShortcut);
  QWidget* widget = isInView ? view_.data() : window_.data();
  if (widget) widget->addAction(action);
}

void CommandRegistry::refreshTexts(int index) {
  const Command& command = commands_[index];
  QAction* action = entries_[index].action;
  action->setText(withoutMnemonics(command.title));
  action->setIconText(command.title);
  action->setShortcuts(command.keys);
  action->setWhatsThis(command.help);
  QString tip = command.title;
  if (!command.keys.isEmpty())
    tip += QStringLiteral(" (%1)").arg(command.keys.first().toString(QKeySequence::NativeText));
  if (!command.help.isEmpty()) tip += QStringLiteral(": ") + command.help;
  action->setToolTip(tip);
}

QString CommandRegistry::perform(int index, const QStringList& arguments) {
  // A command may add or change commands, so nothing of the vectors is held while it runs.
  const QString name = commands_[index].name;
  const Run run = entries_[index].run;
  const QString sentence = run ? run(arguments) : QString();
  if (sentence.isEmpty()) Q_EMIT executed(name);
  return sentence;
}

QString CommandRegistry::toggleAndPerform(int index, const QStringList& arguments) {
  QAction* action = entries_[index].action;
  QStringList rest = arguments;
  const QString first = rest.value(0);
  const bool isSet = first == QLatin1String("on") || first == QLatin1String("off");
  if (isSet) rest.removeFirst();
  if (!rest.isEmpty() && !commands_[index].takesArguments) {
    return tr("The command \"%1\" only takes on or off.").arg(commands_[index].name);
  }
  CheckMark mark(action);
  const bool staysChecked = action->isChecked() && action->actionGroup() && action->actionGroup()->isExclusive();
  action->setChecked(isSet ? first == QLatin1String("on") : staysChecked || !action->isChecked());
  const QString sentence = perform(index, rest);
  if (!sentence.isEmpty()) mark.putBack();
  return sentence;
}

void CommandRegistry::onTriggered(int index) {
  QAction* action = entries_[index].action;
  const QString sentence = perform(index, {});
  if (sentence.isEmpty()) return;
  // Inside an exclusive group the former action is not known here; whoever owns the group shows the true state.
  const bool isExclusive = action->actionGroup() && action->actionGroup()->isExclusive();
  if (action->isCheckable() && !isExclusive) action->setChecked(!action->isChecked());
  Q_EMIT problem(sentence);
}

}  // namespace cyto::ui
