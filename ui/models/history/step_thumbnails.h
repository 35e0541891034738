#pragma once

#include <QCache>
#include <QImage>
#include <QObject>
#include <vector>

#include "core/session/step_thumbnail.h"
#include "ui/models/history/history_rows.h"

namespace cyto::ui {

/// Pictures of the steps that are on screen: asked for a few at a time, so that what was scrolled away is never made,
/// and kept up to a bound. Answers of another history are dropped. GUI thread; the pictures are made elsewhere.
class StepThumbnails : public QObject {
  Q_OBJECT

 public:
  explicit StepThumbnails(QObject* parent = nullptr);

  /// What the pictures are made from. They are made anew when it changes; the old ones are shown until then.
  void setSource(uint64_t origin, std::shared_ptr<PixelPyramid> pyramid, std::vector<ChannelDisplay> channels);
  /// Side of the pictures in device pixels.
  void setSide(int side_px);

  /// The rows on screen, the most wanted first.
  void want(const std::vector<HistoryRow>& rows);

  /// Null while there is none; a null image when the step has no place in the image. Valid until the next event.
  const QImage* find(const HistoryRow& row) const;

  /// Whether none is wanted or under way.
  bool isSettled() const { return underWay_.empty() && wanted_.empty(); }

  void take(const StepThumbnail& thumbnail);

 Q_SIGNALS:
  void requested(const cyto::StepThumbnailRequest& request);
  void made();

 private:
  struct Entry {
    QImage image;
    uint64_t version = 0;
  };

  /// What is under way.
  struct Asked {
    uint64_t last = 0;
    uint64_t version = 0;
    bool operator==(const Asked&) const = default;
  };

  void ask();

  mutable QCache<quint64, Entry> made_;  ///< by HistoryRow::last; looking makes an entry the most recent
  std::vector<HistoryRow> wanted_;
  std::vector<Asked> underWay_;
  StepThumbnailRequest source_;
  uint64_t version_ = 0;  ///< of the source
};

}  // namespace cyto::ui
