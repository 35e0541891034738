#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QSlider;
class QSpinBox;
class QToolButton;

namespace cyto::ui {

/// One axis in the axis bar: name, number "12 / 41" (the number can be typed), slider and play button. Values are
/// indices from 0. Part of AxisBar.
class AxisRow : public QWidget {
  Q_OBJECT

 public:
  AxisRow(const QString& shortName, const QString& name, QWidget* parent);

  /// Keeps the position where it fits and stops playing. Emits nothing.
  void setExtent(qint64 extent);
  /// Clamped. Emits nothing.
  void setIndex(qint64 index);
  qint64 index() const;
  /// As the user: stops at the ends, emits moved().
  void step(qint64 count);

  void setPlaying(bool isPlaying);
  bool isPlaying() const { return timer_.isActive(); }

  /// The room that the longest number of this axis needs, and the room it gets.
  int numberWidth() const;
  void setNumberWidth(int width_px);

 Q_SIGNALS:
  void moved();
  void playingChanged(bool isPlaying);

 protected:
  void wheelEvent(QWheelEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void moveTo(qint64 index);
  void playOne();
  void refreshPlayButton();
  void refreshRoom();

  QString name_;
  qint64 extent_ = 1;
  int wheel_ = 0;  ///< eighths of a degree not used yet, for fine wheels
  QLabel* label_;
  QSpinBox* number_;
  QLabel* total_;
  QSlider* slider_;
  QToolButton* play_;
  QTimer timer_;
};

}  // namespace cyto::ui
