#pragma once

#include <QColor>
#include <QWidget>
#include <cstdint>
#include <vector>

namespace cyto::ui {

/// A slider with two handles over a histogram: values below `low` are black, those above `high` have the full colour.
/// Drag a handle, or the part between them to move both. Tab goes from handle to handle; arrows move by one step (a
/// whole number for whole values, otherwise a 200th of the range), PageUp and PageDown by ten, Home and End to the
/// limit. `low` is always below `high`.
class RangeSlider : public QWidget {
  Q_OBJECT

 public:
  enum class Handle { kLow, kHigh };

  explicit RangeSlider(QWidget* parent = nullptr);

  /// What the two ends of the slider mean. Emits nothing; values outside stay and show at the end.
  void setRange(double least, double most, bool isWhole);
  void setValues(double low, double high);
  void setGamma(double gamma);
  void setColour(const QColor& colour);
  void setHistogram(const std::vector<int64_t>& counts);

  double low() const { return low_; }
  double high() const { return high_; }
  Handle activeHandle() const { return active_; }
  /// Where a value is drawn, in widget coordinates.
  double positionOf(double value) const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void valuesChanged(double low, double high);  ///< by the user

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  bool focusNextPrevChild(bool next) override;

 private:
  enum class Part { kNone, kLow, kHigh, kBoth };

  Part partAt(double x) const;
  double valueAt(double x) const;
  double step() const;
  double rounded(double value) const;
  void moveHandle(Handle handle, double value);
  void moveBoth(double low);
  void change(double low, double high);
  QRectF track() const;
  void paintHistogram(QPainter& painter, const QRectF& area) const;
  void paintRamp(QPainter& painter, const QRectF& area) const;
  void paintHandle(QPainter& painter, Handle handle) const;

  double least_ = 0;
  double most_ = 255;
  bool isWhole_ = true;
  double low_ = 0;
  double high_ = 255;
  double gamma_ = 1;
  QColor colour_{255, 255, 255};
  std::vector<float> bars_;  ///< heights, 0..1
  Handle active_ = Handle::kLow;
  Part dragged_ = Part::kNone;
  Part hovered_ = Part::kNone;
  double dragOffset_ = 0;  ///< from the pointer to the value that is dragged
};

}  // namespace cyto::ui
