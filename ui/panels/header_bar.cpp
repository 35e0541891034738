#include "ui/panels/header_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/panels/elided_label.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

/// Local time to the second, without the time zone that the long form carries.
QString localTime(const QDateTime& when) {
  const QLocale locale;
  const QString format = locale.timeFormat(QLocale::LongFormat).remove(QLatin1Char('t')).trimmed();
  const QString time = locale.toString(when.toLocalTime().time(), format);
  if (when.toLocalTime().date() == QDate::currentDate()) return time;
  return locale.toString(when.toLocalTime().date(), QLocale::ShortFormat) + QLatin1Char(' ') + time;
}

QPushButton* chip(const QString& accessibleName, QWidget* parent) {
  auto* button = new QPushButton(parent);
  button->setProperty("role", "chip");
  button->setCursor(Qt::PointingHandCursor);
  button->setAccessibleName(accessibleName);
  button->setAutoDefault(false);
  return button;
}

void setChip(QPushButton* button, const QString& kind, const QString& text, const QString& toolTip) {
  button->setText(QString(text).replace(QLatin1Char('&'), QStringLiteral("&&")));
  button->setToolTip(toolTip);
  button->setAccessibleName(kind + QStringLiteral(": ") + text);
  button->setVisible(!text.isEmpty());
}

}  // namespace

HeaderBar::HeaderBar(QWidget* parent)
    : QFrame(parent),
      name_(new ElidedLabel(this)),
      readOnly_(new QLabel(this)),
      saved_(new ElidedLabel(this)),
      model_(chip(tr("Model"), this)),
      device_(chip(tr("Device"), this)),
      axes_(new ElidedLabel(this)),
      scale_(chip(tr("Set the pixel size"), this)) {
  setProperty("role", "panel");
  setAccessibleName(tr("Project and image"));
  saved_->setProperty("role", "muted");
  axes_->setProperty("role", "muted");
  readOnly_->setToolTip(tr("This project is open for reading only."));
  readOnly_->setAccessibleName(tr("Read-only"));
  readOnly_->hide();
  scale_->setProperty("role", "chip-warning");
  scale_->setText(tr("pixel size missing"));
  scale_->setToolTip(tr("Set the pixel size: without it, areas and volumes are in pixels."));
  model_->hide();
  device_->hide();

  auto* top = new QHBoxLayout;
  top->setSpacing(kGrid_px);
  top->addWidget(name_);
  top->addWidget(readOnly_);
  top->addSpacing(kGrid_px);
  top->addWidget(saved_, 1);
  top->addWidget(model_);
  top->addWidget(device_);
  auto* bottom = new QHBoxLayout;
  bottom->setSpacing(kGrid_px);
  bottom->addWidget(axes_);
  bottom->addWidget(scale_);
  bottom->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 6, 12, 6);
  layout->setSpacing(2);
  layout->addLayout(top);
  layout->addLayout(bottom);

  // The rows keep their height whether or not a chip is in them.
  for (QPushButton* button : {model_, device_, scale_}) {
    QSizePolicy policy = button->sizePolicy();
    policy.setRetainSizeWhenHidden(button != model_ && button != device_ ? false : true);
    button->setSizePolicy(policy);
  }
  connect(model_, &QPushButton::clicked, this, &HeaderBar::modelClicked);
  connect(device_, &QPushButton::clicked, this, &HeaderBar::deviceClicked);
  connect(scale_, &QPushButton::clicked, this, &HeaderBar::scaleRequested);
  refreshFonts();
  refreshIcons();
  clearAxes();
}

void HeaderBar::setProjectName(const QString& name) { name_->setFullText(name); }

void HeaderBar::setSaved(const QDateTime& when) {
  setSaveText(when.isValid() ? tr("all changes saved %1").arg(localTime(when)) : QString(), "muted");
}

void HeaderBar::setSaving() { setSaveText(tr("saving…"), "muted"); }

void HeaderBar::setSaveProblem(const QString& sentence) { setSaveText(sentence, "danger"); }

void HeaderBar::setReadOnly(bool isReadOnly) { readOnly_->setVisible(isReadOnly); }

void HeaderBar::setModel(const QString& text, const QString& toolTip) { setChip(model_, tr("Model"), text, toolTip); }

void HeaderBar::setDevice(const QString& text, const QString& toolTip) {
  setChip(device_, tr("Device"), text, toolTip);
}

void HeaderBar::setAxes(const cyto::Shape& shape, int64_t channels, const cyto::PixelScale& scale) {
  axes_->setFullText(axesText(shape, channels, scale));
  scale_->setVisible(!hasPixelSize(scale));
}

void HeaderBar::clearAxes() {
  axes_->setFullText(QString());
  scale_->hide();
}

void HeaderBar::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::FontChange) refreshFonts();
  if (event->type() == QEvent::PaletteChange) refreshIcons();
}

void HeaderBar::refreshFonts() {
  QFont strong = font();
  strong.setBold(true);
  name_->setFont(strong);
  const int chipHeight = fontMetrics().height() + 6;
  for (QPushButton* button : {model_, device_, scale_}) button->setFixedHeight(chipHeight);
  axes_->setMinimumHeight(chipHeight);
  name_->setMinimumHeight(chipHeight);
}

void HeaderBar::refreshIcons() {
  readOnly_->setPixmap(tintedPixmap(QStringLiteral("lock"), themeColours().muted, 16, devicePixelRatioF()));
}

void HeaderBar::setSaveText(const QString& text, const char* role) {
  saved_->setFullText(text);
  if (saved_->property("role").toByteArray() == role) return;
  saved_->setProperty("role", QString::fromLatin1(role));
  saved_->style()->polish(saved_);
}

}  // namespace cyto::ui
