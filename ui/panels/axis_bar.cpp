#include "ui/panels/axis_bar.h"

#include <QVBoxLayout>
#include <algorithm>

#include "ui/panels/axis_row.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

AxisBar::AxisBar(QWidget* parent)
    : QFrame(parent), time_(new AxisRow(tr("t"), tr("Time"), this)), slice_(new AxisRow(tr("z"), tr("Slice"), this)) {
  setProperty("role", "panel");
  setAccessibleName(tr("Axes"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 4, 12, 4);
  layout->setSpacing(0);
  layout->addWidget(time_);
  layout->addWidget(slice_);
  for (const Axis axis : {Axis::kTime, Axis::kSlice}) {
    connect(row(axis), &AxisRow::moved, this, [this] { Q_EMIT sliceChanged(t(), z()); });
    connect(row(axis), &AxisRow::playingChanged, this, [this, axis](bool isPlaying) {
      if (isPlaying) row(axis == Axis::kTime ? Axis::kSlice : Axis::kTime)->setPlaying(false);
      Q_EMIT playingChanged(axis, isPlaying);
    });
  }
  setExtent(1, 1);
}

void AxisBar::setExtent(qint64 t, qint64 z) {
  time_->setExtent(t);
  slice_->setExtent(z);
  // Both names and numbers get the same room, so that the sliders start at the same place.
  const int width = std::max(time_->numberWidth(), slice_->numberWidth());
  time_->setNumberWidth(width);
  slice_->setNumberWidth(width);
  time_->setVisible(t > 1);
  slice_->setVisible(z > 1);
  setVisible(t > 1 || z > 1);
}

void AxisBar::setSlice(qint64 t, qint64 z) {
  time_->setIndex(t);
  slice_->setIndex(z);
}

qint64 AxisBar::t() const { return time_->index(); }

qint64 AxisBar::z() const { return slice_->index(); }

void AxisBar::step(Axis axis, qint64 count) { row(axis)->step(count); }

void AxisBar::setPlaying(Axis axis, bool isPlaying) { row(axis)->setPlaying(isPlaying); }

bool AxisBar::isPlaying(Axis axis) const { return row(axis)->isPlaying(); }

}  // namespace cyto::ui
