#include "ui/window/command_palette.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <vector>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/window/command_registry.h"
#include "ui/window/fuzzy_match.h"
#include "ui/window/key_chip.h"

namespace cyto::ui {
namespace {

enum Role { kName = Qt::UserRole, kGroup, kKey, kMatches, kObject, kIsEnabled };

constexpr int kIcon_px = 16;
constexpr int kWidth_px = 600;
constexpr int kMostRows = 12;

/// One line: icon, title with the matched letters in the accent colour, group muted, key at the right.
class CommandDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return QSize(0, option.fontMetrics.height() + 2 * kGrid_px);
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const ThemeColours& colours = themeColours();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool isSelected = option.state & QStyle::State_Selected;
    const bool isHovered = option.state & QStyle::State_MouseOver;
    if (isSelected || isHovered) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(isSelected ? colours.accentSoft : colours.raised);
      painter->drawRoundedRect(option.rect, 4, 4);
    }
    QRect area = option.rect.adjusted(kGrid_px, 0, -kGrid_px, 0);
    const bool isEnabled = index.data(kIsEnabled).toBool();
    const QIcon icon = index.data(Qt::DecorationRole).value<QIcon>();
    const QRect iconArea(area.left(), area.center().y() - kIcon_px / 2 + 1, kIcon_px, kIcon_px);
    icon.paint(painter, iconArea, Qt::AlignCenter, isEnabled ? QIcon::Normal : QIcon::Disabled);
    area.setLeft(iconArea.right() + kGrid_px + kGrid_px / 2);
    const QString key = index.data(kKey).toString();
    if (!key.isEmpty()) paintKeyChip(painter, area, option.font, key);
    area.setRight(area.right() - keyColumn_px_);
    paintGroup(painter, option, index, &area);
    paintTitle(painter, option, index, area, isEnabled ? colours.text : colours.disabled);
    painter->restore();
  }

  /// The room at the right that is kept for keys, so that the groups stand in a column.
  void setKeyColumn(int width_px) { keyColumn_px_ = width_px; }

 private:
  static void paintGroup(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index, QRect* area) {
    const QString group = index.data(kGroup).toString();
    const QColor colour = option.state & QStyle::State_Selected ? themeColours().text : themeColours().muted;
    painter->setPen(colour);
    painter->drawText(*area, Qt::AlignVCenter | Qt::AlignRight, group);
    area->setRight(area->right() - option.fontMetrics.horizontalAdvance(group) - kGrid_px);
  }

  static void paintTitle(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index, QRect area,
                         const QColor& colour) {
    const QString title = option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, area.width());
    const QList<int> matches = index.data(kMatches).value<QList<int>>();
    QFont strong = option.font;
    strong.setBold(true);
    for (int i = 0; i < title.size();) {
      const bool isMatch = matches.contains(i);
      int end = i;
      while (end < title.size() && matches.contains(end) == isMatch) ++end;
      const QString part = title.mid(i, end - i);
      painter->setFont(isMatch ? strong : option.font);
      painter->setPen(colour);
      painter->drawText(area, Qt::AlignVCenter | Qt::AlignLeft, part);
      area.setLeft(area.left() + painter->fontMetrics().horizontalAdvance(part));
      i = end;
    }
  }

  int keyColumn_px_ = 0;
};

QString keyText(const Command& command) {
  return command.keys.isEmpty() ? QString() : command.keys.first().toString(QKeySequence::NativeText);
}

int keyColumnWidth(const CommandRegistry& registry, const QFont& font) {
  int width = 0;
  for (const Command& command : registry.commands()) {
    if (!command.keys.isEmpty()) width = std::max(width, keyChipWidth(font, keyText(command)) + 2 * kGrid_px);
  }
  return width;
}

struct Found {
  int score = 0;
  const Command* command = nullptr;
  QList<int> titlePositions;
};

