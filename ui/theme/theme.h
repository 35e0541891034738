#pragma once

#include <QColor>
#include <QFont>

class QApplication;

namespace cyto::ui {

/// What the user chose. kSystem follows the palette the platform had when the program started.
enum class Theme { kSystem, kDark, kLight };

/// All distances are multiples of half a step of this grid, in device-independent pixels.
inline constexpr int kGrid_px = 8;

/// The meaning of every colour of the window. Text colours have a contrast of at least 4.5 : 1 on window, panel and
/// raised; accent, warning, danger and success may be used for text too.
struct ThemeColours {
  QColor window;          ///< behind everything
  QColor panel;           ///< docks, bars, popovers
  QColor raised;          ///< inputs, buttons, hovered rows
  QColor border;          ///< hairlines and frames
  QColor text;            ///< main text and icons
  QColor muted;           ///< secondary text
  QColor disabled;        ///< what cannot be used now (no contrast promised)
  QColor accent;          ///< the one accent: focus, selection, progress
  QColor accentSoft;      ///< background of what is checked or selected; text stays readable on it
  QColor onAccent;        ///< text on a filled accent
  QColor warning;         ///< amber: needs attention, nothing is wrong
  QColor danger;          ///< red: failed, or destroys
  QColor success;         ///< green: done
  QColor viewBackground;  ///< around the image
  bool isDark = true;
};

/// Sets the Fusion style, the palette and the one style sheet. May be called again at any time: every widget gets
/// PaletteChange and StyleChange, so widgets that paint with themeColours() only have to repaint. GUI thread.
///
/// The style sheet knows these values of the dynamic property "role" (set it before the widget is first shown):
///   QLabel       "muted", "title", "heading", "warning", "danger", "success"
///   QPushButton  "primary" (filled accent), "link" (accent text without a frame), "chip" (rounded, for states),
///                "chip-warning"
///   QFrame       "panel", "card" (panel with border and rounded corners), "popover" (card that floats), "line"
///   item views   "plain" (no background, no frame)
///   QToolButton  "tool" (a button of the tool column: larger, square)
void applyTheme(QApplication& application, Theme theme);

/// Of the theme applied last; those of the dark theme before the first applyTheme. Valid for the whole run.
const ThemeColours& themeColours();

/// `amount` of `over` painted on `under`, 0..1.
QColor mixed(const QColor& under, const QColor& over, double amount);

/// The same font `factor` times as large, whether its size is in points or in pixels.
QFont scaledFont(QFont font, double factor);

/// WCAG 2 contrast of two opaque colours, 1..21.
double contrast(const QColor& a, const QColor& b);

}  // namespace cyto::ui
