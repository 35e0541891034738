#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTest>
#include <QWheelEvent>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>

#include "core/inference/fake_model.h"
#include "core/io/label_writer.h"
#include "core/session/script.h"
#include "tests/support/temporary_folder.h"
#include "ui/panels/axis_bar.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/project/project_banner.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui::test {

/// A real window with a model without a network. Pictures show bright squares of 20 pixels at rows and columns 15 to 34
/// of each field of 50. Pointer and keys are real Qt events; places are pixels of the image. Waiting pumps events until
/// a condition holds.
class WindowFixture : public testing::Test {
 protected:
  static constexpr int kPatience_ms = 60'000;

  void SetUp() override { QSettings().clear(); }
  void TearDown() override { closeWindow(); }

  // --- pictures

  static bool isInSquare(int64_t y, int64_t x) { return y % 50 >= 15 && y % 50 < 35 && x % 50 >= 15 && x % 50 < 35; }

  /// 100 x 150, six squares.
  QString picture(const char* name = "cells Zöllikofer 细胞.png") {
    Array pixels = *Array::create(Dtype::kUint8, {1, 1, 100, 150});
    for (int64_t y = 0; y < 100; ++y) {
      for (int64_t x = 0; x < 150; ++x)
        pixels.as<uint8_t>()[static_cast<size_t>(y * 150 + x)] = isInSquare(y, x) ? 200 : 0;
    }
    EXPECT_TRUE(io::writePng(folder_ / name, pixels));
    return pathText(folder_ / name);
  }

  /// t 3, z 4, 100 x 150; a folder that is read piece by piece.
  QString stack(const Shape& shape = {3, 4, 100, 150}) {
    Array pixels = *Array::create(Dtype::kUint32, shape);
    for (int64_t plane = 0; plane < shape.t * shape.z; ++plane) {
      for (int64_t y = 0; y < shape.y; ++y) {
        for (int64_t x = 0; x < shape.x; ++x) {
          const auto at = static_cast<size_t>((plane * shape.y + y) * shape.x + x);
          pixels.as<uint32_t>()[at] = isInSquare(y, x) ? static_cast<uint32_t>(200 + plane) : 0;
        }
      }
    }
    const auto path = folder_ / "stack.zarr";
    EXPECT_TRUE(io::writeLabelOmeZarr(path, pixels, {}));
    return pathText(path);
  }

