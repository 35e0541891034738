#include "ui/theme/style_sheet.h"

#include <utility>

namespace cyto::ui {
namespace {

// "@name" is replaced by a colour, "@icons" by the variant of the fixed pictures in :/icons/style.

constexpr auto kFrames = R"(
QToolTip { color: @text; background: @raised; border: 1px solid @border; padding: 4px 8px; }
QMainWindow::separator { background: @window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: @accent; }
QSplitter::handle { background: @border; }
QSplitter::handle:hover { background: @accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QStatusBar { background: @panel; border-top: 1px solid @border; }
QStatusBar::item { border: none; }
QFrame[role="panel"] { background: @panel; border: none; }
QFrame[role="card"] { background: @panel; border: 1px solid @border; border-radius: 8px; }
QFrame[role="popover"] { background: @panel; border: 1px solid @strong; border-radius: 8px; }
QFrame[role="line"] { background: @border; border: none; max-height: 1px; min-height: 1px; }
QLabel { background: transparent; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="warning"] { color: @warning; }
QLabel[role="danger"] { color: @danger; }
QLabel[role="success"] { color: @success; }
QLabel[role="title"], QLabel[role="heading"] { color: @text; }
QScrollArea { background: transparent; border: none; }
QDockWidget { color: @muted; }
QDockWidget::title { background: @panel; padding: 8px; border-bottom: 1px solid @border; text-align: left; }
QDockWidget { titlebar-close-icon: url(:/icons/style/close-@icons.svg);
  titlebar-normal-icon: url(:/icons/style/float-@icons.svg); }
QDockWidget::close-button, QDockWidget::float-button { background: transparent; border: none; border-radius: 4px;
  padding: 2px; icon-size: 14px; subcontrol-position: right center; }
QDockWidget::close-button { right: 6px; width: 18px; height: 18px; }
QDockWidget::float-button { right: 28px; width: 18px; height: 18px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: @raised; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { color: @muted; background: transparent; border: 1px solid transparent; border-bottom: 2px solid transparent;
  padding: 6px 12px; }
QTabBar::tab:hover { color: @text; background: @raised; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
QTabBar::tab:focus { border: 1px solid @accent; border-bottom: 2px solid @accent; }
QTabWidget::pane { border: none; border-top: 1px solid @border; }
)";

constexpr auto kMenus = R"(
QMenuBar { background: @panel; border-bottom: 1px solid @border; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @accentSoft; }
QMenu { background: @panel; border: 1px solid @strong; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 8px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
QMenu::indicator { width: 16px; height: 16px; left: 6px; }
QMenu::indicator:checked { image: url(:/icons/style/check-@icons.svg); }
QMenu::right-arrow { image: none; }
QToolBar { background: @panel; border: none; spacing: 2px; padding: 4px; }
QToolBar::separator { background: @border; margin: 4px; width: 1px; height: 1px; }
)";

constexpr auto kButtons = R"(
QToolButton { color: @text; background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 3px; }
QToolButton:hover { background: @raised; }
QToolButton:pressed { background: @accentSoft; }
QToolButton:checked { background: @accentSoft; border-color: @accentEdge; }
QToolButton:focus { border-color: @accent; }
QToolButton:disabled { color: @disabled; background: transparent; border-color: transparent; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="tool"], QToolBar > QToolButton { padding: 5px; }
QPushButton { color: @text; background: @raised; border: 1px solid @strong; border-radius: 4px; padding: 5px 14px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @accentSoft; }
QPushButton:checked { background: @accentSoft; border-color: @accentEdge; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @disabled; border-color: @border; }
QPushButton[role="primary"] { color: @onAccent; background: @accent; border-color: @accent; }
QPushButton[role="primary"]:hover { background: @accentHover; border-color: @accentHover; }
QPushButton[role="primary"]:focus { border-color: @text; }
QPushButton[role="primary"]:disabled { color: @disabled; background: @raised; border-color: @border; }
QPushButton[role="link"] { color: @accent; background: transparent; border: 1px solid transparent; padding: 1px 6px; }
QPushButton[role="link"]:hover { background: @raised; }
QPushButton[role="link"]:focus { border-color: @accent; }
QPushButton[role="chip"] { color: @text; background: @raised; border: 1px solid @border; border-radius: 10px;
  padding: 2px 10px; }
QPushButton[role="chip"]:hover { background: @hover; border-color: @strong; }
QPushButton[role="chip"]:focus { border-color: @accent; }
QPushButton[role="chip-warning"] { color: @warning; background: transparent; border: 1px solid @warning;
  border-radius: 10px; padding: 2px 10px; }
QPushButton[role="chip-warning"]:hover { background: @raised; }
QPushButton[role="chip-warning"]:focus { border-color: @accent; }
)";

// Inputs have no "color": with one, Qt 6.4 makes the placeholder text half transparent and too faint to read.
constexpr auto kInputs = R"(
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { background: @input;
  border: 1px solid @strong; border-radius: 4px; padding: 3px 6px; selection-background-color: @accent;
  selection-color: @onAccent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @disabled; border-color: @border; }
QComboBox { padding-right: 20px; }
QComboBox:hover, QAbstractSpinBox:hover, QLineEdit:hover { background: @raised; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(:/icons/style/chevron-down-@icons.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @strong; padding: 4px; outline: none;
  selection-background-color: @accentSoft; selection-color: @text; }
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox[buttonSymbols="2"], QAbstractSpinBox[buttonSymbols="NoButtons"] { padding-right: 6px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { background: transparent; border: none; width: 16px;
  subcontrol-origin: border; margin-right: 2px; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-arrow { image: url(:/icons/style/chevron-up-@icons.svg); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/style/chevron-down-@icons.svg); width: 9px; height: 9px; }
QCheckBox, QRadioButton { spacing: 8px; border: 1px solid transparent; border-radius: 4px; padding: 2px; }
QCheckBox::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; background: @input;
  border: 1px solid @outline; border-radius: 4px; }
QCheckBox::indicator:hover, QAbstractItemView::indicator:hover { border-color: @accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: @accent; border-color: @accent;
  image: url(:/icons/style/check-filled-@icons.svg); }
QCheckBox::indicator:disabled { background: @raised; border-color: @border; }
QRadioButton::indicator { width: 14px; height: 14px; background: @input; border: 1px solid @outline;
  border-radius: 8px; }
QRadioButton::indicator:checked { width: 6px; height: 6px; background: @onAccent; border: 5px solid @accent; }
QCheckBox:focus, QRadioButton:focus { border-color: @accent; }
QSlider { border: 1px solid transparent; border-radius: 4px; min-height: 20px; }
QSlider:vertical { min-width: 20px; }
QSlider:focus { border-color: @accent; }
QSlider::groove:horizontal { height: 4px; background: @groove; border-radius: 2px; margin: 0 4px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; margin: 0 4px; }
QSlider::handle:horizontal { background: @text; border: none; width: 12px; height: 12px; margin: -4px -4px;
  border-radius: 6px; }
QSlider::groove:vertical { width: 4px; background: @groove; border-radius: 2px; margin: 4px 0; }
QSlider::add-page:vertical { background: @accent; border-radius: 2px; margin: 4px 0; }
QSlider::handle:vertical { background: @text; border: none; width: 12px; height: 12px; margin: -4px -4px;
  border-radius: 6px; }
QSlider::handle:hover { background: @accent; }
QSlider::sub-page:disabled, QSlider::add-page:disabled { background: @groove; }
QSlider::handle:disabled { background: @disabled; }
QProgressBar { background: @groove; border: none; border-radius: 2px; min-height: 4px; max-height: 4px;
  text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
QProgressBar[role="success"]::chunk { background: @success; }
QProgressBar[role="danger"]::chunk { background: @danger; }
)";

constexpr auto kViews = R"(
QAbstractItemView { color: @text; background: @panel; alternate-background-color: @stripe; border: 1px solid transparent;
  outline: none; selection-background-color: @accentSoft; selection-color: @text; }
QAbstractItemView:focus { border-color: @accent; }
QAbstractItemView[role="plain"] { background: transparent; border: none; }
QListView::item, QTreeView::item { padding: 4px 8px; border-radius: 4px; }
QTableView { gridline-color: @border; }
QTableView::item { padding: 2px 8px; border: none; }
QListView::item:hover, QTreeView::item:hover, QTableView::item:hover { background: @raised; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: @accentSoft; color: @text; }
QHeaderView { background: @panel; border: none; qproperty-highlightSections: false;
  qproperty-defaultAlignment: "AlignLeft|AlignVCenter"; }
QHeaderView::section { color: @muted; background: @panel; border: none; border-bottom: 1px solid @border;
  border-right: 1px solid @border; padding: 4px 11px; }
QHeaderView::section:hover { color: @text; }
QTableCornerButton::section { background: @panel; border: none; border-bottom: 1px solid @border; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }
)";

}  // namespace

QString styleSheetFor(const ThemeColours& colours) {
  const std::pair<const char*, QColor> values[] = {
      // Longer names first: "@accent" is the beginning of others.
      {"@accentHover", mixed(colours.accent, colours.text, 0.15)},
      {"@accentEdge", mixed(colours.panel, colours.accent, 0.6)},
      {"@accentSoft", colours.accentSoft},
      {"@onAccent", colours.onAccent},
      {"@accent", colours.accent},
      {"@window", colours.window},
      {"@panel", colours.panel},
      {"@raised", colours.raised},
      {"@hover", mixed(colours.raised, colours.text, 0.08)},
      {"@input", colours.isDark ? mixed(colours.window, QColor(0, 0, 0), 0.25) : QColor(255, 255, 255)},
      {"@stripe", mixed(colours.panel, colours.text, 0.025)},
      {"@groove", mixed(colours.panel, colours.text, 0.2)},
      {"@scroll", mixed(colours.panel, colours.text, 0.28)},
      {"@outline", mixed(colours.panel, colours.text, 0.45)},
      {"@strong", mixed(colours.border, colours.text, 0.18)},
      {"@border", colours.border},
      {"@text", colours.text},
      {"@muted", colours.muted},
      {"@disabled", colours.disabled},
      {"@warning", colours.warning},
      {"@danger", colours.danger},
      {"@success", colours.success},
  };
  QString sheet;
  for (const char* part : {kFrames, kMenus, kButtons, kInputs, kViews}) sheet += QString::fromLatin1(part);
  for (const auto& [name, colour] : values) sheet.replace(QString::fromLatin1(name), colour.name());
  return sheet.replace(QStringLiteral("@icons"), colours.isDark ? QStringLiteral("dark") : QStringLiteral("light"));
}

}  // namespace cyto::ui
