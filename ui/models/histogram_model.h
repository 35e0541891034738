#pragma once

#include <QObject>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/job_queue.h"
#include "core/display/channel_display.h"

namespace cyto::ui {

/// Histograms of the channels of one plane, counted in the background. Lives on the GUI thread. While a new plane is
/// counted the old histograms stay.
class HistogramModel : public QObject {
  Q_OBJECT

 public:
  static constexpr int kBins = 128;

  explicit HistogramModel(QObject* parent = nullptr);
  ~HistogramModel() override;

  /// Counts each channel over its [rangeLow, rangeHigh]. Asking for the same again does nothing; another image drops
  /// what is there. A null pyramid only drops.
  void request(std::shared_ptr<PixelPyramid> pyramid, qint64 t, qint64 z, const std::vector<ChannelDisplay>& channels);

  /// Empty while not counted, or when the plane could not be read.
  const std::vector<int64_t>& counts(size_t channel) const;

 Q_SIGNALS:
  void changed(int channel);

 private:
  struct Range {
    double low;
    double high;
    bool operator==(const Range&) const = default;
  };

  void post(size_t channel, Range range);
  void receive(quint64 request, size_t channel, std::vector<int64_t> counts);

  std::shared_ptr<PixelPyramid> pyramid_;
  qint64 t_ = 0;
  qint64 z_ = 0;
  std::vector<Range> ranges_;
  std::vector<std::vector<int64_t>> counts_;
  quint64 request_ = 0;
  JobQueue worker_{1};  // last: its thread uses the rest
};

}  // namespace cyto::ui
