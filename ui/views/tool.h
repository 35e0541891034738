#pragma once

#include <QCursor>
#include <QPainter>
#include <QString>

#include "ui/bridge/session_bridge.h"
#include "ui/models/display_model.h"
#include "ui/views/view_transform.h"

namespace cyto::ui {

/// A pointer event over the image.
struct PointerEvent {
  ImagePoint at;
  QPointF device;  ///< device pixels of the view
  Qt::MouseButton button = Qt::NoButton;
  Qt::KeyboardModifiers modifiers;
  bool isInside = false;  ///< over a pixel of the image
};

/// What a tool sees of its view. The references are valid as long as the tool is in the view.
class ToolHost {
 public:
  virtual ~ToolHost() = default;
  virtual SessionBridge& bridge() = 0;
  virtual DisplayModel& display() = 0;
  virtual const ViewTransform& transform() const = 0;
  virtual int64_t t() const = 0;
  virtual int64_t z() const = 0;
  /// Device pixels per device-independent pixel.
  virtual double pixelRatio() const = 0;
  virtual void panBy(double dy, double dx) = 0;
  virtual void select(uint32_t id) = 0;  ///< emphasises an object everywhere; 0: none
  virtual void repaintTool() = 0;
};

/// What the pointer does in a view: a small state machine. A drag begins with `press` and ends with `release` or
/// `cancel`; keys, wheel and slice changes in between are possible at any time.
class Tool {
 public:
  explicit Tool(ToolHost& host) : host_(host) {}
  virtual ~Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  virtual QString name() const = 0;
  virtual QCursor cursor() const { return Qt::ArrowCursor; }
  virtual void press(const PointerEvent&) {}
  virtual void drag(const PointerEvent&) {}
  virtual void release(const PointerEvent&) {}
  virtual void hover(const PointerEvent&) {}
  virtual void leave() {}
  /// What lies under a resting pointer may have changed: other prompts, another zoom.
  virtual void refresh() {}
  /// Gives up a drag and everything the tool shows for the moment.
  virtual void cancel() {}
  virtual bool isDragging() const { return false; }
  /// Wants masks under the pointer, so the tile there should be embedded first.
  virtual bool wantsEmbedding() const { return false; }
  /// The prompt under the pointer, points first; -1: none.
  virtual int activePrompt() const { return -1; }
  /// In device pixels of the view.
  virtual void paint(QPainter&) {}

 protected:
  ToolHost& host() { return host_; }
  const ToolHost& host() const { return host_; }

  /// The object under the pointer in the plane on screen; 0: none.
  uint32_t objectUnder(const PointerEvent& event);
  /// The same, or else the proposal there if proposals are shown.
  uint32_t objectOrProposalUnder(const PointerEvent& event);

 private:
  ToolHost& host_;
};

}  // namespace cyto::ui
