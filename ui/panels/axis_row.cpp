#include "ui/panels/axis_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>

#include "ui/panels/axes_text.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kFramesPerSecond = 10;
constexpr int kBigStep = 10;
constexpr int kFirst = static_cast<int>(kFirstSliceNumber);

}  // namespace

AxisRow::AxisRow(const QString& shortName, const QString& name, QWidget* parent)
    : QWidget(parent),
      name_(name),
      label_(new QLabel(shortName, this)),
      number_(new QSpinBox(this)),
      total_(new QLabel(this)),
      slider_(new QSlider(Qt::Horizontal, this)),
      play_(new QToolButton(this)) {
  label_->setProperty("role", "muted");
  label_->setFixedWidth(fontMetrics().horizontalAdvance(QLatin1Char('m')) + 2);
  number_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  number_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  number_->setKeyboardTracking(false);
  number_->setAccessibleName(tr("%1 number").arg(name));
  number_->setToolTip(tr("%1: type a number, or turn the wheel (Shift: ten at a time)").arg(name));
  number_->installEventFilter(this);
  total_->setProperty("role", "muted");
  slider_->setAccessibleName(name);
  slider_->setPageStep(kBigStep);
  slider_->installEventFilter(this);
  play_->setAutoRaise(true);
  play_->setIconSize(QSize(16, 16));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 2, 0, 2);
  layout->setSpacing(kGrid_px);
  layout->addWidget(label_);
  layout->addWidget(number_);
  layout->addWidget(total_);
  layout->addWidget(slider_, 1);
  layout->addWidget(play_);
  connect(slider_, &QSlider::valueChanged, this, [this](int value) { moveTo(value); });
  connect(number_, &QSpinBox::valueChanged, this, [this](int value) { moveTo(value - kFirst); });
  connect(play_, &QToolButton::clicked, this, [this] { setPlaying(!isPlaying()); });
  timer_.setInterval(1000 / kFramesPerSecond);
  connect(&timer_, &QTimer::timeout, this, &AxisRow::playOne);
  refreshPlayButton();
}

void AxisRow::setExtent(qint64 extent) {
  setPlaying(false);
  const QSignalBlocker blockSlider(slider_);
  const QSignalBlocker blockNumber(number_);
  extent_ = std::max<qint64>(extent, 1);
  const qint64 kept = std::min(index(), extent_ - 1);
  slider_->setRange(0, static_cast<int>(extent_ - 1));
  number_->setRange(kFirst, static_cast<int>(extent_ - 1) + kFirst);
  total_->setText(QStringLiteral("/ %1").arg(extent_));
  setIndex(kept);
  refreshRoom();
}

void AxisRow::setIndex(qint64 index) {
  const QSignalBlocker blockSlider(slider_);
  const QSignalBlocker blockNumber(number_);
  const int value = static_cast<int>(std::clamp<qint64>(index, 0, extent_ - 1));
  slider_->setValue(value);
  number_->setValue(value + kFirst);
}

qint64 AxisRow::index() const { return slider_->value(); }

void AxisRow::step(qint64 count) {
  const qint64 target = std::clamp<qint64>(index() + count, 0, extent_ - 1);
  if (target != index()) slider_->setValue(static_cast<int>(target));
}

void AxisRow::setPlaying(bool isPlaying) {
  if (isPlaying == timer_.isActive() || (isPlaying && extent_ < 2)) return;
  if (isPlaying) {
    timer_.start();
  } else {
    timer_.stop();
  }
  refreshPlayButton();
  Q_EMIT playingChanged(isPlaying);
}

int AxisRow::numberWidth() const {
  const QString widest(QString::number(extent_ - 1 + kFirst).size(), QLatin1Char('8'));
  return fontMetrics().horizontalAdvance(widest) + 2 * kGrid_px + 4;
}

void AxisRow::setNumberWidth(int width_px) {
  number_->setFixedWidth(width_px);
  total_->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("/ ")) + width_px - 2 * kGrid_px);
}

void AxisRow::wheelEvent(QWheelEvent* event) {
  wheel_ += event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
  const int notches = wheel_ / QWheelEvent::DefaultDeltasPerStep;
  wheel_ -= notches * QWheelEvent::DefaultDeltasPerStep;
  if (notches != 0) step(notches * (event->modifiers() & Qt::ShiftModifier ? kBigStep : 1));
  event->accept();
}

bool AxisRow::eventFilter(QObject* watched, QEvent* event) {
  // The slider and the number would step by their own rules; the row has one rule for all.
  if (event->type() == QEvent::Wheel) {
    wheelEvent(static_cast<QWheelEvent*>(event));
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

void AxisRow::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) refreshRoom();
}

void AxisRow::moveTo(qint64 index) {
  setIndex(index);
  Q_EMIT moved();
}

void AxisRow::playOne() { slider_->setValue(static_cast<int>((index() + 1) % extent_)); }

void AxisRow::refreshPlayButton() {
  const QString text = isPlaying() ? tr("Stop playing %1") : tr("Play %1");
  play_->setIcon(themedIcon(isPlaying() ? QStringLiteral("pause") : QStringLiteral("play")));
  play_->setAccessibleName(text.arg(name_));
  play_->setToolTip(text.arg(name_));
}

void AxisRow::refreshRoom() { setNumberWidth(numberWidth()); }

}  // namespace cyto::ui
