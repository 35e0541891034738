#pragma once

#include <QFrame>

namespace cyto::ui {

class AxisRow;

/// One slider for each of t and z that has more than one element: name, number, slider, play. Hidden when there is
/// neither. Wheel over a row steps by one (Shift: by ten). All values are indices from 0; what is shown starts at
/// kFirstSliceNumber.
class AxisBar : public QFrame {
  Q_OBJECT

 public:
  enum class Axis { kTime, kSlice };

  explicit AxisBar(QWidget* parent = nullptr);

  /// Keeps the position where it fits. Emits nothing.
  void setExtent(qint64 t, qint64 z);
  /// Clamped to the extent. Emits nothing.
  void setSlice(qint64 t, qint64 z);
  qint64 t() const;
  qint64 z() const;

  /// As if the user had moved the slider; stops at the ends. For the keys , . and the arrows.
  void step(Axis axis, qint64 count);
  /// Ten steps a second, starting over at the end. Playing one axis stops the other.
  void setPlaying(Axis axis, bool isPlaying);
  bool isPlaying(Axis axis) const;

 Q_SIGNALS:
  /// The user, or playing, moved to another frame or slice.
  void sliceChanged(qint64 t, qint64 z);
  void playingChanged(cyto::ui::AxisBar::Axis axis, bool isPlaying);

 private:
  AxisRow* row(Axis axis) const { return axis == Axis::kTime ? time_ : slice_; }

  AxisRow* time_;
  AxisRow* slice_;
};

}  // namespace cyto::ui
