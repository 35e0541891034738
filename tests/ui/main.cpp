#include <gtest/gtest.h>

#include <QApplication>
#include <QLocale>
#include <QStandardPaths>

#include "tests/support/temporary_folder.h"
#include "ui/theme/theme.h"

// Runs the tests of the window on the platform that QT_QPA_PLATFORM names (offscreen by default), in English, with
// settings, projects and caches in a folder of their own.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const cyto::test::TemporaryFolder home;
  for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}) {
    qputenv(name, QByteArray::fromStdString((home / name).string()));
  }
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QLocale::setDefault(QLocale::c());
  QCoreApplication::setOrganizationName(QStringLiteral("Cytoclick"));
  QCoreApplication::setApplicationName(QStringLiteral("cytoclick-test"));
  QApplication application(argc, argv);
  cyto::ui::applyTheme(application, cyto::ui::Theme::kDark);
  return RUN_ALL_TESTS();
}
