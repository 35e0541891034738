// What the window does with objects: what is selected and shown of them, and what is asked for by pointer and table.

#include <QAction>
#include <QRegularExpression>

#include "core/session/script.h"
#include "ui/bridge/command_text.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/panels/status_readout.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

void MainWindow::connectObjects() {
  connect(view_, &SliceView::objectSelected, this, [this](quint32 id) {
    objects_->select(id);
    const quint32 other = std::exchange(mergesWith_, 0);
    if (id != 0 && other != 0 && id != other) bridge_.execute(QStringLiteral("merge %1 %2").arg(other).arg(id));
  });
  connect(commands_.get(), &CommandRegistry::executed, this, [this](const QString& name) {
    if (name != QLatin1String("merge") && !name.startsWith(QLatin1String("view."))) mergesWith_ = 0;
  });
  connect(notices_, &NoticeBar::actionTriggered, this, [this](const QString& command) {
    const auto words = scriptWords(command.toStdString());
    if (!words || words->empty()) return;
    QStringList arguments;
    for (const std::string& word : *words) arguments.append(QString::fromStdString(word));
    const QString problem = commands_->run(arguments.first(), arguments.mid(1));
    if (!problem.isEmpty()) tell(cyto::Notice::Severity::kInformation, problem);
    focusView();
  });
  connect(objects_, &ObjectPanel::objectActivated, this, [this](quint32 id) { selectObject(id, true); });
  connect(objects_, &ObjectPanel::selectionChanged, this, [this](quint32 id) { selectObject(id, false); });
  connect(objects_, &ObjectPanel::deleteRequested, this, &MainWindow::deleteObjects);
  connect(objects_, &ObjectPanel::classRequested, this, [this](quint32 id, const QString& name) {
    const QList<quint32> ids = selectedObjects();
    for (const quint32 each : ids.contains(id) ? ids : QList<quint32>{id}) {
      bridge_.execute(QStringLiteral("class %1 %2").arg(each).arg(quotedWord(name)));
    }
  });
  QList<QAction*> actions;
  for (const char* name : {"accept", "reject", "", "verify", "unverify", "", "class", "refine", "merge", "split"}) {
    actions.append(commands_->action(QString::fromLatin1(name)));  // null for a line
  }
  objects_->setActions(actions);
}

QList<NoticeAction> MainWindow::waysOut(const QString& sentence) {
  static const QRegularExpression isVerified(
      QStringLiteral("object (\\d+) (?:is verified|keeps its pixels); unverify it first"),
      QRegularExpression::CaseInsensitiveOption);
  const QRegularExpressionMatch match = isVerified.match(sentence);
  if (!match.hasMatch()) return {};
  const QString id = match.captured(1);
  return {{QStringLiteral("unverify ") + id, tr("Unverify object %1").arg(id)}};
}

void MainWindow::showPointer(bool isInside, double y, double x) {
  pointer_ = isInside ? std::optional<QPointF>(QPointF(x, y)) : std::nullopt;
  if (!isInside || !bridge_.state().isOpen) {
    readout_->setPosition(std::nullopt);
    return;
  }
  const ImagePoint place{y, x};
  const StatusReadout::Position at{view_->t(), view_->z(), place.row(), place.column()};
  readout_->setPosition(at);
  display_.readPixel(at.t, at.z, at.y, at.x);
  const Document& document = bridge_.state().document;
  const uint32_t label = document.labels.at(at.t, at.z, at.y, at.x);
  const bool areProposalsShown = display_.isVisible(DisplayModel::Layer::kProposals);
  const uint32_t id = label != 0 || !areProposalsShown ? label : document.proposals.at(at.t, at.z, at.y, at.x);
  const auto object = document.objects.find(id);
  if (object == document.objects.end()) return readout_->setObject(id, {}, {});
  const ObjectState state = object->second->state;
  readout_->setObject(id, QString::fromStdString(object->second->className),
                      state == ObjectState::kVerified   ? tr("verified")
                      : state == ObjectState::kProposal ? tr("proposal")
                                                        : QString());
}

void MainWindow::selectObject(quint32 id, bool goThere) {
  LabelStyle style = display_.labelStyle();
  style.selected = id;
  display_.setLabelStyle(style);
  objects_->select(id);
  const auto& all = bridge_.state().document.objects;
  const auto found = all.find(id);
  if (!goThere || found == all.end()) return;
  view_->showBox(found->second->bounds);
  focusView();
}

void MainWindow::revealObject(quint32 id) {
  const auto& all = bridge_.state().document.objects;
  if (const auto found = all.find(id); found != all.end()) view_->revealBox(found->second->bounds);
}

QList<quint32> MainWindow::selectedObjects() const {
  const quint32 chosen = display_.labelStyle().selected;
  const QList<quint32> rows = objects_->selectedIds();
  if (rows.contains(chosen)) return rows;
  return bridge_.state().document.objects.contains(chosen) ? QList<quint32>{chosen} : QList<quint32>();
}

void MainWindow::deleteObjects(const QList<quint32>& ids) {
  for (const quint32 id : ids) bridge_.execute(QStringLiteral("delete %1").arg(id));
}

void MainWindow::mergeWithNext(quint32 id) {
  tools_->choose(QStringLiteral("select"));
  mergesWith_ = id;
  tell(cyto::Notice::Severity::kInformation,
       tr("Click the object that belongs together with object %1; Esc gives up.").arg(id));
}

bool MainWindow::editClass() {
  const quint32 id = display_.labelStyle().selected;
  if (!bridge_.state().document.objects.contains(id)) return false;
  commands_->trigger(QStringLiteral("panel.objects"));
  return objects_->editClass(id);
}

}  // namespace cyto::ui