/// The title counts most; the group and the script name find a command too.
std::optional<Found> lookUp(const QString& query, const Command& command) {
  std::optional<Found> found;
  const auto consider = [&](const QString& text, int bonus, bool isTitle) {
    const auto match = fuzzyMatch(query, text);
    if (!match || (found && found->score >= match->score + bonus)) return;
    found = Found{match->score + bonus, &command, isTitle ? match->positions : QList<int>()};
  };
  consider(command.title, 10, true);
  consider(command.group + QLatin1Char(' ') + command.title, 0, false);
  consider(command.name, 0, false);
  return found;
}

std::vector<Found> findCommands(const CommandRegistry& registry, const QString& query) {
  std::vector<Found> found;
  for (const Command& command : registry.commands()) {
    if (!registry.action(command.name)->isVisible()) continue;
    if (auto one = lookUp(query, command)) found.push_back(std::move(*one));
  }
  const auto isBetter = [&](const Found& a, const Found& b) {
    const bool isEnabledA = registry.action(a.command->name)->isEnabled();
    const bool isEnabledB = registry.action(b.command->name)->isEnabled();
    return isEnabledA != isEnabledB ? isEnabledA : a.score > b.score;
  };
  std::stable_sort(found.begin(), found.end(), isBetter);
  return found;
}

QListWidgetItem* itemFor(const Found& found, const QAction* action) {
  const Command& command = *found.command;
  auto* item = new QListWidgetItem(command.title);
  const QString key = keyText(command);
  item->setIcon(themedIcon(command.icon));
  item->setData(kName, command.name);
  item->setData(kGroup, command.group);
  item->setData(kKey, key);
  item->setData(kMatches, QVariant::fromValue(found.titlePositions));
  item->setData(kIsEnabled, action->isEnabled());
  item->setData(Qt::AccessibleTextRole, key.isEmpty() ? command.title : command.title + QStringLiteral(", ") + key);
  item->setData(Qt::AccessibleDescriptionRole, command.help);
  return item;
}

/// The object that "#123" asks for.
std::optional<qint64> objectIn(const QString& query) {
  bool isNumber = false;
  const qint64 id = query.trimmed().mid(1).toLongLong(&isNumber);
  return query.trimmed().startsWith(QLatin1Char('#')) && isNumber && id > 0 ? std::optional(id) : std::nullopt;
}

}  // namespace

