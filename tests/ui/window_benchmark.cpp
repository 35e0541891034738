// How quick the window is, with the real model: prints one line per figure. Run it by hand, on an idle machine:
//
//   QT_QPA_PLATFORM=offscreen window_benchmark SAMPLE_IMAGE [SLIDE.tif]
//
// Without SLIDE.tif one of 20,000 x 20,000 pixels is written for the occasion.

#include <sys/resource.h>

#include <QElapsedTimer>
#include <QLocale>
#include <QTest>
#include <algorithm>
#include <cstdio>

#include "app/gui/responsive_application.h"
#include "core/base/atomic_file.h"
#include "core/inference/engine.h"
#include "core/inference/model_loader.h"
#include "tests/support/slide_scan.h"
#include "tests/ui/driven_window.h"
#include "ui/theme/theme.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

using gui::ResponsiveApplication;

double milliseconds(const QElapsedTimer& watch) { return static_cast<double>(watch.nsecsElapsed()) / 1e6; }

struct Times {
  std::vector<double> all_ms;

  double at(double part) {
    std::sort(all_ms.begin(), all_ms.end());
    return all_ms[static_cast<size_t>(part * static_cast<double>(all_ms.size() - 1))];
  }
  void print(const char* what) {
    std::printf("%-44s p50 %7.2f ms   p95 %7.2f ms   p99 %7.2f ms   longest %7.2f ms   (%zu)\n", what, at(0.5),
                at(0.95), at(0.99), at(1), all_ms.size());
    std::fflush(stdout);
  }
};

bool isReady(MainWindow& window) {
  const SessionBridge& bridge = window.bridge();
  return window.isIdle() && bridge.model().phase == ModelState::Phase::kReady && bridge.state().isOpen &&
         !window.display().channels().empty();
}

void openFile(MainWindow& window, const std::string& path) {
  QElapsedTimer watch;
  watch.start();
  window.open(QString::fromStdString(path));
  test::letHappenUntil([&] { return window.bridge().pending() == 0 && window.bridge().state().isOpen; });
  test::letHappenUntil([&] { return window.view().hasPicture(); });
  std::printf("%-44s %.0f ms\n", "image opened: first part on screen", milliseconds(watch));
  test::letHappenUntil([&] { return !window.display().channels().empty() && window.view().isSettled(); });
  std::printf("%-44s %.0f ms\n", "image opened: whole on screen", milliseconds(watch));
}

QPoint placeOf(MainWindow& window, double y, double x) { return window.view().widgetPosition({y, x}).toPoint(); }

void measureHover(MainWindow& window) {
  const Extent2 plane = window.view().transform().plane();
  Times times;
  bool hasCome = false;
  const auto come =
      QObject::connect(&window.bridge(), &SessionBridge::previewChanged, &window, [&] { hasCome = true; });
  for (int i = 0; i < 200; ++i) {
    const double y = 20 + static_cast<double>(i * 37 % (plane.y - 40));
    const double x = 20 + static_cast<double>(i * 53 % (plane.x - 40));
    hasCome = false;
    QElapsedTimer watch;
    watch.start();
    QTest::mouseMove(&window.view(), placeOf(window, y, x));
    test::letHappenUntil([&] { return hasCome; });
    window.view().repaint();
    times.all_ms.push_back(milliseconds(watch));
  }
  QObject::disconnect(come);
  times.print("pointer moved to preview on screen");
}

void measureCommits(MainWindow& window, const test::TemporaryFolder& folder) {
  const Extent2 plane = window.view().transform().plane();
  Times clicks;
  Times commits;
  Times syncs;
  for (int i = 0; i < 40; ++i) {
    const double y = 20 + static_cast<double>(i * 41 % (plane.y - 40));
    const double x = 20 + static_cast<double>(i * 59 % (plane.x - 40));
    QElapsedTimer watch;
    watch.start();
    QTest::mouseClick(&window.view(), Qt::LeftButton, {}, placeOf(window, y, x));
    test::letHappenUntil([&] { return window.bridge().pending() == 0; });
    window.view().repaint();
    clicks.all_ms.push_back(milliseconds(watch));
    watch.restart();
    QTest::keyClick(&window.view(), Qt::Key_Return);
    test::letHappenUntil([&] { return window.showsAnswers(); });
    commits.all_ms.push_back(milliseconds(watch));
    QTest::keyClick(&window.view(), Qt::Key_Escape);
    test::letHappenUntil([&] { return window.showsAnswers(); });
    watch.restart();
    if (!writeFileAtomically(folder / "sync", std::string(400, 'x'))) qFatal("no place to write");
    syncs.all_ms.push_back(milliseconds(watch) / 2);  // of a file and its folder
  }
  clicks.print("click to mask on screen");
  commits.print("commit to object on screen");
  syncs.print("  one fsync here");
}

