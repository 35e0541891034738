#include "ui/window/review.h"

#include <QAction>
#include <QSettings>
#include <algorithm>
#include <utility>

#include "ui/models/reading_order.h"
#include "ui/panels/objects/review_bar.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

constexpr auto kModeSetting = "review/keep";

}  // namespace

Review::Review(MainWindow& window) : QObject(&window), window_(window) {
  const QString stored = QSettings().value(QString::fromLatin1(kModeSetting)).toString();
  for (const PreserveMode mode : {PreserveMode::kObjects, PreserveMode::kPixels, PreserveMode::kNone}) {
    if (modeName(mode) == stored) mode_ = mode;
  }
  SessionBridge& bridge = window_.bridge();
  connect(&bridge, &SessionBridge::stateChanged, this, &Review::takeState);
  connect(&bridge, &SessionBridge::settled, this, [this] { decided_.clear(); });
  connect(&bridge, &SessionBridge::failed, this, [this] {
    const std::vector<quint32> stay = stillProposals(std::exchange(decided_, {}));
    if (stay.empty()) return;
    const quint32 stays = stay.front();
    window_.selectObject(stays, false);
    window_.revealObject(stays);
  });
}

void Review::buildBar() {
  QList<QAction*> actions;
  const std::pair<const char*, QString> buttons[] = {{"accept", tr("Accept")},
                                                     {"reject", tr("Reject")},
                                                     {"accept-all", tr("Accept all")},
                                                     {"reject-all", tr("Reject all")}};
  for (const auto& [name, text] : buttons) {
    QAction* action = window_.commands().action(QString::fromLatin1(name));
    action->setProperty("shortName", text);
    actions.append(action);
  }
  bar_ = new ReviewBar(&window_.view(), actions);
  bar_->setMode(mode_);
  connect(bar_, &ReviewBar::modeChosen, this, &Review::setMode);
  takeState();
}

void Review::takeState() {
  const SessionState& state = window_.bridge().state();
  // Counted only when there can be any: the table may hold a million objects.
  const bool mayHaveSome = state.isOpen && state.document.proposals.size_bytes() > 0;
  const int64_t count = mayHaveSome ? countObjects(state.document.objects).proposals : 0;
  const bool mayChange = state.isOpen && state.readOnlyReason.empty();
  for (const char* name : {"accept", "reject", "accept-all", "reject-all"}) {
    window_.commands().action(QString::fromLatin1(name))->setEnabled(mayChange && count > 0);
  }
  for (const char* name : {"proposal-next", "proposal-previous"}) {
    window_.commands().action(QString::fromLatin1(name))->setEnabled(count > 0);
  }
  for (const char* name : {"verify", "unverify", "merge", "split", "class", "import", "import-folder"}) {
    window_.commands().action(QString::fromLatin1(name))->setEnabled(mayChange);
  }
  window_.commands().action(QStringLiteral("auto"))->setEnabled(mayChange && state.image);
  window_.commands().action(QStringLiteral("unverified-next"))->setEnabled(state.isOpen);
  bar_->setProposals(count);
}

QString Review::modeName(PreserveMode mode) {
  switch (mode) {
    case PreserveMode::kObjects: return QStringLiteral("objects");
    case PreserveMode::kPixels: return QStringLiteral("pixels");
    case PreserveMode::kNone: return QStringLiteral("none");
  }
  return {};
}

void Review::setMode(PreserveMode mode) {
  mode_ = mode;
  bar_->setMode(mode);
  QSettings().setValue(QString::fromLatin1(kModeSetting), modeName(mode));
}

template <typename Ids>
std::vector<quint32> Review::stillProposals(const Ids& ids) const {
  const ObjectTable& objects = window_.bridge().state().document.objects;
  std::vector<quint32> proposals;
  for (const quint32 id : ids) {
    const auto found = objects.find(id);
    const bool isProposal = found != objects.end() && found->second->state == ObjectState::kProposal;
    if (isProposal && !decided_.contains(id)) proposals.push_back(id);
  }
  return proposals;
}

QString Review::accept(const QList<quint32>& ids) {
  return decide(QStringLiteral("accept %1 ") + modeName(mode_), ids);
}

QString Review::reject(const QList<quint32>& ids) { return decide(QStringLiteral("reject %1"), ids); }

QString Review::decide(const QString& command, const QList<quint32>& ids) {
  const std::vector<quint32> proposals = stillProposals(ids.isEmpty() ? window_.selectedObjects() : ids);
  // The first key press of a review only goes to where it begins.
  if (proposals.empty()) return goToProposal(true);
  QStringList words;
  for (const quint32 id : proposals) words.append(QString::number(id));
  const ObjectTable& objects = window_.bridge().state().document.objects;
  const ReadingOrder order(objects);
  const ReadingPlace last = order.placeOf(*objects.at(proposals.back()));
  decided_.insert(proposals.begin(), proposals.end());
  window_.bridge().execute(command.arg(words.join(QLatin1Char(' '))));
  if (const auto next = order.next(ObjectState::kProposal, last, true, decided_)) {
    window_.selectObject(*next, false);
    window_.revealObject(*next);
  }
  return {};
}

QString Review::acceptAll() {
  window_.bridge().execute(QStringLiteral("accept all ") + modeName(mode_));
  return {};
}

QString Review::rejectAll() {
  window_.bridge().execute(QStringLiteral("reject all"));
  return {};
}

QString Review::goToProposal(bool isForward) {
  return go(ObjectState::kProposal, isForward, tr("There are no proposals."));
}

QString Review::goToUnverified() {
  return go(ObjectState::kAccepted, true, tr("Every object is verified, or there is none yet."));
}

QString Review::go(ObjectState state, bool isForward, const QString& nothing) {
  const ObjectTable& objects = window_.bridge().state().document.objects;
  const ReadingOrder order(objects);
  const auto selected = objects.find(window_.display().labelStyle().selected);
  // Without a selection it begins with the plane on screen.
  const ReadingPlace from = selected != objects.end() ? order.placeOf(*selected->second)
                                                      : ReadingPlace{window_.view().t(), window_.view().z(), -1};
  const auto next = order.next(state, from, isForward, decided_);
  if (!next) return nothing;
  window_.selectObject(*next, false);
  window_.revealObject(*next);
  return {};
}

}  // namespace cyto::ui
