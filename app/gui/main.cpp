#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <QTimer>
#include <QWindow>
#include <cstdio>
#include <exception>

#include "app/gui/responsive_application.h"
#include "core/base/version.h"
#include "core/inference/model_loader.h"
#include "core/session/autosave.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/script_player.h"

namespace {

using cyto::gui::ResponsiveApplication;
using cyto::ui::MainWindow;
using cyto::ui::Theme;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int complain(const QString& sentence, int code) {
  std::fprintf(stderr, "cytoclick-gui: %s\n", qUtf8Printable(sentence));
  return code;
}

bool hasDisplay() {
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) {
    if (qEnvironmentVariableIsSet(name)) return true;
  }
  return false;
}

Theme themeNamed(const QString& name) {
  if (name == QLatin1String("light")) return Theme::kLight;
  return name == QLatin1String("system") ? Theme::kSystem : Theme::kDark;
}

QString sampleImage() {
  const QString folder = QCoreApplication::applicationDirPath();
  for (const char* place : {"/samples/", "/../share/cytoclick/samples/"}) {
    const QString path = folder + QString::fromLatin1(place) + QStringLiteral("fluorescence-nuclei.png");
    if (QFileInfo::exists(path)) return QFileInfo(path).canonicalFilePath();
  }
  return {};
}

void declareOptions(QCommandLineParser& parser) {
  parser.setApplicationDescription(QStringLiteral("Click through microscopy images and get masks."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("file"), QStringLiteral("an image, or a project folder"),
                               QStringLiteral("[file]"));
  parser.addOptions({
      {QStringLiteral("script"), QStringLiteral("Play a script in the window, then quit."), QStringLiteral("file")},
      {QStringLiteral("record"), QStringLiteral("Write what is done as a script for 'cytoclick run'."),
       QStringLiteral("file")},
      {QStringLiteral("theme"), QStringLiteral("dark, light or system"), QStringLiteral("name")},
      {{QStringLiteral("m"), QStringLiteral("model")}, QStringLiteral("Model name."), QStringLiteral("name")},
      {{QStringLiteral("c"), QStringLiteral("checkpoint")},
       QStringLiteral("Your own weights."),
       QStringLiteral("file")},
      {QStringLiteral("device"), QStringLiteral("auto, cpu or cuda"), QStringLiteral("name"), QStringLiteral("auto")},
      {QStringLiteral("precision"), QStringLiteral("auto, fp32, bf16 or fp16"), QStringLiteral("name"),
       QStringLiteral("auto")},
      {QStringLiteral("threads"), QStringLiteral("Processor threads for the model."), QStringLiteral("count"),
       QStringLiteral("0")},
  });
}

int playScript(ResponsiveApplication& application, MainWindow& window, const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    return complain(QStringLiteral("the script '%1' cannot be read; check the path").arg(path), kFailed);
  }
  const QStringList lines = QString::fromUtf8(file.readAll()).split('\n');
  cyto::ui::ScriptPlayer player(window, lines);
  int code = 0;
  QObject::connect(&player, &cyto::ui::ScriptPlayer::printed, &player, [](const QString& line) {
    std::printf("%s\n", qUtf8Printable(line));
    std::fflush(stdout);
  });
  QObject::connect(&player, &cyto::ui::ScriptPlayer::finished, &player, [&](const QString& problem) {
    if (!problem.isEmpty()) code = complain(QStringLiteral("script '%1', %2").arg(path, problem), kFailed);
    window.close();
    QTimer::singleShot(0, &application, [&application] { application.exit(0); });
  });
  QObject::connect(&player, &cyto::ui::ScriptPlayer::busyForItself, &player,
                   [&application] { application.leaveOutTask(); });
  // The first picture of a window takes as long as it takes; what follows must be quick.
  constexpr qint64 kPatience_ms = 3000;
  QElapsedTimer waiting;
  waiting.start();
  QTimer exposed;
  QObject::connect(&exposed, &QTimer::timeout, &player, [&] {
    if (!window.windowHandle() || !window.windowHandle()->isExposed()) return;
    // Keys act in the active window only; without a window manager nobody else makes it active.
    if (!window.isActiveWindow() && waiting.elapsed() < kPatience_ms) return window.activateWindow();
    exposed.stop();
    application.beginWatch();
    player.start();
  });
  constexpr int kPoll_ms = 5;
  exposed.start(kPoll_ms);
  application.exec();
  std::fprintf(stderr, "%s\n", qUtf8Printable(application.report()));
  return code;
}

int run(int argc, char** argv) {
  QElapsedTimer sinceStart;
  sinceStart.start();
  ResponsiveApplication application(argc, argv);
  QCommandLineParser parser;
  declareOptions(parser);
  parser.process(application);
  const QString theme = parser.isSet(QStringLiteral("theme"))
                            ? parser.value(QStringLiteral("theme"))
                            : QSettings().value(QStringLiteral("window/theme"), QStringLiteral("dark")).toString();
  cyto::ui::applyTheme(application, themeNamed(theme));
  application.setWindowIcon(cyto::ui::themedIcon(QStringLiteral("app")));

  cyto::ModelSettings settings;
  settings.name = parser.value(QStringLiteral("model")).toStdString();
  settings.checkpoint = parser.value(QStringLiteral("checkpoint")).toStdString();
  settings.device = parser.value(QStringLiteral("device")).toStdString();
  settings.precision =
      cyto::precisionFromName(parser.value(QStringLiteral("precision")).toStdString()).value_or(cyto::Precision::kAuto);
  settings.threads = parser.value(QStringLiteral("threads")).toInt();
  MainWindow window(
      [settings](const std::string& name, const cyto::JobContext& job) { return cyto::loadModel(settings, name, job); },
      cyto::autosaveFolder(), sampleImage());
  // A model that was asked for is loaded at once, so that the window names it and says early when it cannot be had.
  const std::string asked = settings.checkpoint.empty() ? settings.name : settings.checkpoint.string();
  if (!asked.empty()) window.bridge().session().loadModel(asked);
  if (parser.isSet(QStringLiteral("record"))) {
    const cyto::Status recorded =
        window.bridge().session().record(parser.value(QStringLiteral("record")).toStdString());
    if (!recorded) return complain(QString::fromStdString(recorded.error().message()), kFailed);
  }
  const QStringList files = parser.positionalArguments();
  if (files.size() > 1) return complain(QStringLiteral("one image or project at a time"), kUsage);
  window.show();
  if (!files.isEmpty()) window.open(files.first());
  if (qEnvironmentVariableIsSet("CYTOCLICK_TIME_START")) {
    QTimer::singleShot(0, [&] { std::fprintf(stderr, "window shown after %lld ms\n", sinceStart.elapsed()); });
  }
  if (parser.isSet(QStringLiteral("script")))
    return playScript(application, window, parser.value(QStringLiteral("script")));
  return QApplication::exec();
}

}  // namespace

int main(int argc, char** argv) {
  cyto::runWithBriefSpinning(argv);
  if (!hasDisplay()) {
    return complain(QStringLiteral("there is no display; use 'cytoclick run SCRIPT' to work without a window"),
                    kFailed);
  }
  QCoreApplication::setOrganizationName(QStringLiteral("Cytoclick"));
  QCoreApplication::setApplicationName(QStringLiteral("cytoclick"));
  QCoreApplication::setApplicationVersion(QString::fromUtf8(cyto::programVersion().data()));
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    return complain(QStringLiteral("the program has failed: %1; your work is saved").arg(failure.what()), kFailed);
  }
}