void measurePan(MainWindow& window) {
  SliceView& view = window.view();
  view.zoomToPixels();
  view.panByScreen(8, 8);
  test::letHappenUntil([&] { return view.isSettled(); });
  Times frames;
  Times paints;
  const auto painted = QObject::connect(&view, &SliceView::framePainted, &view, [&](qint64 microseconds) {
    paints.all_ms.push_back(static_cast<double>(microseconds) / 1000);
  });
  int missing = 0;
  QPoint at = view.rect().center();
  QTest::mousePress(&view, Qt::MiddleButton, {}, at);
  constexpr double kFrame_ms = 1000.0 / 60;
  for (int i = 0; i < 1200; ++i) {
    QElapsedTimer watch;
    watch.start();
    at += QPoint(i / 300 % 2 == 0 ? -11 : 9, i / 150 % 2 == 0 ? -7 : 6);
    QTest::mouseMove(&view, at);
    QCoreApplication::sendPostedEvents();
    view.repaint();
    frames.all_ms.push_back(milliseconds(watch));
    if (!view.isSettled()) ++missing;
    while (milliseconds(watch) < kFrame_ms) QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
  }
  QTest::mouseRelease(&view, Qt::MiddleButton, {}, at);
  QObject::disconnect(painted);
  frames.print("frame while panning 20k x 20k at 100 %");
  paints.print("  painting alone");
  std::printf("%-44s %.1f %%\n", "  frames with a tile still to come", 100.0 * missing / 1200);
}

void measureManyObjects(MainWindow& window) {
  constexpr int kObjects = 10'000;
  for (int i = 0; i < kObjects; ++i) {
    const QString command = QStringLiteral("paint 0 0 %1 %2 1.5 %3")
                                .arg(5 + i / 100 * 12)
                                .arg(5 + i % 100 * 12)
                                .arg(window.bridge().state().nextId + static_cast<uint32_t>(i));
    window.bridge().session().execute(command.toStdString());
  }
  test::letHappenUntil([&] { return window.bridge().state().document.objects.size() >= kObjects; });
  test::letHappenUntil([&] { return window.isIdle(); });
  Times times;
  Times whole;
  for (int i = 0; i < 50; ++i) {
    const QString command =
        QStringLiteral("paint 0 0 %1 %2 1.5 %3").arg(1300).arg(5 + i * 12).arg(window.bridge().state().nextId);
    QElapsedTimer gui;
    const auto told = QObject::connect(&window.bridge(), &SessionBridge::settled, &window,
                                       [&] { times.all_ms.push_back(milliseconds(gui)); });
    QElapsedTimer watch;
    watch.start();
    window.bridge().execute(command);
    gui.start();
    test::letHappenUntil([&] { return window.showsAnswers(); });
    whole.all_ms.push_back(milliseconds(watch));
    QObject::disconnect(told);
  }
  times.print("new object among 10,000: known to the window");
  whole.print("new object among 10,000: on screen");
}

int run(int argc, char** argv, const QElapsedTimer& sinceStart, const test::TemporaryFolder& folder) {
  ResponsiveApplication application(argc, argv);
  applyTheme(application, Theme::kDark);
  MainWindow window([](const std::string& name, const JobContext& job) { return loadModel({}, name, job); },
                    folder / "projects", {});
  window.resize(1280, 800);
  window.show();
  test::letHappenUntil([&] { return window.windowHandle() && window.windowHandle()->isExposed(); });
  std::printf("%-44s %.0f ms\n", "window visible after start", milliseconds(sinceStart));
  openFile(window, argv[1]);
  test::letHappenUntil([&] { return isReady(window); });
  application.beginWatch();
  measureHover(window);
  measureCommits(window, folder);
  std::string slide = argc > 2 ? argv[2] : (folder / "slide.tif").string();
  if (argc <= 2) test::writeSlideScan(slide);
  openFile(window, slide);
  measurePan(window);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%-44s %.0f MB\n", "peak memory until here", static_cast<double>(usage.ru_maxrss) / 1024);
  measureManyObjects(window);
  std::printf("%s\n", qUtf8Printable(application.report()));
  return 0;
}

}  // namespace

}  // namespace cyto::ui

int main(int argc, char** argv) {
  cyto::runWithBriefSpinning(argv);
  QElapsedTimer sinceStart;
  sinceStart.start();
  if (argc < 2) {
    std::fprintf(stderr, "usage: window_benchmark SAMPLE_IMAGE [SLIDE.tif]\n");
    return 2;
  }
  const cyto::test::TemporaryFolder folder;
  cyto::test::liveIn(folder);
  QLocale::setDefault(QLocale::c());
  return cyto::ui::run(argc, argv, sinceStart, folder);
}
