#include "ui/panels/channel_block.h"

#include <QColorDialog>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "ui/panels/elided_label.h"
#include "ui/panels/eye_button.h"
#include "ui/panels/range_slider.h"
#include "ui/panels/wheel_guard.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

constexpr int kSwatch_px = 14;
constexpr double kLimit = 1e12;   // beyond any pixel value that is looked at
constexpr double kMostGamma = 5;  // the slider goes from 1 / 5 to 5
constexpr int kGammaSteps = 100;  // to each side
constexpr int kGammaSnap = 3;     // steps around the middle that mean exactly 1

QColor colourOf(const ChannelDisplay& channel) { return {channel.colour[0], channel.colour[1], channel.colour[2]}; }

QPixmap swatchPixmap(const QColor& colour, qreal ratio) {
  QPixmap pixmap(QSize(kSwatch_px, kSwatch_px) * ratio);
  pixmap.setDevicePixelRatio(ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(mixed(themeColours().panel, themeColours().text, 0.45), 1));
  painter.setBrush(colour);
  painter.drawRoundedRect(QRectF(0.5, 0.5, kSwatch_px - 1, kSwatch_px - 1), 3, 3);
  return pixmap;
}

int gammaToSlider(double gamma) {
  return static_cast<int>(std::lround(std::log(gamma) / std::log(kMostGamma) * kGammaSteps));
}

double sliderToGamma(int value) {
  if (std::abs(value) <= kGammaSnap) return 1;
  return std::pow(kMostGamma, static_cast<double>(value) / kGammaSteps);
}

/// Enough decimals to tell a thousandth of the range.
int decimalsFor(const ChannelDisplay& channel) {
  const double range = std::max(channel.rangeHigh - channel.rangeLow, 1e-9);
  return std::clamp(static_cast<int>(std::ceil(3 - std::log10(range))), 0, 6);
}

}  // namespace

ChannelBlock::ChannelBlock(const ChannelDisplay& channel, bool isWhole, QWidget* parent)
    : QWidget(parent),
      channel_(channel),
      isWhole_(isWhole),
      eye_(new EyeButton(QString::fromStdString(channel.name))),
      swatch_(new QToolButton),
      name_(new ElidedLabel),
      more_(new QToolButton),
      range_(new RangeSlider),
      low_(newSpinBox()),
      high_(newSpinBox()),
      gamma_(new QSlider(Qt::Horizontal)),
      gammaText_(new QLabel) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px / 2);
  layout->addWidget(buildHead());
  layout->addWidget(range_);
  layout->addWidget(buildLimits());
  layout->addWidget(gammaRow_ = buildGamma());
  gammaRow_->setVisible(channel.gamma != 1);
  more_->setChecked(channel.gamma != 1);
  refresh();
}

QWidget* ChannelBlock::buildHead() {
  const QString name = QString::fromStdString(channel_.name);
  auto* head = new QWidget;
  auto* layout = new QHBoxLayout(head);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px / 2);
  name_->setFullText(name);
  swatch_->setPopupMode(QToolButton::InstantPopup);
  swatch_->setIconSize({kSwatch_px, kSwatch_px});
  swatch_->setToolTip(tr("Colour of %1").arg(name));
  swatch_->setAccessibleName(tr("Colour of %1").arg(name));
  more_->setCheckable(true);
  more_->setIcon(themedIcon(QStringLiteral("more")));
  more_->setIconSize({16, 16});
  more_->setToolTip(tr("More: gamma of %1").arg(name));
  more_->setAccessibleName(tr("More settings of %1").arg(name));
  layout->addWidget(eye_);
  layout->addWidget(swatch_);
  layout->addSpacing(kGrid_px / 2);
  layout->addWidget(name_, 1);
  layout->addWidget(more_);
  buildColourMenu();
  connect(eye_, &EyeButton::toggled, this, [this](bool isVisible) {
    ChannelDisplay now = channel_;
    now.isVisible = isVisible;
    apply(now);
  });
  connect(more_, &QToolButton::toggled, this, [this](bool isOpen) { gammaRow_->setVisible(isOpen); });
  return head;
}

void ChannelBlock::buildColourMenu() {
  auto* menu = new QMenu(swatch_);
  const std::pair<QString, QColor> colours[] = {
      {tr("Gray"), QColor(255, 255, 255)}, {tr("Red"), QColor(255, 0, 0)},    {tr("Green"), QColor(0, 255, 0)},
      {tr("Blue"), QColor(0, 0, 255)},     {tr("Cyan"), QColor(0, 255, 255)}, {tr("Magenta"), QColor(255, 0, 255)},
      {tr("Yellow"), QColor(255, 255, 0)},
  };
  for (const auto& [text, colour] : colours) {
    menu->addAction(QIcon(swatchPixmap(colour, 2)), text, this, [this, chosen = colour] { setColour(chosen); });
  }
  menu->addSeparator();
  menu->addAction(tr("Other colour…"), this, &ChannelBlock::chooseOtherColour);
  swatch_->setMenu(menu);
}

