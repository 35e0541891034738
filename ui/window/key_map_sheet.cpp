#include "ui/window/key_map_sheet.h"

#include <QApplication>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/window/command_registry.h"
#include "ui/window/key_chip.h"

namespace cyto::ui {
namespace {

constexpr int kColumnLetters = 44;
constexpr int kMostColumns = 4;

/// One command: its title at the left, its keys as caps at the right.
class KeyLine : public QWidget {
 public:
  KeyLine(const Command& command, QWidget* parent) : QWidget(parent), title_(command.title) {
    for (const QKeySequence& key : command.keys) keys_.append(key.toString(QKeySequence::NativeText));
    setAccessibleName(title_ + QStringLiteral(": ") + keys_.join(QStringLiteral(", ")));
    setToolTip(command.help);
  }

  QSize sizeHint() const override { return QSize(fontMetrics().averageCharWidth() * 30, fontMetrics().height() + 10); }
  QSize minimumSizeHint() const override { return QSize(0, sizeHint().height()); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QRect area = rect();
    for (auto key = keys_.crbegin(); key != keys_.crend(); ++key) {
      // The first key is always shown, further ones while there is room for the title.
      const int room = area.width() - keyChipWidth(font(), *key) - 2 * kGrid_px;
      const bool isFirst = key + 1 == keys_.crend();
      if (!isFirst && room - keyChipWidth(font(), keys_.first()) < fontMetrics().horizontalAdvance(title_)) continue;
      area.setRight(paintKeyChip(&painter, area, font(), *key) - kGrid_px / 2);
    }
    area.setRight(area.right() - kGrid_px);
    painter.setFont(font());
    painter.setPen(themeColours().text);
    painter.drawText(area, Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(title_, Qt::ElideRight, area.width()));
  }

 private:
  QString title_;
  QStringList keys_;
};

/// A heading and the lines of one group.
QWidget* groupBlock(const CommandRegistry& registry, const QString& group, int* lines) {
  auto* block = new QWidget;
  auto* layout = new QVBoxLayout(block);
  layout->setContentsMargins(0, 0, 0, 2 * kGrid_px);
  layout->setSpacing(0);
  auto* heading = new QLabel(group, block);
  QFont font = heading->font();
  font.setBold(true);
  heading->setFont(font);
  heading->setProperty("role", "muted");
  heading->setContentsMargins(0, 0, 0, kGrid_px / 2);
  layout->addWidget(heading);
  *lines = 0;
  for (const Command& command : registry.commands()) {
    if (command.group != group || command.keys.isEmpty()) continue;
    layout->addWidget(new KeyLine(command, block));
    ++*lines;
  }
  return block;
}

}  // namespace

KeyMapSheet::KeyMapSheet(CommandRegistry* registry, QWidget* window)
    : QWidget(window), registry_(registry), card_(new QFrame(this)), scroll_(new QScrollArea(card_)) {
  setVisible(false);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Key map"));
  card_->setProperty("role", "popover");
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);
  scroll_->viewport()->setAutoFillBackground(false);
  auto* title = new QLabel(tr("Keys"), card_);
  title->setFont(scaledFont(title->font(), 1.4));
  auto* hint = new QLabel(tr("Single letters act while the image has the focus."), card_);
  hint->setProperty("role", "muted");
  auto* close = new QToolButton(card_);
  close->setIcon(themedIcon(QStringLiteral("close")));
  close->setToolTip(tr("Close (Esc)"));
  close->setAccessibleName(tr("Close the key map"));
  connect(close, &QToolButton::clicked, this, &KeyMapSheet::dismiss);
  auto* top = new QHBoxLayout;
  top->setSpacing(2 * kGrid_px);
  top->addWidget(title, 0, Qt::AlignBaseline);
  top->addWidget(hint, 1, Qt::AlignBaseline);
  top->addWidget(close);
  auto* layout = new QVBoxLayout(card_);
  layout->setContentsMargins(3 * kGrid_px, 2 * kGrid_px, 2 * kGrid_px, 2 * kGrid_px);
  layout->setSpacing(2 * kGrid_px);
  layout->addLayout(top);
  layout->addWidget(scroll_, 1);
  window->installEventFilter(this);
}

void KeyMapSheet::toggle() { isVisible() ? dismiss() : open(); }

void KeyMapSheet::open() {
  if (!isVisible()) focusBefore_ = QApplication::focusWidget();
  columns_ = 0;
  place();
  show();
  raise();
  setFocus(Qt::PopupFocusReason);
}

