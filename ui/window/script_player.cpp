#include "ui/window/script_player.h"

#include <QApplication>
#include <QKeySequence>
#include <QMouseEvent>
#include <QTest>
#include <QWheelEvent>

#include "core/session/script.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

constexpr int kPoll_ms = 4;
constexpr int kPatience_ms = 120'000;
constexpr int kPreviewPatience_ms = 2'000;
constexpr int kWheelNotch = 120;

QStringList wordsOf(const QString& line, QString& problem) {
  const auto words = scriptWords(line.toStdString());
  if (!words) {
    problem = QString::fromStdString(words.error().message());
    return {};
  }
  QStringList result;
  for (const std::string& word : *words) result.append(QString::fromStdString(word));
  return result;
}

// Nothing comes of it where the pointer rests already, or cannot be moved, as off the screen; then the view is told.
void moveTo(SliceView& view, QPoint at) {
  bool isThere = false;
  const auto watch = QObject::connect(&view, &SliceView::pointerMoved, &view, [&](bool, double y, double x) {
    isThere = (view.widgetPosition({y, x}) - QPointF(at)).manhattanLength() < 1;
  });
  QTest::mouseMove(&view, at);
  QObject::disconnect(watch);
  if (isThere) return;
  QMouseEvent move(QEvent::MouseMove, at, view.mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
  QApplication::sendEvent(&view, &move);
}

}  // namespace

ScriptPlayer::ScriptPlayer(MainWindow& window, QStringList lines, QObject* parent)
    : QObject(parent), window_(window), lines_(std::move(lines)) {
  poll_.setObjectName(QStringLiteral("script"));
  poll_.setInterval(kPoll_ms);
  connect(&poll_, &QTimer::timeout, this, &ScriptPlayer::waitUntilIdle);
  connect(&window_.bridge(), &SessionBridge::printed, this, &ScriptPlayer::printed);
  connect(&window_.bridge(), &SessionBridge::failed, this, [this](const QString& sentence) { failure_ = sentence; });
  connect(&window_.bridge(), &SessionBridge::previewChanged, this, [this] { waitsForPreview_ = false; });
}

void ScriptPlayer::start() { QTimer::singleShot(0, this, &ScriptPlayer::next); }

void ScriptPlayer::next() {
  if (isDone_) return;
  if (line_ == lines_.size()) return end({});
  const QString line = lines_[line_++];
  QString problem;
  const QStringList words = wordsOf(line, problem);
  if (!problem.isEmpty()) return end(problem);
  if (words.isEmpty()) return start();
  if (words.first() == QLatin1String("quit")) return end({});
  problem = play(words, line);
  if (!problem.isEmpty()) return end(problem);
  waiting_.start();
  poll_.start();
}

void ScriptPlayer::waitUntilIdle() {
  if (!failure_.isEmpty()) return end(failure_);
  if (waiting_.elapsed() > kPatience_ms) return end(tr("the window did not come to rest"));
  if (waiting_.elapsed() < hold_ms_) return;
  const bool waitsForPreview = waitsForPreview_ && waiting_.elapsed() < kPreviewPatience_ms;
  const bool isLoading = window_.bridge().model().phase == ModelState::Phase::kLoading;
  const bool isEmbedding = window_.bridge().embedding().isWorking;
  if (!window_.isIdle() || waitsForPreview || (waitsForAll_ && (isLoading || isEmbedding))) return;
  poll_.stop();
  waitsForAll_ = false;
  waitsForPreview_ = false;
  hold_ms_ = 0;
  start();
}

void ScriptPlayer::end(const QString& problem) {
  if (isDone_) return;
  isDone_ = true;
  poll_.stop();
  Q_EMIT finished(problem.isEmpty() ? problem : tr("line %1: %2").arg(line_).arg(problem));
}

QString ScriptPlayer::play(const QStringList& words, const QString& line) {
  const QString& verb = words.first();
  const QStringList arguments = words.mid(1);
  if (verb == QLatin1String("open") && arguments.size() == 1) {
    window_.open(arguments.first());
  } else if (verb == QLatin1String("wait")) {
    waitsForAll_ = true;
    hold_ms_ = 2 * kPoll_ms;
  } else if (verb == QLatin1String("tool") && arguments.size() == 1) {
    if (!window_.tools().choose(arguments.first())) return tr("there is no tool '%1'").arg(arguments.first());
  } else if (verb == QLatin1String("command") && !arguments.isEmpty()) {
    return window_.commands().run(arguments.first(), arguments.mid(1));
  } else if (verb == QLatin1String("key") && arguments.size() == 1) {
    return playKey(arguments.first());
  } else if (verb == QLatin1String("wheel") && !arguments.isEmpty()) {
    return playWheel(arguments);
  } else if (verb == QLatin1String("slice") && arguments.size() == 2) {
    return playSlice(arguments);
  } else if (verb == QLatin1String("sleep") && arguments.size() == 1) {
    hold_ms_ = arguments.first().toInt();
  } else if (verb == QLatin1String("screenshot") && arguments.size() == 1) {
    Q_EMIT busyForItself();
    if (!window_.grab().save(arguments.first())) return tr("'%1' cannot be written").arg(arguments.first());
  } else if (Script::isCommand(verb.toStdString())) {
    window_.bridge().execute(line);
  } else {
    return playPointer(words);
  }
  return {};
}

