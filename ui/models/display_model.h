#pragma once

#include <QObject>
#include <QStringList>
#include <array>
#include <memory>
#include <vector>

#include "core/base/job_queue.h"
#include "core/display/channel_display.h"
#include "core/display/screen_tile.h"

namespace cyto::ui {

/// What is shown of the image and of the layers over it, and how. Lives on the GUI thread; contrast is measured in the
/// background. Setting an equal value changes nothing and gives no signal.
class DisplayModel : public QObject {
  Q_OBJECT

 public:
  enum class Layer { kImage, kObjects, kCurrent, kPrompts, kProposals };
  static constexpr size_t kLayers = 5;

  explicit DisplayModel(QObject* parent = nullptr);
  ~DisplayModel() override;

  /// Starts to show an image: channels get their first contrast as soon as it is measured. Null: no image.
  void setImage(std::shared_ptr<const io::ImageSource> image);
  const std::shared_ptr<PixelPyramid>& pyramid() const { return pyramid_; }

  /// Whether the first contrast of the image is still being measured.
  bool isMeasuring() const { return isMeasuring_; }

  /// Empty until the first contrast is there.
  const std::vector<ChannelDisplay>& channels() const { return channels_; }
  void setChannel(size_t index, const ChannelDisplay& channel);

  /// Measures contrast on a plane and applies it to all visible channels.
  void setAutoContrast(qint64 t, qint64 z);

  /// Reads a pixel of the image in the background; the newest request wins.
  void readPixel(qint64 t, qint64 z, qint64 y, qint64 x);

  bool isVisible(Layer layer) const { return visible_[static_cast<size_t>(layer)]; }
  void setVisible(Layer layer, bool isVisible);

  /// Filled or contour, opacity, selected object.
  const LabelStyle& labelStyle() const { return labelStyle_; }
  void setLabelStyle(const LabelStyle& style);

  /// Of proposals, 0 to 1.
  double proposalOpacity() const { return proposalOpacity_; }
  void setProposalOpacity(double opacity);

 Q_SIGNALS:
  void imageChanged();                        ///< another image, or none
  void channelsChanged();                     ///< the image must be drawn anew
  void labelsChanged();                       ///< the look or visibility of objects or proposals changed
  void layersChanged();                       ///< visibility of the current object or the prompts changed
  void pixelRead(const QStringList& values);  ///< one text per channel
  void failed(const QString& sentence);

 private:
  void receive(quint64 request, std::vector<ChannelDisplay> channels);

  std::shared_ptr<PixelPyramid> pyramid_;
  std::vector<ChannelDisplay> channels_;
  std::array<bool, kLayers> visible_{true, true, true, true, true};
  LabelStyle labelStyle_;
  double proposalOpacity_ = 0.6;
  quint64 request_ = 0;
  bool isMeasuring_ = false;
  JobQueue pixels_{1};
  JobQueue worker_{1};  // last: its thread uses the rest
};

}  // namespace cyto::ui
