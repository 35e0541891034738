#include "ui/models/history/step_thumbnails.h"

#include <algorithm>

namespace cyto::ui {

namespace {

constexpr int kMostKept = 512;       // 5 MB at 48 pixels
constexpr size_t kMostUnderWay = 2;  // one is made while the next is read

}  // namespace

StepThumbnails::StepThumbnails(QObject* parent) : QObject(parent), made_(kMostKept) {}

void StepThumbnails::setSource(uint64_t origin, std::shared_ptr<PixelPyramid> pyramid,
                               std::vector<ChannelDisplay> channels) {
  if (origin == source_.origin && pyramid == source_.pyramid && channels == source_.channels) return;
  if (origin != source_.origin) {
    made_.clear();
    wanted_.clear();
  }
  source_.origin = origin;
  source_.pyramid = std::move(pyramid);
  source_.channels = std::move(channels);
  ++version_;
}

void StepThumbnails::setSide(int side_px) {
  if (side_px == source_.side_px) return;
  source_.side_px = side_px;
  ++version_;
}

void StepThumbnails::want(const std::vector<HistoryRow>& rows) {
  wanted_.clear();
  for (const HistoryRow& row : rows) {
    const Entry* entry = made_.object(row.last);
    if (row.first != 0 && (!entry || entry->version != version_)) wanted_.push_back(row);
  }
  ask();
}

const QImage* StepThumbnails::find(const HistoryRow& row) const {
  const Entry* entry = made_.object(row.last);
  return entry ? &entry->image : nullptr;
}

void StepThumbnails::ask() {
  while (underWay_.size() < kMostUnderWay && !wanted_.empty()) {
    const HistoryRow row = wanted_.front();
    wanted_.erase(wanted_.begin());
    const Asked asked{row.last, version_};
    if (std::find(underWay_.begin(), underWay_.end(), asked) != underWay_.end()) continue;
    underWay_.push_back(asked);
    StepThumbnailRequest request = source_;
    request.first = row.first;
    request.last = row.last;
    request.ticket = version_;
    Q_EMIT requested(request);
  }
}

void StepThumbnails::take(const StepThumbnail& thumbnail) {
  const auto asked = std::find(underWay_.begin(), underWay_.end(), Asked{thumbnail.last, thumbnail.ticket});
  if (asked != underWay_.end()) underWay_.erase(asked);
  if (thumbnail.origin == source_.origin) {
    QImage image;
    if (!thumbnail.pixels.empty()) {
      const auto* pixels = reinterpret_cast<const uchar*>(thumbnail.pixels.data());
      image = QImage(pixels, thumbnail.side_px, thumbnail.side_px, QImage::Format_RGB32).copy();
    }
    made_.insert(thumbnail.last, new Entry{image, thumbnail.ticket});
  }
  ask();
  Q_EMIT made();
}

}  // namespace cyto::ui