void KeyMapSheet::dismiss() {
  if (!isVisible()) return;
  hide();
  if (focusBefore_ && focusBefore_->isVisible()) focusBefore_->setFocus(Qt::PopupFocusReason);
}

void KeyMapSheet::rebuild() {
  auto* content = new QWidget;
  auto* layout = new QHBoxLayout(content);
  layout->setContentsMargins(0, 0, kGrid_px, 0);
  layout->setSpacing(5 * kGrid_px);
  QList<QPair<QWidget*, int>> blocks;
  int all = 0;
  for (const QString& group : registry_->groups()) {
    int lines = 0;
    QWidget* block = groupBlock(*registry_, group, &lines);
    if (lines == 0) {
      delete block;
      continue;
    }
    blocks.append({block, lines + 2});
    all += lines + 2;
  }
  // Groups stay whole and in order; a column is closed once it holds its share.
  const double share = static_cast<double>(all) / columns_;
  QVBoxLayout* column = nullptr;
  int placed = 0;
  int made = 0;
  for (const auto& [block, lines] : blocks) {
    if (!column || (made < columns_ && placed + lines / 2.0 > share * made)) {
      if (column) column->addStretch();
      column = new QVBoxLayout;
      column->setSpacing(0);  // else it is that of the row of columns
      layout->addLayout(column, 1);
      ++made;
    }
    column->addWidget(block);
    placed += lines;
  }
  if (column) column->addStretch();
  for (; made < columns_; ++made) layout->addStretch(1);
  scroll_->setWidget(content);
  content->setAutoFillBackground(false);  // setWidget() turns it on
}

void KeyMapSheet::place() {
  setGeometry(parentWidget()->rect());
  const int margin = std::min(6 * kGrid_px, width() / 20);
  const int columnWidth = fontMetrics().averageCharWidth() * kColumnLetters;
  const int columns = std::clamp((width() - 2 * margin) / columnWidth, 1, kMostColumns);
  if (columns != columns_) {
    columns_ = columns;
    rebuild();
  }
  const int wide = std::min(columns * columnWidth + 6 * kGrid_px, width() - 2 * margin);
  // What was made just now has no style yet, and so no size.
  for (QWidget* part : card_->findChildren<QWidget*>()) part->ensurePolished();
  if (QLayout* content = scroll_->widget()->layout()) content->activate();
  card_->layout()->activate();
  // The size hint of a scroll area is capped and remembered, so what stands around it is asked for itself.
  const QMargins margins = card_->layout()->contentsMargins();
  const int heading = card_->layout()->itemAt(0)->sizeHint().height() + card_->layout()->spacing();
  const int needed =
      scroll_->widget()->sizeHint().height() + heading + margins.top() + margins.bottom() + 2 * card_->frameWidth();
  const int tall = std::min(needed + kGrid_px, height() - 2 * margin);
  card_->setGeometry((width() - wide) / 2, (height() - tall) / 2, wide, tall);
}

bool KeyMapSheet::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  return QWidget::eventFilter(watched, event);
}

void KeyMapSheet::keyPressEvent(QKeyEvent* event) {
  QScrollBar* bar = scroll_->verticalScrollBar();
  switch (event->key()) {
    case Qt::Key_Escape:
    case Qt::Key_Question: dismiss(); return;
    case Qt::Key_Down: bar->triggerAction(QScrollBar::SliderSingleStepAdd); return;
    case Qt::Key_Up: bar->triggerAction(QScrollBar::SliderSingleStepSub); return;
    case Qt::Key_Space:
    case Qt::Key_PageDown: bar->triggerAction(QScrollBar::SliderPageStepAdd); return;
    case Qt::Key_PageUp: bar->triggerAction(QScrollBar::SliderPageStepSub); return;
    case Qt::Key_Home: bar->triggerAction(QScrollBar::SliderToMinimum); return;
    case Qt::Key_End: bar->triggerAction(QScrollBar::SliderToMaximum); return;
    default: QWidget::keyPressEvent(event);
  }
}

void KeyMapSheet::mousePressEvent(QMouseEvent* event) {
  if (!card_->geometry().contains(event->position().toPoint())) dismiss();
  event->accept();
}

void KeyMapSheet::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), QColor(0, 0, 0, themeColours().isDark ? 150 : 90));
}

bool KeyMapSheet::focusNextPrevChild(bool) {
  return true;  // Tab must not wander into what the sheet covers; everything in it is reached by keys
}

}  // namespace cyto::ui
