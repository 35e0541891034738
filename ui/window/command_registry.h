#pragma once

#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <functional>
#include <vector>

class QAction;
class QWidget;

namespace cyto::ui {

/// One thing a user can do, with everything that menus, keys, the palette and the key map show of it.
struct Command {
  enum class Scope {
    kWindow,  ///< the keys act anywhere in the window
    kView,    ///< the keys act only while the image view (or a child of it) has focus: for single letters
  };

  QString name;              ///< what scripts call it: "undo", "view.fit", "tool.point"; unique
  QString title;             ///< "Undo"; without mnemonics
  QString group;             ///< "Edit": heading in the palette and the key map
  QString icon;              ///< name for themedIcon, may be empty
  QList<QKeySequence> keys;  ///< the first is the one shown
  QString help;              ///< one sentence
  Scope scope = Scope::kWindow;
  bool takesArguments = false;  ///< run() may get arguments; without any the command asks or takes its default
  bool isCheckable = false;     ///< shows a state; its `run` is called after the check mark changed
};

/// All commands of a window. Menus, tool bars, keys, the palette and scripts reach a command through the one QAction
/// or run(), so they cannot differ. Owns the actions. GUI thread only.
class CommandRegistry : public QObject {
  Q_OBJECT

 public:
  /// Does the work; returns an empty string, or the sentence that says why it could not.
  using Run = std::function<QString(const QStringList& arguments)>;

  /// kWindow commands are attached to `window`, which must outlive the registry.
  explicit CommandRegistry(QWidget* window, QObject* parent = nullptr);
  ~CommandRegistry() override;

  /// Adds a command at the end; its name must be new. In debug builds a key that is taken in an overlapping scope
  /// is an assertion; in release builds it is only listed by conflicts().
  QAction* add(Command command, Run run);

  /// The action, or null for an unknown name.
  QAction* action(const QString& name) const;
  const Command* command(const QString& name) const;
  const std::vector<Command>& commands() const { return commands_; }
  /// Headings in the order in which they first appeared.
  QStringList groups() const;

  /// For scripts. Returns an empty string, or the sentence that says why nothing was done: unknown, not available
  /// now, unexpected arguments, or what the command itself says. problem() is not emitted. A checkable command
  /// without arguments is toggled as by a click; "on" and "off" set it.
  QString run(const QString& name, const QStringList& arguments = {});

  /// As from a menu or the palette: what goes wrong is told by problem().
  void trigger(const QString& name);

  /// The widget in which kView keys act; replaces the former one. Null detaches them.
  void setViewWidget(QWidget* view);

  /// A title that names what would happen: "Undo commit of object 12". Tool tip and menus follow.
  void setTitle(const QString& name, const QString& title);
  void setHelp(const QString& name, const QString& help);
  /// Rebinds a command; conflicts are allowed here and listed by conflicts().
  void setKeys(const QString& name, const QList<QKeySequence>& keys);

  /// One line per key that two commands claim at the same time, "Ctrl+Z: undo, redo"; empty is the normal state.
  /// A key that is the beginning of a longer sequence counts as taken too.
  QStringList conflicts() const;

 Q_SIGNALS:
  /// A command started by menu, key or palette could not do its work.
  void problem(const QString& sentence);
  /// A command ran without a problem, whoever asked.
  void executed(const QString& name);
  /// Titles, help or keys of a command changed, or a command was added.
  void changed();

 private:
  struct Entry {
    QAction* action = nullptr;
    Run run;
  };

  int indexOf(const QString& name) const;
  void attach(int index);
  void refreshTexts(int index);
  QString perform(int index, const QStringList& arguments);
  QString toggleAndPerform(int index, const QStringList& arguments);
  void onTriggered(int index);

  QPointer<QWidget> window_;
  QPointer<QWidget> view_;
  std::vector<Command> commands_;
  std::vector<Entry> entries_;
  QHash<QString, int> index_;
};

}  // namespace cyto::ui
