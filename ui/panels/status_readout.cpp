#include "ui/panels/status_readout.h"

#include <QHBoxLayout>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "ui/panels/axes_text.h"
#include "ui/panels/readout_field.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kObjectLetters = 30;

QString digits(qint64 largest) { return QString(QString::number(largest).size(), QLatin1Char('8')); }

}  // namespace

StatusReadout::StatusReadout(QWidget* parent)
    : QWidget(parent),
      position_(new ReadoutField(tr("Position under the pointer"), this)),
      values_(new ReadoutField(tr("Pixel value"), this)),
      object_(new ReadoutField(tr("Object under the pointer"), this)),
      zoom_(new ReadoutField(tr("Zoom"), this)),
      scale_(new ReadoutField(tr("Size of a pixel"), this)) {
  setAccessibleName(tr("Readout"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 2, 12, 2);
  layout->setSizeConstraint(QLayout::SetNoConstraint);
  layout->setSpacing(3 * kGrid_px);
  layout->addWidget(position_);
  layout->addWidget(values_);
  layout->addWidget(object_);
  layout->addStretch(1);
  layout->addWidget(zoom_);
  layout->addWidget(scale_);
  zoom_->setParts({{QString(), QStringLiteral("8888.8 %"), QString(), true}});
  object_->setParts({{tr("object"), QString(kObjectLetters, QLatin1Char('n')), QString(), false}});
  clearImage();
}

void StatusReadout::setImage(const cyto::Shape& shape, const cyto::PixelScale& scale, const QString& widestValue) {
  shape_ = shape;
  QList<ReadoutField::Part> parts = {{tr("y"), digits(shape.y), QString(), true},
                                     {tr("x"), digits(shape.x), QString(), true}};
  if (shape.z > 1) parts.append({tr("z"), digits(shape.z), QString(), true});
  if (shape.t > 1) parts.append({tr("t"), digits(shape.t), QString(), true});
  position_->setParts(parts);
  values_->setParts({{tr("value"), widestValue, QString(), true}});
  const QString size = pixelSizeText(scale);
  scale_->setParts({{QString(), size, size, true}});
  hasImage_ = true;
  hasScale_ = !size.isEmpty();
  fitFields();
}

void StatusReadout::clearImage() {
  hasImage_ = false;
  fitFields();
}

void StatusReadout::setPosition(const std::optional<Position>& at) {
  const auto text = [&](qint64 value) { return at ? QString::number(value) : QString(); };
  const Position place = at.value_or(Position{});
  position_->setValue(0, text(place.y));
  position_->setValue(1, text(place.x));
  int part = 2;
  if (shape_.z > 1) position_->setValue(part++, text(place.z + kFirstSliceNumber));
  if (shape_.t > 1) position_->setValue(part, text(place.t + kFirstSliceNumber));
  if (at) return;
  setValues({});
  setObject(0, {}, {});
}

void StatusReadout::setValues(const QStringList& values) { values_->setValue(0, values.join(QStringLiteral(", "))); }

void StatusReadout::setObject(qint64 id, const QString& className, const QString& state) {
  QStringList words;
  if (id > 0) words << QString::number(id);
  if (id > 0 && !className.isEmpty()) words << className;
  if (id > 0 && !state.isEmpty()) words << state;
  object_->setValue(0, words.join(QStringLiteral(" · ")));
}

QSize StatusReadout::minimumSizeHint() const {
  return QSize(position_->sizeHint().width() + 24, position_->sizeHint().height() + 4);
}

void StatusReadout::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitFields();
}

void StatusReadout::fitFields() {
  const QMargins margins = layout()->contentsMargins();
  int room = width() - margins.left() - margins.right();
  for (ReadoutField* field : {position_, zoom_, values_, object_, scale_}) {
    const int needed = field->sizeHint().width() + layout()->spacing();
    const bool isWanted = hasImage_ && (field != scale_ || hasScale_);
    field->setVisible(isWanted && needed <= room + layout()->spacing());
    if (isWanted) room -= needed;
  }
}

void StatusReadout::setZoom(double factor) {
  const double percent = factor * 100;
  const bool isWhole = percent >= 100 || std::abs(percent - std::round(percent)) < 0.05;
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  zoom_->setValue(0, tr("%1 %").arg(locale.toString(percent, 'f', isWhole ? 0 : 1)));
}

}  // namespace cyto::ui