QString ScriptPlayer::playPointer(const QStringList& words) {
  const QString& verb = words.first();
  SliceView& view = window_.view();
  std::vector<QPoint> at;
  for (int i = 1; i + 1 < words.size(); i += 2) {
    bool isRow = false;
    bool isColumn = false;
    const ImagePoint point{words[i].toDouble(&isRow), words[i + 1].toDouble(&isColumn)};
    if (!isRow || !isColumn) return tr("'%1' has no place in the image").arg(words.join(' '));
    at.push_back(view.widgetPosition(point).toPoint());
    if (!view.rect().contains(at.back())) return tr("that place of the image is not on screen");
  }
  const auto is = [&](const char* name, size_t places) { return verb == QLatin1String(name) && at.size() == places; };
  if (is("click", 1)) {
    const bool isNegative = words.size() == 4 && words[3] == QLatin1String("negative");
    moveTo(view, at[0]);
    QTest::mouseClick(&view, isNegative ? Qt::RightButton : Qt::LeftButton, {}, at[0]);
  } else if (is("drag", 2)) {
    moveTo(view, at[0]);
    QTest::mousePress(&view, Qt::LeftButton, {}, at[0]);
    constexpr int kSteps = 8;
    for (int i = 1; i <= kSteps; ++i) QTest::mouseMove(&view, at[0] + (at[1] - at[0]) * i / kSteps);
    QTest::mouseRelease(&view, Qt::LeftButton, {}, at[1]);
  } else if (is("press", 1)) {
    moveTo(view, at[0]);
    QTest::mousePress(&view, Qt::LeftButton, {}, at[0]);
  } else if (is("move", 1)) {
    moveTo(view, at[0]);
  } else if (is("hover", 1)) {
    waitsForPreview_ = true;
    moveTo(view, at[0]);
  } else if (is("release", 1)) {
    QTest::mouseRelease(&view, Qt::LeftButton, {}, at[0]);
  } else if (is("leave", 0)) {
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&view, &leave);
  } else {
    return tr("'%1' is no command").arg(words.join(' '));
  }
  return {};
}

// Keys go to the widget that has the focus, as those of a keyboard do.
QString ScriptPlayer::playKey(const QString& sequence) {
  const QKeySequence keys = QKeySequence::fromString(sequence);
  if (keys.isEmpty() || keys[0].key() == Qt::Key_unknown) return tr("'%1' is no key").arg(sequence);
  QWidget* target = QApplication::focusWidget() ? QApplication::focusWidget() : &window_;
  for (int i = 0; i < keys.count(); ++i) {
    QTest::keyClick(target, keys[static_cast<uint>(i)].key(), keys[static_cast<uint>(i)].keyboardModifiers());
  }
  return {};
}

QString ScriptPlayer::playWheel(const QStringList& words) {
  bool isNumber = false;
  const int notches = words.first().toInt(&isNumber);
  if (!isNumber) return tr("'%1' is no number of notches").arg(words.first());
  Qt::KeyboardModifiers modifiers;
  if (words.contains(QLatin1String("alt"))) modifiers |= Qt::AltModifier;
  if (words.contains(QLatin1String("ctrl"))) modifiers |= Qt::ControlModifier;
  if (words.contains(QLatin1String("shift"))) modifiers |= Qt::ShiftModifier;
  SliceView& view = window_.view();
  const QPoint at = view.mapFromGlobal(QCursor::pos());
  const QPointF place = view.rect().contains(at) ? QPointF(at) : QPointF(view.rect().center());
  for (int i = 0; i < qAbs(notches); ++i) {
    QWheelEvent event(place, view.mapToGlobal(place), {}, {0, notches > 0 ? kWheelNotch : -kWheelNotch}, Qt::NoButton,
                      modifiers, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &event);
  }
  return {};
}

QString ScriptPlayer::playSlice(const QStringList& words) {
  bool isNumber = false;
  const qint64 index = words[1].toLongLong(&isNumber);
  SliceView& view = window_.view();
  if (!isNumber) return tr("'%1' is no number").arg(words[1]);
  if (words[0] == QLatin1String("t")) {
    view.setSlice(index, view.z());
  } else if (words[0] == QLatin1String("z")) {
    view.setSlice(view.t(), index);
  } else {
    return tr("the axes are t and z");
  }
  return {};
}

}  // namespace cyto::ui