void ChannelBlock::chooseOtherColour() {
  auto* dialog = new QColorDialog(colourOf(channel_), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Colour of %1").arg(QString::fromStdString(channel_.name)));
  // Shown at once in the image; closing without OK brings the old one back.
  connect(dialog, &QColorDialog::currentColorChanged, this, &ChannelBlock::setColour);
  connect(dialog, &QColorDialog::rejected, this, [this, before = colourOf(channel_)] { setColour(before); });
  dialog->show();
}

QDoubleSpinBox* ChannelBlock::newSpinBox() {
  auto* box = new QDoubleSpinBox;
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  box->setKeyboardTracking(false);
  box->setRange(-kLimit, kLimit);
  box->setDecimals(isWhole_ ? 0 : decimalsFor(channel_));
  box->setSingleStep(isWhole_ ? 1 : (channel_.rangeHigh - channel_.rangeLow) / 200);
  box->setAlignment(Qt::AlignRight);
  box->setMinimumWidth(7 * kGrid_px);
  box->setMaximumWidth(12 * kGrid_px);
  box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  WheelGuard::install(box);
  return box;
}

QWidget* ChannelBlock::buildLimits() {
  const QString name = QString::fromStdString(channel_.name);
  low_->setAccessibleName(tr("%1: black at").arg(name));
  low_->setToolTip(tr("Values up to this are black"));
  high_->setAccessibleName(tr("%1: full colour at").arg(name));
  high_->setToolTip(tr("Values from this on have the full colour"));
  range_->setAccessibleName(tr("%1: contrast range").arg(name));
  range_->setToolTip(tr("Contrast: drag an end, or the part between to move both"));
  auto* limits = new QWidget;
  auto* layout = new QHBoxLayout(limits);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(low_, 1);
  layout->addStretch(1);
  layout->addWidget(high_, 1);
  connect(range_, &RangeSlider::valuesChanged, this, &ChannelBlock::applyContrast);
  // The end that is typed wins over the other, which must stay on its side.
  connect(low_, &QDoubleSpinBox::valueChanged, this,
          [this](double low) { applyContrast(low, std::max(channel_.high, low + low_->singleStep())); });
  connect(high_, &QDoubleSpinBox::valueChanged, this,
          [this](double high) { applyContrast(std::min(channel_.low, high - high_->singleStep()), high); });
  return limits;
}

QWidget* ChannelBlock::buildGamma() {
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px);
  auto* label = new QLabel(tr("Gamma"));
  label->setProperty("role", "muted");
  label->setBuddy(gamma_);
  gamma_->setRange(-kGammaSteps, kGammaSteps);
  gamma_->setPageStep(10);
  gamma_->setAccessibleName(tr("%1: gamma").arg(QString::fromStdString(channel_.name)));
  gamma_->setToolTip(tr("Gamma: below 1 lifts dark parts, above 1 lowers them"));
  gammaText_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  gammaText_->setMinimumWidth(gammaText_->fontMetrics().horizontalAdvance(QLocale().toString(0.88, 'f', 2)));
  WheelGuard::install(gamma_);
  layout->addWidget(label);
  layout->addWidget(gamma_, 1);
  layout->addWidget(gammaText_);
  connect(gamma_, &QSlider::valueChanged, this, [this](int value) {
    ChannelDisplay now = channel_;
    now.gamma = sliderToGamma(value);
    apply(now);
  });
  return row;
}

void ChannelBlock::setChannel(const ChannelDisplay& channel) {
  if (channel == channel_) return;
  channel_ = channel;
  refresh();
}

void ChannelBlock::setHistogram(const std::vector<int64_t>& counts) { range_->setHistogram(counts); }

QWidget* ChannelBlock::joinTabOrder(QWidget* before) {
  for (QWidget* part : std::initializer_list<QWidget*>{eye_, swatch_, more_, range_, low_, high_, gamma_}) {
    setTabOrder(before, part);
    before = part;
  }
  return before;
}

void ChannelBlock::setColour(const QColor& colour) {
  if (!colour.isValid()) return;
  ChannelDisplay now = channel_;
  now.colour = {static_cast<uint8_t>(colour.red()), static_cast<uint8_t>(colour.green()),
                static_cast<uint8_t>(colour.blue())};
  apply(now);
}

void ChannelBlock::applyContrast(double low, double high) {
  ChannelDisplay now = channel_;
  now.low = low;
  now.high = high;
  apply(now);
}

void ChannelBlock::apply(const ChannelDisplay& channel) {
  if (channel == channel_ || !(channel.high > channel.low)) return;
  channel_ = channel;
  refresh();
  Q_EMIT changed(channel_);
}

void ChannelBlock::refresh() {
  // What is shown is not what the user asks for.
  const QSignalBlocker eye(eye_), low(low_), high(high_), gamma(gamma_);
  eye_->setChecked(channel_.isVisible);
  range_->setRange(channel_.rangeLow, channel_.rangeHigh, isWhole_);
  range_->setValues(channel_.low, channel_.high);
  range_->setGamma(channel_.gamma);
  range_->setColour(colourOf(channel_));
  low_->setValue(channel_.low);
  high_->setValue(channel_.high);
  if (sliderToGamma(gamma_->value()) != channel_.gamma) gamma_->setValue(gammaToSlider(channel_.gamma));
  gammaText_->setText(QLocale().toString(channel_.gamma, 'f', 2));
  refreshSwatch();
}

void ChannelBlock::refreshSwatch() { swatch_->setIcon(QIcon(swatchPixmap(colourOf(channel_), devicePixelRatioF()))); }

void ChannelBlock::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refreshSwatch();
}

}  // namespace cyto::ui
