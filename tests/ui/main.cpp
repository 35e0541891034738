#include <gtest/gtest.h>

#include <QApplication>
#include <QLocale>
#include <QStandardPaths>

#include "tests/ui/driven_window.h"
#include "ui/theme/theme.h"

// Runs the tests of the window on the platform that QT_QPA_PLATFORM names (offscreen by default), in English, with
// settings, projects and caches in a folder of their own.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const cyto::test::TemporaryFolder home;
  cyto::test::liveIn(home);
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QLocale::setDefault(QLocale::c());
  QCoreApplication::setOrganizationName(QStringLiteral("Cytoclick"));
  QCoreApplication::setApplicationName(QStringLiteral("cytoclick-test"));
  QApplication application(argc, argv);
  cyto::ui::applyTheme(application, cyto::ui::Theme::kDark);
  return RUN_ALL_TESTS();
}
