#include "ui/panels/range_slider.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

constexpr double kHandleWidth_px = 10;
constexpr double kHandleHeight_px = 12;
constexpr double kReach_px = 7;  ///< how far from a handle a press still takes it
constexpr int kHeight_px = 7 * kGrid_px;
constexpr double kSteps = 200;

}  // namespace

RangeSlider::RangeSlider(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Contrast range"));
}

void RangeSlider::setRange(double least, double most, bool isWhole) {
  if (!(most > least)) most = least + 1;
  least_ = least;
  most_ = most;
  isWhole_ = isWhole;
  update();
}

void RangeSlider::setValues(double low, double high) {
  if (!(high > low) || (low == low_ && high == high_)) return;
  low_ = low;
  high_ = high;
  const QLocale locale;
  setAccessibleDescription(tr("from %1 to %2").arg(locale.toString(low_), locale.toString(high_)));
  update();
}

void RangeSlider::setGamma(double gamma) {
  gamma_ = gamma;
  update();
}

void RangeSlider::setColour(const QColor& colour) {
  colour_ = colour;
  update();
}

void RangeSlider::setHistogram(const std::vector<int64_t>& counts) {
  bars_.clear();
  const auto most = std::max_element(counts.begin(), counts.end());
  if (most != counts.end() && *most > 0) {
    // The logarithm lets few bright pixels be seen beside a large background.
    const double scale = 1 / std::log1p(static_cast<double>(*most));
    for (const int64_t count : counts) {
      bars_.push_back(static_cast<float>(std::log1p(static_cast<double>(count)) * scale));
    }
  }
  update();
}

QSize RangeSlider::sizeHint() const { return {24 * kGrid_px, kHeight_px}; }

QSize RangeSlider::minimumSizeHint() const { return {10 * kGrid_px, kHeight_px}; }

QRectF RangeSlider::track() const {
  const double margin = kHandleWidth_px / 2 + 1;
  return {margin, 1, std::max(1.0, width() - 2 * margin), height() - kHandleHeight_px + 1};
}

double RangeSlider::positionOf(double value) const {
  const QRectF area = track();
  const double share = std::clamp((value - least_) / (most_ - least_), 0.0, 1.0);
  return area.left() + share * area.width();
}

double RangeSlider::valueAt(double x) const {
  const QRectF area = track();
  return least_ + (x - area.left()) / area.width() * (most_ - least_);
}

double RangeSlider::step() const { return isWhole_ ? 1 : (most_ - least_) / kSteps; }

double RangeSlider::rounded(double value) const { return isWhole_ ? std::round(value) : value; }

RangeSlider::Part RangeSlider::partAt(double x) const {
  const double toLow = std::abs(x - positionOf(low_));
  const double toHigh = std::abs(x - positionOf(high_));
  if (std::min(toLow, toHigh) <= kReach_px) {
    // Where both lie together the side decides, so that neither is stuck behind the other.
    if (toLow == toHigh) return x < positionOf(low_) ? Part::kLow : Part::kHigh;
    return toLow < toHigh ? Part::kLow : Part::kHigh;
  }
  return x > positionOf(low_) && x < positionOf(high_) ? Part::kBoth : Part::kNone;
}

void RangeSlider::change(double low, double high) {
  if (low == low_ && high == high_) return;
  setValues(low, high);
  QAccessibleEvent event(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&event);
  Q_EMIT valuesChanged(low_, high_);
}

void RangeSlider::moveHandle(Handle handle, double value) {
  if (active_ != handle) update();
  active_ = handle;
  const double bounded = rounded(std::clamp(value, least_, most_));
  if (handle == Handle::kLow) {
    change(std::min(bounded, high_ - step()), high_);
  } else {
    change(low_, std::max(bounded, low_ + step()));
  }
}

void RangeSlider::moveBoth(double low) {
  const double width = high_ - low_;
  const double bounded = rounded(std::clamp(low, least_, std::max(least_, most_ - width)));
  change(bounded, bounded + width);
}

void RangeSlider::keyPressEvent(QKeyEvent* event) {
  const double now = active_ == Handle::kLow ? low_ : high_;
  const bool isLow = active_ == Handle::kLow;
  constexpr double kPage = 10;
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Down: return moveHandle(active_, now - step());
    case Qt::Key_Right:
    case Qt::Key_Up: return moveHandle(active_, now + step());
    case Qt::Key_PageDown: return moveHandle(active_, now - kPage * step());
    case Qt::Key_PageUp: return moveHandle(active_, now + kPage * step());
    case Qt::Key_Home: return moveHandle(active_, isLow ? least_ : low_ + step());
    case Qt::Key_End: return moveHandle(active_, isLow ? high_ - step() : most_);
    default: QWidget::keyPressEvent(event);
  }
}

void RangeSlider::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
  const double x = event->position().x();
  dragged_ = partAt(x);
  if (dragged_ == Part::kNone) {
    // Outside of both the nearer one comes.
    dragged_ = x < positionOf(low_) ? Part::kLow : Part::kHigh;
    moveHandle(dragged_ == Part::kLow ? Handle::kLow : Handle::kHigh, valueAt(x));
  }
  if (dragged_ != Part::kBoth) active_ = dragged_ == Part::kLow ? Handle::kLow : Handle::kHigh;
  // Drawn at the end when the value lies outside; then the drag begins there.
  const double value = std::clamp(dragged_ == Part::kHigh ? high_ : low_, least_, most_);
  dragOffset_ = value - valueAt(x);
  update();
}

