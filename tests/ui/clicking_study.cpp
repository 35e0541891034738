// A timed study without a person: the window is driven through 50 nuclei whose truth is known. Each is clicked in its
// centre; while the mask overlaps the truth by less than 0.8, the middle of the larger error is clicked too (at most
// four clicks); Enter commits. Prints the program's own time and the clicks per nucleus.
//
//   QT_QPA_PLATFORM=offscreen clicking_study IMAGE LABELS [IMAGE LABELS …]

#include <QElapsedTimer>
#include <QTest>
#include <cstdio>
#include <vector>

#include "app/gui/responsive_application.h"
#include "core/inference/engine.h"
#include "core/inference/model_loader.h"
#include "core/segmentation/simulated_user.h"
#include "core/segmentation/truth_objects.h"
#include "tests/ui/driven_window.h"
#include "ui/theme/theme.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

constexpr int kNuclei = 50;
constexpr int kMostClicks = 4;
constexpr double kGoodOverlap = 0.8;
constexpr int64_t kLeastArea = 30;

struct Sums {
  int nuclei = 0;
  int clicks = 0;
  int good = 0;
  double overlap = 0;
  double seconds = 0;
};

std::vector<TruthObject> truthOf(const char* path) {
  const auto source = io::openImage(path);
  if (!source) qFatal("%s", source.error().message().c_str());
  const Shape& shape = (*source)->info().shape;
  const auto pixels = (*source)->read(Box::plane(shape, 0, 0));
  if (!pixels) qFatal("%s", pixels.error().message().c_str());
  std::vector<uint32_t> ids;
  visitDtype(pixels->dtype(), [&](auto zero) {
    for (const auto value : pixels->plane<decltype(zero)>(0, 0, 0)) ids.push_back(static_cast<uint32_t>(value));
  });
  return objectsOf(ids, shape.y, shape.x, kLeastArea);
}

void click(MainWindow& window, const PointPrompt& at) {
  const QPoint place = window.view().widgetPosition({at.y, at.x}).toPoint();
  QTest::mouseMove(&window.view(), place);
  QTest::mouseClick(&window.view(), at.positive ? Qt::LeftButton : Qt::RightButton, {}, place);
  test::letHappenUntil([&] { return window.isIdle(); });
}

/// Where the larger part of the error is.
PointPrompt correction(const PlaneMask& truth, const PlaneMask& answer) {
  const PlaneMask missing = subtracted(truth, answer);
  const PlaneMask tooMuch = subtracted(answer, truth);
  PointPrompt point = centreClick(missing.area() >= tooMuch.area() ? missing : tooMuch);
  point.positive = missing.area() >= tooMuch.area();
  return point;
}

void annotate(MainWindow& window, const TruthObject& nucleus, Sums& sums) {
  QElapsedTimer watch;
  watch.start();
  PointPrompt next = centreClick(nucleus.mask);
  double overlap = 0;
  for (int i = 0; i < kMostClicks; ++i) {
    click(window, next);
    ++sums.clicks;
    const auto current = window.bridge().state().current;
    overlap = current ? intersectionOverUnion(current->mask, nucleus.mask) : 0;
    if (overlap >= kGoodOverlap || !current) break;
    next = correction(nucleus.mask, current->mask);
  }
  QTest::keyClick(&window.view(), Qt::Key_Return);
  test::letHappenUntil([&] { return window.isIdle(); });
  // A nucleus that lies in those before cannot be committed.
  QTest::keyClick(&window.view(), Qt::Key_Escape);
  test::letHappenUntil([&] { return window.isIdle(); });
  sums.seconds += static_cast<double>(watch.nsecsElapsed()) / 1e9;
  sums.overlap += overlap;
  sums.good += overlap >= kGoodOverlap ? 1 : 0;
  ++sums.nuclei;
}

int run(int argc, char** argv, const test::TemporaryFolder& folder) {
  gui::ResponsiveApplication application(argc, argv);
  applyTheme(application, Theme::kDark);
  MainWindow window([](const std::string& name, const JobContext& job) { return loadModel({}, name, job); },
                    folder / "projects", {});
  window.resize(1280, 800);
  window.show();
  Sums sums;
  for (int i = 1; i + 1 < argc && sums.nuclei < kNuclei; i += 2) {
    window.open(QString::fromLocal8Bit(argv[i]));
    test::letHappenUntil([&] {
      return window.isIdle() && window.view().hasPicture() && !window.bridge().embedding().isWorking &&
             window.bridge().embedding().ready > 0;
    });
    if (i == 1) application.beginWatch();
    for (const TruthObject& nucleus : truthOf(argv[i + 1])) {
      if (sums.nuclei < kNuclei) annotate(window, nucleus, sums);
    }
  }
  std::printf("%d nuclei: %.2f clicks and %.3f s of the program per nucleus; mean IoU %.3f, %d of them at least %.1f\n",
              sums.nuclei, static_cast<double>(sums.clicks) / sums.nuclei, sums.seconds / sums.nuclei,
              sums.overlap / sums.nuclei, sums.good, kGoodOverlap);
  std::printf("%s\n", qUtf8Printable(application.report()));
  return 0;
}

}  // namespace

}  // namespace cyto::ui

int main(int argc, char** argv) {
  cyto::runWithBriefSpinning(argv);
  if (argc < 3) {
    std::fprintf(stderr, "usage: clicking_study IMAGE LABELS [IMAGE LABELS ...]\n");
    return 2;
  }
  const cyto::test::TemporaryFolder folder;
  cyto::test::liveIn(folder);
  return cyto::ui::run(argc, argv, folder);
}
