#pragma once

#include <QList>
#include <QWidget>
#include <array>
#include <functional>

#include "ui/models/display_model.h"
#include "ui/models/histogram_model.h"

class QHBoxLayout;
class QLabel;
class QPushButton;
class QSlider;
class QToolButton;
class QVBoxLayout;

namespace cyto::ui {

class ChannelBlock;
class EyeButton;

/// What is shown and how: the layers from the top one down, each with an eye, and contrast and colour of the image's
/// channels. Shows and changes the DisplayModel, which must outlive it.
class LayersPanel : public QWidget {
  Q_OBJECT

 public:
  explicit LayersPanel(DisplayModel& display, QWidget* parent = nullptr);

  /// The plane that the histograms are of.
  void setPlane(qint64 t, qint64 z);

  EyeButton* eye(DisplayModel::Layer layer) const { return eyes_[static_cast<size_t>(layer)]; }
  const QList<ChannelBlock*>& channelBlocks() const { return blocks_; }

 Q_SIGNALS:
  /// Contrast is to be measured on the plane that is shown.
  void autoContrastRequested();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  struct OpacityRow {
    QSlider* slider = nullptr;
    QLabel* text = nullptr;
    void show(double opacity);
  };

  QHBoxLayout* addRow(DisplayModel::Layer layer, const QString& name);
  void addLine();
  OpacityRow addOpacity(const QString& name, const std::function<void(double)>& change);
  void buildObjects();
  void buildProposals();
  void buildImage();
  void refreshLayers();
  void refreshChannels();
  void rebuildBlocks();
  void requestHistograms();
  void setShape(LabelStyle::Shape shape);

  DisplayModel& display_;
  HistogramModel* histograms_;
  QVBoxLayout* rows_;
  std::array<EyeButton*, DisplayModel::kLayers> eyes_{};
  QToolButton* filled_ = nullptr;
  QToolButton* contour_ = nullptr;
  OpacityRow objectOpacity_;
  OpacityRow proposalOpacity_;
  QPushButton* autoContrast_ = nullptr;
  QLabel* noImage_ = nullptr;
  QVBoxLayout* channels_ = nullptr;
  QList<ChannelBlock*> blocks_;
  qint64 t_ = 0;
  qint64 z_ = 0;
};

}  // namespace cyto::ui
