#include "ui/theme/theme.h"

#include <QApplication>
#include <QPalette>
#include <QStyleFactory>
#include <cmath>

#include "ui/theme/icon.h"
#include "ui/theme/style_sheet.h"

namespace cyto::ui {
namespace {

ThemeColours darkColours() {
  ThemeColours colours;
  colours.window = QColor(0x1e1f22);
  colours.panel = QColor(0x26282c);
  colours.raised = QColor(0x30333a);
  colours.border = QColor(0x383b42);
  colours.text = QColor(0xe3e5e8);
  colours.muted = QColor(0x9aa0a8);
  colours.disabled = QColor(0x6a7079);
  colours.accent = QColor(0x4c9ffe);
  colours.accentSoft = QColor(0x2c4463);
  colours.onAccent = QColor(0x0b1526);
  colours.warning = QColor(0xf2b84b);
  colours.danger = QColor(0xff8078);
  colours.success = QColor(0x63c784);
  colours.viewBackground = QColor(0x141517);
  colours.isDark = true;
  return colours;
}

ThemeColours lightColours() {
  ThemeColours colours;
  colours.window = QColor(0xeceef1);
  colours.panel = QColor(0xf8f9fa);
  colours.raised = QColor(0xe9ecf0);
  colours.border = QColor(0xd3d7dd);
  colours.text = QColor(0x1b1e23);
  colours.muted = QColor(0x565e69);
  colours.disabled = QColor(0x9aa1ab);
  colours.accent = QColor(0x0b62d6);
  colours.accentSoft = QColor(0xd5e5fb);
  colours.onAccent = QColor(0xffffff);
  colours.warning = QColor(0x855300);
  colours.danger = QColor(0xb3261e);
  colours.success = QColor(0x1a6e32);
  colours.viewBackground = QColor(0xd9dce0);
  colours.isDark = false;
  return colours;
}

ThemeColours& current() {
  static ThemeColours colours = darkColours();
  return colours;
}

bool isPlatformDark() {
  // Before the first applyTheme the palette still is that of the platform.
  static const bool isDark = QApplication::palette().color(QPalette::Window).lightnessF() < 0.5;
  return isDark;
}

QPalette paletteFor(const ThemeColours& colours) {
  QPalette palette(colours.raised, colours.window);
  palette.setColor(QPalette::Window, colours.window);
  palette.setColor(QPalette::WindowText, colours.text);
  palette.setColor(QPalette::Base, colours.panel);
  palette.setColor(QPalette::AlternateBase, mixed(colours.panel, colours.text, 0.025));
  palette.setColor(QPalette::Text, colours.text);
  palette.setColor(QPalette::PlaceholderText, colours.muted);
  palette.setColor(QPalette::Button, colours.raised);
  palette.setColor(QPalette::ButtonText, colours.text);
  palette.setColor(QPalette::BrightText, colours.danger);
  palette.setColor(QPalette::ToolTipBase, colours.raised);
  palette.setColor(QPalette::ToolTipText, colours.text);
  palette.setColor(QPalette::Highlight, colours.accentSoft);
  palette.setColor(QPalette::HighlightedText, colours.text);
  palette.setColor(QPalette::Link, colours.accent);
  palette.setColor(QPalette::LinkVisited, colours.accent);
  palette.setColor(QPalette::Mid, colours.border);
  palette.setColor(QPalette::Dark, mixed(colours.window, QColor(0, 0, 0), 0.3));
  palette.setColor(QPalette::Shadow, QColor(0, 0, 0));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText}) {
    palette.setColor(QPalette::Disabled, role, colours.disabled);
  }
  return palette;
}

double linear(double channel) {
  return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& colour) {
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

}  // namespace

void applyTheme(QApplication& application, Theme theme) {
  const bool isSystemDark = isPlatformDark();
  const bool isDark = theme == Theme::kDark || (theme == Theme::kSystem && isSystemDark);
  loadIconResources();
  current() = isDark ? darkColours() : lightColours();
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(paletteFor(current()));
  application.setStyleSheet(styleSheetFor(current()));
}

const ThemeColours& themeColours() { return current(); }

QColor mixed(const QColor& under, const QColor& over, double amount) {
  const auto mix = [amount](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * amount)); };
  return QColor(mix(under.red(), over.red()), mix(under.green(), over.green()), mix(under.blue(), over.blue()));
}

QFont scaledFont(QFont font, double factor) {
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(font.pointSizeF() * factor);
  } else {
    font.setPixelSize(static_cast<int>(std::lround(font.pixelSize() * factor)));
  }
  return font;
}

double contrast(const QColor& a, const QColor& b) {
  const double first = luminance(a) + 0.05;
  const double second = luminance(b) + 0.05;
  return first > second ? first / second : second / first;
}

}  // namespace cyto::ui