CommandPalette::CommandPalette(CommandRegistry* registry, QWidget* window)
    : QFrame(window),
      registry_(registry),
      query_(new QLineEdit(this)),
      list_(new QListWidget(this)),
      nothing_(new QLabel(this)) {
  setProperty("role", "popover");
  setAccessibleName(tr("Command palette"));
  setVisible(false);
  query_->setPlaceholderText(tr("Type a command, or #123 for an object"));
  query_->setAccessibleName(tr("Command or object number"));
  query_->addAction(themedIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  query_->installEventFilter(this);
  list_->setAccessibleName(tr("Commands found"));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setItemDelegate(new CommandDelegate(list_));
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setUniformItemSizes(true);
  list_->setMouseTracking(true);
  nothing_->setProperty("role", "muted");
  nothing_->setAlignment(Qt::AlignCenter);
  nothing_->setMargin(kGrid_px);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addWidget(query_);
  layout->addWidget(list_);
  layout->addWidget(nothing_);
  connect(query_, &QLineEdit::textChanged, this, [this] { refill(); });
  connect(list_, &QListWidget::itemClicked, this, [this] { runCurrent(); });
  connect(qApp, &QApplication::focusChanged, this, &CommandPalette::onFocusChanged);
  window->installEventFilter(this);
}

CommandPalette::~CommandPalette() {
  // The base class hides the widget, which moves the focus when this part is gone already.
  disconnect(qApp, nullptr, this, nullptr);
}

void CommandPalette::toggle() { isVisible() ? dismiss() : open(); }

void CommandPalette::open() {
  if (!isVisible()) focusBefore_ = QApplication::focusWidget();
  refill();
  show();
  raise();
  place();
  query_->setFocus(Qt::PopupFocusReason);
  query_->selectAll();
}

void CommandPalette::dismiss() {
  if (!isVisible()) return;
  QPointer<QWidget> former = focusBefore_;
  focusBefore_.clear();
  hide();
  if (former && former->isVisible()) former->setFocus(Qt::PopupFocusReason);
}

QStringList CommandPalette::listedCommands() const {
  QStringList names;
  for (int i = 0; i < list_->count(); ++i) names.append(list_->item(i)->data(kName).toString());
  return names;
}

void CommandPalette::refill() {
  list_->clear();
  static_cast<CommandDelegate*>(list_->itemDelegate())->setKeyColumn(keyColumnWidth(*registry_, list_->font()));
  if (const auto object = objectIn(query_->text())) {
    auto* item = new QListWidgetItem(tr("Go to object %1").arg(*object), list_);
    item->setIcon(themedIcon(QStringLiteral("objects")));
    item->setData(kObject, *object);
    item->setData(kIsEnabled, true);
  } else {
    for (const Found& found : findCommands(*registry_, query_->text())) {
      list_->addItem(itemFor(found, registry_->action(found.command->name)));
    }
  }
  list_->setCurrentRow(0);
  const bool isEmpty = list_->count() == 0;
  nothing_->setText(tr("No command matches \"%1\".").arg(query_->text()));
  nothing_->setVisible(isEmpty);
  list_->setVisible(!isEmpty);
  place();
}

void CommandPalette::place() {
  const QWidget* window = parentWidget();
  const int width = std::min(kWidth_px + fontMetrics().averageCharWidth() * 8, window->width() - 4 * kGrid_px);
  const int rows = std::clamp(list_->count(), 1, kMostRows);
  if (list_->count() > 0) list_->setFixedHeight(rows * list_->sizeHintForRow(0) + 2 * list_->frameWidth());
  layout()->activate();
  const int height = std::min(sizeHint().height(), window->height() - 8 * kGrid_px);
  setGeometry((window->width() - width) / 2, 6 * kGrid_px, width, height);
}

void CommandPalette::runCurrent() {
  const QListWidgetItem* item = list_->currentItem();
  if (!item) return;
  const QString name = item->data(kName).toString();
  const qint64 object = item->data(kObject).toLongLong();
  dismiss();
  if (object > 0) {
    Q_EMIT objectRequested(object);
  } else {
    registry_->trigger(name);
  }
}

void CommandPalette::moveCurrent(int steps) {
  if (list_->count() == 0) return;
  const bool isSingle = steps == 1 || steps == -1;
  const int count = list_->count();
  const int row = list_->currentRow() + steps;
  list_->setCurrentRow(isSingle ? (row + count) % count : std::clamp(row, 0, count - 1));
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  if (watched == query_ && event->type() == QEvent::KeyPress) {
    return handleKey(static_cast<QKeyEvent*>(event)->key());
  }
  // Esc and the arrows belong to the palette even where the window has commands on them.
  if (watched == query_ && event->type() == QEvent::ShortcutOverride) {
    switch (static_cast<QKeyEvent*>(event)->key()) {
      case Qt::Key_Escape:
      case Qt::Key_Up:
      case Qt::Key_Down:
      case Qt::Key_PageUp:
      case Qt::Key_PageDown:
      case Qt::Key_Return:
      case Qt::Key_Enter: event->accept(); return true;
      default: break;
    }
  }
  return QFrame::eventFilter(watched, event);
}

bool CommandPalette::handleKey(int key) {
  switch (key) {
    case Qt::Key_Down: moveCurrent(1); return true;
    case Qt::Key_Up: moveCurrent(-1); return true;
    case Qt::Key_PageDown: moveCurrent(kMostRows - 1); return true;
    case Qt::Key_PageUp: moveCurrent(1 - kMostRows); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    case Qt::Key_Escape: dismiss(); return true;
    case Qt::Key_Tab:
    case Qt::Key_Backtab: return true;
    default: return false;
  }
}

void CommandPalette::onFocusChanged(QWidget*, QWidget* now) {
  if (!isVisible() || !now || now == this || isAncestorOf(now)) return;
  focusBefore_.clear();  // the user went elsewhere; do not fetch the focus back
  hide();
}

}  // namespace cyto::ui
