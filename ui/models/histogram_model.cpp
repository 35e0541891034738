#include "ui/models/histogram_model.h"

#include <QMetaObject>
#include <string>
#include <utility>

namespace cyto::ui {

HistogramModel::HistogramModel(QObject* parent) : QObject(parent) {}

HistogramModel::~HistogramModel() { worker_.cancelAll(); }

void HistogramModel::request(std::shared_ptr<PixelPyramid> pyramid, qint64 t, qint64 z,
                             const std::vector<ChannelDisplay>& channels) {
  std::vector<Range> ranges;
  if (pyramid) {
    for (const ChannelDisplay& channel : channels) ranges.push_back({channel.rangeLow, channel.rangeHigh});
  }
  if (pyramid == pyramid_ && t == t_ && z == z_ && ranges == ranges_) return;
  const bool isOther = pyramid != pyramid_;
  const bool isOtherPlane = isOther || t != t_ || z != z_;
  const std::vector<Range> before = std::exchange(ranges_, std::move(ranges));
  pyramid_ = std::move(pyramid);
  t_ = t;
  z_ = z;
  if (isOtherPlane) {
    ++request_;
    worker_.cancelAll();
  }
  if (isOther) counts_.clear();
  counts_.resize(ranges_.size());
  for (size_t c = 0; c < ranges_.size(); ++c) {
    if (isOtherPlane || c >= before.size() || before[c] != ranges_[c]) post(c, ranges_[c]);
  }
}

void HistogramModel::post(size_t channel, Range range) {
  worker_.post(
      JobPriority::kPrefetch,
      [this, request = request_, pyramid = pyramid_, t = t_, z = z_, channel, range](const CancelToken& cancel) {
        auto counts =
            histogram(*pyramid, t, z, static_cast<int64_t>(channel), range.low, range.high, kBins, {cancel, {}});
        if (counts || counts.error().code() != ErrorCode::kCancelled) {
          receive(request, channel, counts ? *std::move(counts) : std::vector<int64_t>());
        }
      },
      std::to_string(channel));
}

// From the worker's thread.
void HistogramModel::receive(quint64 request, size_t channel, std::vector<int64_t> counts) {
  QMetaObject::invokeMethod(
      this,
      [this, request, channel, counts = std::move(counts)] {
        if (request != request_ || channel >= counts_.size() || counts_[channel] == counts) return;
        counts_[channel] = counts;
        Q_EMIT changed(static_cast<int>(channel));
      },
      Qt::QueuedConnection);
}

const std::vector<int64_t>& HistogramModel::counts(size_t channel) const {
  static const std::vector<int64_t> kNone;
  return channel < counts_.size() ? counts_[channel] : kNone;
}

}  // namespace cyto::ui
