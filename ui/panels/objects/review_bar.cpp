#include "ui/panels/objects/review_bar.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

constexpr int kScaleBar_px = 17 * kGrid_px;

QPushButton* buttonFor(QAction* action) {
  auto* button = new QPushButton;
  button->setFocusPolicy(Qt::TabFocus);  // a click leaves the keyboard with the image
  const auto follow = [button, action] {
    // Single keys are part of the name; longer ones are in the tool tip.
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    const QString key = keys.size() == 1 ? keys : QString();
    const QString name = action->property("shortName").toString();
    button->setText(key.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, key));
    button->setIcon(action->icon());
    button->setToolTip(action->toolTip());
    button->setEnabled(action->isEnabled());
  };
  follow();
  QObject::connect(action, &QAction::changed, button, follow);
  QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  return button;
}

}  // namespace

ReviewBar::ReviewBar(QWidget* host, const QList<QAction*>& actions)
    : QFrame(host->parentWidget()),
      host_(host),
      count_(new QLabel),
      keep_(new QLabel(tr("Keep existing"))),
      modes_(new QComboBox) {
  setProperty("role", "popover");
  setAccessibleName(tr("Review of proposals"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(2 * kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addWidget(count_);
  layout->addSpacing(kGrid_px);
  for (QAction* action : actions) {
    buttons_.append(buttonFor(action));
    layout->addWidget(buttons_.last());
    addAction(action);  // the keys act in the bar, too
  }
  layout->addSpacing(kGrid_px);
  keep_->setProperty("role", "muted");
  layout->addWidget(keep_);
  modes_->addItem(tr("objects"));
  modes_->addItem(tr("pixels"));
  modes_->addItem(tr("none"));
  modes_->setItemData(0, tr("A proposal that mostly covers an object stays a proposal"), Qt::ToolTipRole);
  modes_->setItemData(1, tr("A proposal gets the pixels that no object has"), Qt::ToolTipRole);
  modes_->setItemData(2, tr("A proposal takes the pixels of all objects but the verified ones"), Qt::ToolTipRole);
  modes_->setFocusPolicy(Qt::TabFocus);
  modes_->setAccessibleName(tr("What accepted proposals leave to the objects that are there"));
  modes_->setToolTip(tr("What accepted proposals leave to the objects that are there; verified ones always stay"));
  keep_->setBuddy(modes_);
  layout->addWidget(modes_);
  connect(modes_, &QComboBox::currentIndexChanged, this,
          [this](int index) { Q_EMIT modeChosen(static_cast<PreserveMode>(index)); });
  host_->installEventFilter(this);
  hide();
}

void ReviewBar::setProposals(qint64 count) {
  count_->setText(count == 1 ? tr("1 proposal") : tr("%1 proposals").arg(QLocale().toString(count)));
  // As wide as it was when the count loses a digit, or buttons would move under the pointer.
  count_->setMinimumWidth(count == 0 ? 0 : std::max(count_->minimumWidth(), count_->sizeHint().width()));
  setVisible(count > 0);
  place();
}

void ReviewBar::setMode(PreserveMode mode) {
  const QSignalBlocker quiet(modes_);
  modes_->setCurrentIndex(static_cast<int>(mode));
}

bool ReviewBar::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::Move) place();
  return QFrame::eventFilter(watched, event);
}

void ReviewBar::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) place();
}

// In a narrow view first what is for all proposals goes, then the choice of what is kept; both are in the menu.
void ReviewBar::place() {
  if (isHidden()) return;
  const int room = host_->width() - 2 * kGrid_px;
  const auto showParts = [this](bool isChoiceShown, qsizetype buttons) {
    keep_->setVisible(isChoiceShown);
    modes_->setVisible(isChoiceShown);
    for (qsizetype i = 0; i < buttons_.size(); ++i) buttons_[i]->setVisible(i < buttons);
    layout()->invalidate();
    layout()->activate();
    return sizeHint().width();
  };
  if (showParts(true, buttons_.size()) > room && showParts(true, 2) > room) showParts(false, 2);
  const QSize size(std::min(sizeHint().width(), room), sizeHint().height());
  const QRect over = host_->geometry();
  // In the middle, but not over the scale bar at the lower left if there is room beside it.
  const int left = std::max((over.width() - size.width()) / 2, std::min(kScaleBar_px, room + kGrid_px - size.width()));
  setGeometry(over.left() + left, over.bottom() + 1 - size.height() - kGrid_px,
              size.width(), size.height());
  raise();
}

}  // namespace cyto::ui
