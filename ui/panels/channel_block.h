#pragma once

#include <QWidget>
#include <cstdint>
#include <vector>

#include "core/display/channel_display.h"

class QDoubleSpinBox;
class QLabel;
class QSlider;
class QToolButton;

namespace cyto::ui {

class ElidedLabel;
class EyeButton;
class RangeSlider;

/// How one channel of the image is shown, to look at and to change: eye, colour, name, contrast over a histogram, and
/// gamma behind "more".
class ChannelBlock : public QWidget {
  Q_OBJECT

 public:
  /// `isWhole`: the values of the image are whole numbers.
  ChannelBlock(const ChannelDisplay& channel, bool isWhole, QWidget* parent = nullptr);

  /// Emits nothing.
  void setChannel(const ChannelDisplay& channel);
  const ChannelDisplay& channel() const { return channel_; }
  void setHistogram(const std::vector<int64_t>& counts);

  /// Puts its parts behind `before` in the tab order; the last of them.
  QWidget* joinTabOrder(QWidget* before);

 Q_SIGNALS:
  void changed(const cyto::ChannelDisplay& channel);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QWidget* buildHead();
  void buildColourMenu();
  QWidget* buildLimits();
  QDoubleSpinBox* newSpinBox();
  QWidget* buildGamma();
  void setColour(const QColor& colour);
  void chooseOtherColour();
  void applyContrast(double low, double high);
  void apply(const ChannelDisplay& channel);
  void refresh();
  void refreshSwatch();

  ChannelDisplay channel_;
  bool isWhole_;
  EyeButton* eye_;
  QToolButton* swatch_;
  ElidedLabel* name_;
  QToolButton* more_;
  RangeSlider* range_;
  QDoubleSpinBox* low_;
  QDoubleSpinBox* high_;
  QWidget* gammaRow_;
  QSlider* gamma_;
  QLabel* gammaText_;
};

}  // namespace cyto::ui
