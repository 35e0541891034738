#include "ui/window/project_commands.h"

#include <QAction>
#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>

#include "core/project/exchange/methods_text.h"
#include "ui/bridge/command_text.h"
#include "ui/panels/history/history_panel.h"
#include "ui/panels/provenance/provenance_panel.h"
#include "ui/window/main_window.h"
#include "ui/window/methods_dialog.h"

namespace cyto::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("WindowCommands", text); }

/// A store is a folder, everything else a file.
QString askForImage(MainWindow& window) {
  const QFileInfo before(QString::fromStdString(window.bridge().state().reference.path.string()));
  const QString title = tr("Where is %1 now?").arg(before.fileName());
  const bool isStore = QStringList{QStringLiteral("zarr"), QStringLiteral("n5")}.contains(before.suffix());
  return isStore ? QFileDialog::getExistingDirectory(&window, title) : QFileDialog::getOpenFileName(&window, title);
}

}  // namespace

void addProjectCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString project = tr("Project");
  QAction* branches = commands.add({"history.branches",
                                    tr("Show all branches"),
                                    project,
                                    "branch",
                                    {},
                                    tr("List the steps of every branch in the history."),
                                    Command::Scope::kWindow,
                                    false,
                                    true},
                                   [&window](const QStringList&) {
                                     const QAction* mark = window.commands().action(QStringLiteral("history.branches"));
                                     window.history().setAllOpen(mark->isChecked());
                                     return QString();
                                   });
  branches->setChecked(false);
  commands.add({"provenance.copy",
                tr("Copy provenance of the object"),
                project,
                "copy",
                {},
                tr("Copy everything that is known of the selected object, as JSON.")},
               [&window](const QStringList&) {
                 return window.provenance().copyJson()
                            ? QString()
                            : tr("No object is selected: click one with the select tool (V).");
               });
  commands.add({"methods",
                tr("Methods paragraph…"),
                project,
                "copy",
                {},
                tr("Describe how the objects were made, for the methods section of a paper.")},
               [&window](const QStringList&) {
                 const SessionState& state = window.bridge().state();
                 const std::string text = methodsParagraph(state.document, state.reference);
                 (new MethodsDialog(QString::fromStdString(text), &window))->show();
                 return QString();
               });
  commands.add({"image.find",
                tr("Find the image…"),
                project,
                "search",
                {},
                tr("Say where the image of the project is now."),
                Command::Scope::kWindow,
                true},
               [&window](const QStringList& arguments) {
                 const QString path = arguments.isEmpty() ? askForImage(window) : arguments.first();
                 if (!path.isEmpty()) window.bridge().execute(QStringLiteral("relink ") + quotedWord(path));
                 return QString();
               });
}

}  // namespace cyto::ui
