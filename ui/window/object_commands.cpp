#include "ui/window/object_commands.h"

#include <QAction>
#include <QApplication>

#include "ui/bridge/command_text.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/window/command_words.h"
#include "ui/window/main_window.h"
#include "ui/window/review.h"

namespace cyto::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("WindowCommands", text); }

QString noneSelected() { return tr("No object is selected: click one with the select tool (V), or in the table."); }

/// The ids that a script names, or else what is selected.
QList<quint32> idsOf(MainWindow& window, const QStringList& arguments) {
  QList<quint32> ids;
  for (const QString& word : arguments) ids.append(word.toUInt());
  return ids.isEmpty() ? window.selectedObjects() : ids;
}

QString textOf(const QList<quint32>& ids) {
  QStringList words;
  for (const quint32 id : ids) words.append(QString::number(id));
  return words.join(QLatin1Char(' '));
}

void addReviewCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  Review& review = window.review();
  const QString group = tr("Review");
  commands.add({"auto", tr("Segment all objects"), group, "proposal", keys({"Ctrl+Shift+F"}),
                tr("Find every object of the image without prompts, as proposals to accept or reject.")},
               [&window](const QStringList&) {
                 window.bridge().execute(QStringLiteral("auto"));
                 return QString();
               });
  commands.add({"accept", tr("Accept proposal"), group, "done", keys({"A"}),
                tr("Make the selected proposals objects and go to the next one."), Scope::kView, true},
               [&](const QStringList& words) {
                 return review.accept(words.isEmpty() ? QList<quint32>() : idsOf(window, words));
               });
  commands.add({"reject", tr("Reject proposal"), group, "close", keys({"D"}),
                tr("Drop the selected proposals and go to the next one."), Scope::kView, true},
               [&](const QStringList& words) {
                 return review.reject(words.isEmpty() ? QList<quint32>() : idsOf(window, words));
               });
  commands.add({"proposal-next", tr("Next proposal"), group, "", keys({"J"}),
                tr("Select the next proposal in reading order and show it."), Scope::kView},
               [&](const QStringList&) { return review.goToProposal(true); });
  commands.add({"proposal-previous", tr("Previous proposal"), group, "", keys({"Shift+J"}),
                tr("Select the proposal before and show it."), Scope::kView},
               [&](const QStringList&) { return review.goToProposal(false); });
  commands.add({"accept-all", tr("Accept all proposals"), group, "", keys({"Ctrl+Shift+A"}),
                tr("Make all proposals objects, in one step.")},
               [&](const QStringList&) { return review.acceptAll(); });
  commands.add({"reject-all", tr("Reject all proposals"), group, "", keys({"Ctrl+Shift+D"}),
                tr("Drop all proposals, in one step.")},
               [&](const QStringList&) { return review.rejectAll(); });
  commands.add(
      {"review.keep",
       tr("Change what accepting keeps"),
       group,
       "",
       {},
       tr("Whether accepted proposals leave objects, only their pixels, or nothing but verified objects alone."),
       Scope::kWindow,
       true},
      [&](const QStringList& words) {
        const PreserveMode modes[] = {PreserveMode::kObjects, PreserveMode::kPixels, PreserveMode::kNone};
        if (words.isEmpty()) {
          review.setMode(modes[(static_cast<size_t>(review.mode()) + 1) % 3]);
          window.tell(cyto::Notice::Severity::kInformation,
                      tr("Accepted proposals now keep existing: %1.").arg(Review::modeName(review.mode())));
          return QString();
        }
        for (const PreserveMode mode : modes) {
          if (Review::modeName(mode) != words.first()) continue;
          review.setMode(mode);
          return QString();
        }
        return tr("Accepting can keep objects, pixels or none.");
      });
  commands.add({"verify", tr("Verify object"), group, "lock", keys({"Y"}),
                tr("Protect the selected objects against every change of their pixels."), Scope::kView, true},
               [&](const QStringList& words) {
                 const QList<quint32> ids = idsOf(window, words);
                 if (ids.isEmpty()) return noneSelected();
                 window.bridge().execute(QStringLiteral("verify ") + textOf(ids));
                 return QString();
               });
  commands.add({"unverify", tr("Unverify object"), group, "", keys({"Shift+Y"}),
                tr("Allow changes of the selected objects again."), Scope::kView, true},
               [&](const QStringList& words) {
                 const QList<quint32> ids = idsOf(window, words);
                 if (ids.isEmpty()) return noneSelected();
                 window.bridge().execute(QStringLiteral("unverify ") + textOf(ids));
                 return QString();
               });
  commands.add({"unverified-next", tr("Next unverified object"), group, "", keys({"U"}),
                tr("Select the next object that is not verified yet, in reading order, and show it."), Scope::kView},
               [&](const QStringList&) { return review.goToUnverified(); });
}

}  // namespace

void addObjectCommands(MainWindow& window) {
  addReviewCommands(window);
  CommandRegistry& commands = window.commands();
  const QString group = tr("Edit");
  commands.add({"class", tr("Change class"), group, "", keys({"F2"}),
                tr("Edit the class of the selected object in the table."), Scope::kWindow, true},
               [&](const QStringList& words) {
                 const QList<quint32> ids = window.selectedObjects();
                 if (ids.isEmpty()) return noneSelected();
                 if (words.isEmpty()) return window.editClass() ? QString() : noneSelected();
                 for (const quint32 id : ids) {
                   window.bridge().execute(QStringLiteral("class %1 %2").arg(id).arg(quotedWord(words.join(' '))));
                 }
                 return QString();
               });
  commands.add({"merge", tr("Merge objects"), group, "", keys({"M"}),
                tr("Make the selected objects one; with one selected, merge it with the object you click next."),
                Scope::kView, true},
               [&](const QStringList& words) {
                 const QList<quint32> ids = idsOf(window, words);
                 if (ids.isEmpty()) return noneSelected();
                 if (ids.size() > 1) {
                   window.bridge().execute(QStringLiteral("merge ") + textOf(ids));
                 } else {
                   window.mergeWithNext(ids.first());
                 }
                 return QString();
               });
  commands.add({"split", tr("Split object"), group, "", keys({"Shift+K"}),
                tr("Make the separate pieces of the selected object objects of their own."), Scope::kView, true},
               [&](const QStringList& words) {
                 const QList<quint32> ids = idsOf(window, words);
                 if (ids.isEmpty()) return noneSelected();
                 for (const quint32 id : ids) window.bridge().execute(QStringLiteral("split %1").arg(id));
                 return QString();
               });
}

}  // namespace cyto::ui
