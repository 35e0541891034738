#include "ui/models/display_model.h"

#include <QMetaObject>

#include "core/base/usable_resources.h"

namespace cyto::ui {

namespace {

constexpr int64_t kWantedPyramid_bytes = 192'000'000;

}  // namespace

DisplayModel::DisplayModel(QObject* parent) : QObject(parent) {}

DisplayModel::~DisplayModel() {
  for (JobQueue* queue : {&pixels_, &worker_}) queue->cancelAll();
  for (JobQueue* queue : {&pixels_, &worker_}) queue->waitUntilIdle();
}

void DisplayModel::setImage(std::shared_ptr<const io::ImageSource> image) {
  worker_.cancelAll();
  channels_.clear();
  pyramid_ =
      image ? std::make_shared<PixelPyramid>(std::move(image), cacheBudget_bytes(kWantedPyramid_bytes)) : nullptr;
  const quint64 request = ++request_;
  isMeasuring_ = pyramid_ != nullptr;
  Q_EMIT imageChanged();
  if (!pyramid_) return;
  worker_.post(JobPriority::kVisible, [this, request, pyramid = pyramid_](const CancelToken& cancel) {
    auto first = firstDisplay(*pyramid, 0, 0, {cancel, {}});
    if (first) return receive(request, *std::move(first));
    if (first.error().code() == ErrorCode::kCancelled) return;
    const auto tell = [this, request, sentence = QString::fromStdString(first.error().message())] {
      if (request != request_) return;
      isMeasuring_ = false;
      Q_EMIT failed(sentence);
    };
    QMetaObject::invokeMethod(this, tell, Qt::QueuedConnection);
  });
}

// From the worker's thread.
void DisplayModel::receive(quint64 request, std::vector<ChannelDisplay> channels) {
  QMetaObject::invokeMethod(
      this,
      [this, request, channels = std::move(channels)] {
        if (request != request_) return;
        isMeasuring_ = false;
        if (channels == channels_) return;
        channels_ = channels;
        Q_EMIT channelsChanged();
      },
      Qt::QueuedConnection);
}

void DisplayModel::setChannel(size_t index, const ChannelDisplay& channel) {
  if (index >= channels_.size() || channels_[index] == channel || !(channel.high > channel.low)) return;
  channels_[index] = channel;
  Q_EMIT channelsChanged();
}

void DisplayModel::setAutoContrast(qint64 t, qint64 z) {
  if (!pyramid_ || channels_.empty()) return;
  const quint64 request = ++request_;
  worker_.post(
      JobPriority::kVisible,
      [this, request, pyramid = pyramid_, channels = channels_, t, z](const CancelToken& cancel) mutable {
        if (cyto::setAutoContrast(*pyramid, t, z, channels, {cancel, {}})) receive(request, std::move(channels));
      },
      "contrast");
}

void DisplayModel::readPixel(qint64 t, qint64 z, qint64 y, qint64 x) {
  if (!pyramid_) return;
  pixels_.post(
      JobPriority::kVisible,
      [this, pyramid = pyramid_, t, z, y, x](const CancelToken& cancel) {
        constexpr int64_t kSide = PixelPyramid::kBlockSide;
        const auto block = pyramid->block({t, z, 0, y / kSide, x / kSide}, {cancel, {}});
        if (!block || cancel.isCancelled()) return;
        const Array& pixels = **block;
        QStringList values;
        visitDtype(pixels.dtype(), [&](auto zero) {
          using T = decltype(zero);
          const auto at = static_cast<size_t>(y % kSide * pixels.shape().x + x % kSide);
          for (int64_t channel = 0; channel < pixels.channels(); ++channel) {
            const T value = pixels.plane<T>(channel, 0, 0)[at];
            values.append(isFloat(pixels.dtype()) ? QString::number(static_cast<double>(value), 'g', 6)
                                                  : QString::number(value));
          }
        });
        QMetaObject::invokeMethod(this, [this, values] { Q_EMIT pixelRead(values); }, Qt::QueuedConnection);
      },
      "pixel");
}

void DisplayModel::setVisible(Layer layer, bool isVisible) {
  bool& now = visible_[static_cast<size_t>(layer)];
  if (now == isVisible) return;
  now = isVisible;
  if (layer == Layer::kImage) {
    Q_EMIT channelsChanged();
  } else if (layer == Layer::kObjects || layer == Layer::kProposals) {
    Q_EMIT labelsChanged();
  } else {
    Q_EMIT layersChanged();
  }
}

void DisplayModel::setLabelStyle(const LabelStyle& style) {
  if (labelStyle_ == style) return;
  labelStyle_ = style;
  Q_EMIT labelsChanged();
}

void DisplayModel::setProposalOpacity(double opacity) {
  if (proposalOpacity_ == opacity) return;
  proposalOpacity_ = opacity;
  Q_EMIT labelsChanged();
}

}  // namespace cyto::ui
