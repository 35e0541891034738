#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

namespace cyto::ui {

/// Numbers have the format of the United States while such a test runs.
class AmericanNumbersTest : public testing::Test {
 protected:
  AmericanNumbersTest() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
  ~AmericanNumbersTest() override { QLocale::setDefault(before_); }

 private:
  const QLocale before_;
};

/// Shows a panel as narrow as a dock may be.
template <typename Panel>
Panel& shown(Panel& panel) {
  panel.resize(QSize(280, 640));
  panel.show();
  EXPECT_TRUE(QTest::qWaitForWindowExposed(&panel));
  QApplication::setActiveWindow(&panel);  // without a window manager nobody else does
  return panel;
}

/// By the first letters of its text; null for none.
inline QPushButton* buttonNamed(QWidget& panel, const QString& begin) {
  for (QPushButton* button : panel.findChildren<QPushButton*>()) {
    if (button->text().startsWith(begin)) return button;
  }
  return nullptr;
}

/// By the first letters of its accessible name; null for none.
inline QToolButton* toolNamed(QWidget& panel, const QString& accessibleName) {
  for (QToolButton* button : panel.findChildren<QToolButton*>()) {
    if (button->accessibleName().startsWith(accessibleName)) return button;
  }
  return nullptr;
}

/// Whether a label that can be seen has exactly this text.
inline bool showsText(QWidget& panel, const QString& text) {
  QApplication::processEvents();  // layouts show and resize later
  for (const QLabel* label : panel.findChildren<QLabel*>()) {
    if (label->isVisible() && label->text() == text) return true;
  }
  return false;
}

}  // namespace cyto::ui