void RangeSlider::mouseMoveEvent(QMouseEvent* event) {
  const double x = event->position().x();
  if (dragged_ == Part::kNone) {
    const Part before = hovered_;
    hovered_ = partAt(x);
    if (hovered_ == before) return;
    const bool isHandle = hovered_ == Part::kLow || hovered_ == Part::kHigh;
    setCursor(isHandle ? Qt::SplitHCursor : hovered_ == Part::kBoth ? Qt::OpenHandCursor : Qt::ArrowCursor);
    update();
    return;
  }
  const double value = valueAt(x) + dragOffset_;
  if (dragged_ == Part::kBoth) {
    moveBoth(value);
  } else {
    moveHandle(dragged_ == Part::kLow ? Handle::kLow : Handle::kHigh, value);
  }
}

void RangeSlider::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) dragged_ = Part::kNone;
  update();
}

void RangeSlider::leaveEvent(QEvent*) {
  hovered_ = Part::kNone;
  update();
}

void RangeSlider::focusInEvent(QFocusEvent* event) {
  if (event->reason() == Qt::TabFocusReason) active_ = Handle::kLow;
  if (event->reason() == Qt::BacktabFocusReason) active_ = Handle::kHigh;
  QWidget::focusInEvent(event);
}

bool RangeSlider::focusNextPrevChild(bool next) {
  const Handle other = next ? Handle::kHigh : Handle::kLow;
  if (!hasFocus() || active_ == other) return QWidget::focusNextPrevChild(next);
  active_ = other;
  update();
  return true;
}

void RangeSlider::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF area = track();
  const ThemeColours& colours = themeColours();
  painter.setPen(QPen(hasFocus() ? colours.accent : colours.border, 1));
  painter.setBrush(mixed(colours.panel, colours.window, 0.8));
  painter.drawRoundedRect(area.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3);
  paintHistogram(painter, area.adjusted(1, 3, -1, 0));
  paintRamp(painter, area.adjusted(1, 3, -1, -1));
  // The active one lies on top.
  paintHandle(painter, active_ == Handle::kLow ? Handle::kHigh : Handle::kLow);
  paintHandle(painter, active_);
}

void RangeSlider::paintHistogram(QPainter& painter, const QRectF& area) const {
  if (bars_.empty()) return;
  QPainterPath shape(area.bottomLeft());
  const double width = area.width() / static_cast<double>(bars_.size());
  for (size_t i = 0; i < bars_.size(); ++i) {
    const double top = area.bottom() - static_cast<double>(bars_[i]) * area.height();
    shape.lineTo(area.left() + static_cast<double>(i) * width, top);
    shape.lineTo(area.left() + static_cast<double>(i + 1) * width, top);
  }
  shape.lineTo(area.bottomRight());
  shape.closeSubpath();
  const ThemeColours& colours = themeColours();
  painter.setPen(Qt::NoPen);
  painter.fillPath(shape, mixed(colours.panel, colours.text, 0.22));
  // What lies between the handles is what is seen, in the colour in which it is seen.
  painter.save();
  painter.setClipRect(QRectF(QPointF(positionOf(low_), area.top()), QPointF(positionOf(high_), area.bottom())));
  const QColor seen = mixed(mixed(colours.panel, colours.text, 0.45), colour_, 0.65);
  painter.fillPath(shape, contrast(seen, colours.panel) < 1.8 ? mixed(seen, colours.text, 0.5) : seen);
  painter.restore();
}

// How bright a value becomes: the line that Fiji draws, bent by gamma.
void RangeSlider::paintRamp(QPainter& painter, const QRectF& area) const {
  painter.save();
  painter.setClipRect(area);
  constexpr int kPoints = 24;
  const double left = area.left() + (low_ - least_) / (most_ - least_) * area.width();
  const double right = area.left() + (high_ - least_) / (most_ - least_) * area.width();
  QPainterPath line(QPointF(area.left(), area.bottom()));
  for (int i = 0; i <= kPoints; ++i) {
    const double share = static_cast<double>(i) / kPoints;
    line.lineTo(left + share * (right - left), area.bottom() - std::pow(share, gamma_) * area.height());
  }
  line.lineTo(std::max(right, area.right()), area.top());
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(themeColours().text, 1.25));
  painter.drawPath(line);
  painter.restore();
}

void RangeSlider::paintHandle(QPainter& painter, Handle handle) const {
  const ThemeColours& colours = themeColours();
  const double x = positionOf(handle == Handle::kLow ? low_ : high_);
  const Part part = handle == Handle::kLow ? Part::kLow : Part::kHigh;
  const bool isActive = hasFocus() && handle == active_;
  const bool isPointed = hovered_ == part || dragged_ == part;
  const QRectF area = track();
  const QColor colour = !isEnabled() ? colours.disabled : isActive || isPointed ? colours.accent : colours.text;
  painter.setPen(QPen(colour, 1));
  painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  // A grip that points at its value: black at the left, full colour at the right.
  const double top = height() - kHandleHeight_px;
  QPainterPath grip(QPointF(x, top - 2));
  grip.lineTo(x + kHandleWidth_px / 2, top + 4);
  grip.lineTo(x + kHandleWidth_px / 2, height() - 1);
  grip.lineTo(x - kHandleWidth_px / 2, height() - 1);
  grip.lineTo(x - kHandleWidth_px / 2, top + 4);
  grip.closeSubpath();
  painter.setPen(QPen(colour, isActive ? 2 : 1));
  painter.setBrush(handle == Handle::kLow ? QColor(0, 0, 0) : colour_);
  painter.drawPath(grip);
}

}  // namespace cyto::ui