  /// Makes the pixels of the stack unreadable.
  void spoilStack() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "stack.zarr")) {
      if (entry.is_regular_file() && entry.path().filename().string().front() != '.') {
        std::ofstream(entry.path()) << "no pixels";
      }
    }
  }

  static QString pathText(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

  // --- window

  ModelLoader loader() const {
    return [options = model_, problem = modelProblem_](const std::string&,
                                                       const JobContext&) -> Result<std::unique_ptr<Model>> {
      if (!problem.empty()) return Error(ErrorCode::kModel, problem);
      return std::unique_ptr<Model>(std::make_unique<FakeModel>(options));
    };
  }

  std::filesystem::path autosaves() const { return folder_ / "Ablage äöü"; }

  std::unique_ptr<MainWindow> makeWindow() {
    auto made = std::make_unique<MainWindow>(loader(), autosaves(), picture("sample.png"));
    made->resize(1200, 800);
    made->show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(made.get()));
    activate(*made);
    return made;
  }

  // Without a window manager nobody else gives the window the keyboard.
  static void activate(MainWindow& window) {
    window.activateWindow();
    QApplication::setActiveWindow(&window);
    QCoreApplication::processEvents();
  }

  void startWindow() {
    window_ = makeWindow();
    const auto hear = [this](const QString& sentence) { sentences_.append(sentence); };
    QObject::connect(&window_->bridge(), &SessionBridge::noticed, window_.get(),
                     [hear](const cyto::Notice& notice) { hear(QString::fromStdString(notice.text)); });
    QObject::connect(&window_->view(), &SliceView::readFailed, window_.get(), hear);
    QObject::connect(&window_->display(), &DisplayModel::failed, window_.get(), hear);
    QObject::connect(&window_->commands(), &CommandRegistry::problem, window_.get(), hear);
  }

  void startWith(const QString& path) {
    startWindow();
    open(path);
  }

  void open(const QString& path) {
    window().open(path);
    ASSERT_TRUE(rests());
    ASSERT_TRUE(state().isOpen) << sentences_.join(" / ").toStdString();
    ASSERT_TRUE(waitFor([&] { return !window().display().channels().empty(); }));
    ASSERT_TRUE(rests());
    window().focusView();
  }

  void closeWindow() {
    if (!window_) return;
    window_->close();
    window_.reset();
  }

  MainWindow& window() { return *window_; }
  SliceView& view() { return window_->view(); }
  const SessionState& state() { return window_->bridge().state(); }
  const ObjectPrompts& prompts() { return state().document.draft.prompts; }
  QString toolName() { return window_->tools().current(); }
  uint32_t selected() { return window_->display().labelStyle().selected; }
  uint32_t labelAt(int64_t y, int64_t x, int64_t t = 0, int64_t z = 0) {
    return state().document.labels.at(t, z, y, x);
  }

  /// Everything that was told as a sentence.
  QString told() const { return sentences_.join(QStringLiteral(" / ")); }

  /// What the strip over the view shows now.
  QString notice() {
    QStringList texts;
    if (!window().notices().isVisible()) return {};
    for (const QLabel* label : window().notices().findChildren<QLabel*>()) texts.append(label->text());
    return texts.join(' ');
  }

  /// What the banner over the view shows now, its buttons included; empty when there is none.
  std::string bannerText() {
    QStringList texts;
    for (const QLabel* label : window().banner().findChildren<QLabel*>()) {
      if (label->isVisible()) texts.append(QString(label->text()).remove(QChar(0x200B)));
    }
    for (const QPushButton* button : window().banner().findChildren<QPushButton*>()) {
      if (button->isVisible()) texts.append(button->text());
    }
    return texts.join(QLatin1Char(' ')).toStdString();
  }

  // --- waiting

  template <typename Condition>
  static bool waitFor(Condition condition) {
    return QTest::qWaitFor(condition, kPatience_ms);
  }

  /// Waits until everything that was asked for is done and on screen, the model too.
  bool rests() {
    return waitFor([&] {
      return window_->isIdle() && window_->bridge().model().phase != ModelState::Phase::kLoading &&
             !window_->bridge().embedding().isWorking && !state().isAnswering;
    });
  }

  // --- pointer

  QPoint place(double y, double x) { return view().widgetPosition({y, x}).toPoint(); }

  /// What the view shows there.
  QColor colourAt(double y, double x) {
    return view().grab().toImage().pixelColor((view().widgetPosition({y, x}) * view().devicePixelRatioF()).toPoint());
  }

  void hover(double y, double x) { hoverAt(place(y, x)); }
  void hoverAt(QPoint at) {
    QTest::mouseMove(&view(), at);
    QCursor::pos();  // under X the move has come back by then
    QCoreApplication::processEvents();
    // Where the pointer was there already nothing moves, so the view is told directly.
    QMouseEvent move(QEvent::MouseMove, at, view().mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
    QApplication::sendEvent(&view(), &move);
  }
  void leave() {
    QEvent event(QEvent::Leave);
    QApplication::sendEvent(&view(), &event);
  }
  void press(double y, double x, Qt::MouseButton button = Qt::LeftButton) {
    hover(y, x);
    QTest::mousePress(&view(), button, {}, place(y, x));
  }
  void move(double y, double x) { QTest::mouseMove(&view(), place(y, x)); }
  void release(double y, double x, Qt::MouseButton button = Qt::LeftButton) {
    QTest::mouseRelease(&view(), button, {}, place(y, x));
  }
  void click(double y, double x, Qt::MouseButton button = Qt::LeftButton, Qt::KeyboardModifiers modifiers = {}) {
    hover(y, x);
    QTest::mouseClick(&view(), button, modifiers, place(y, x));
    EXPECT_TRUE(rests());
  }
  void drag(double y0, double x0, double y1, double x1) {
    press(y0, x0);
    for (int i = 1; i <= 4; ++i) move(y0 + (y1 - y0) * i / 4, x0 + (x1 - x0) * i / 4);
    release(y1, x1);
    EXPECT_TRUE(rests());
  }
  void wheel(double notches, Qt::KeyboardModifiers modifiers = {}, QPointF at = {-1, -1}) {
    const QPointF place = at.x() < 0 ? QPointF(view().rect().center()) : at;
    constexpr int kNotch = 120;
    QWheelEvent event(place, view().mapToGlobal(place), {}, {0, static_cast<int>(notches * kNotch)}, Qt::NoButton,
                      modifiers, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view(), &event);
  }

  // --- keys

  /// To the widget that has the focus, as a keyboard does.
  void tap(const char* sequence) {
    const QKeySequence keys = QKeySequence::fromString(QString::fromLatin1(sequence));
    QWidget* target = QApplication::focusWidget() ? QApplication::focusWidget() : window_.get();
    QTest::keyClick(target, keys[0].key(), keys[0].keyboardModifiers());
  }
  void key(const char* sequence) {
    tap(sequence);
    EXPECT_TRUE(rests()) << sequence;
  }

  // --- recording

  std::filesystem::path recording() const { return folder_ / "recorded.txt"; }
  void record() { ASSERT_TRUE(window().bridge().session().record(recording())); }

  /// The hash of the labels that the recorded script gives without a window.
  std::string replayedHash() {
    InferenceWorker worker(loader(), {});
    AnnotationSession session(worker);
    Script script(session, worker, [](const std::string&) -> Status { return {}; });
    std::ifstream lines(recording());
    for (std::string line; std::getline(lines, line);) {
      const auto done = script.execute(line, {});
      EXPECT_TRUE(done) << line << ": " << (done ? "" : done.error().message());
    }
    return session.stateHash();
  }

  cyto::test::TemporaryFolder folder_;
  FakeModelOptions model_;
  std::string modelProblem_;  ///< not empty: no model can be loaded
  QStringList sentences_;
  std::unique_ptr<MainWindow> window_;
};

}  // namespace cyto::ui::test
