// The input of SliceView: pan and zoom are its own, everything else goes to the tool.

#include <QDragEnterEvent>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QUrl>
#include <QWheelEvent>
#include <algorithm>

#include "ui/views/slice_view.h"

namespace cyto::ui {

namespace {

constexpr double kWheelNotch = 120;

}  // namespace

PointerEvent SliceView::pointerEvent(QPointF position, Qt::MouseButton button, Qt::KeyboardModifiers modifiers) const {
  PointerEvent event;
  event.device = position * devicePixelRatioF();
  event.at = transform_.toImage(event.device);
  event.button = button;
  event.modifiers = modifiers;
  const Extent2 plane = transform_.plane();
  event.isInside = hasPlane() && event.at.y >= -0.5 && event.at.x >= -0.5 &&
                   event.at.y < static_cast<double>(plane.y) - 0.5 && event.at.x < static_cast<double>(plane.x) - 0.5;
  return event;
}

void SliceView::setTool(Tool* tool) {
  if (tool_) {
    tool_->cancel();
    tool_->leave();
  }
  tool_ = tool;
  updateCursor();
  update();
}

void SliceView::updateCursor() {
  if (isPanning()) return setCursor(Qt::ClosedHandCursor);
  if (isSpaceHeld_) return setCursor(Qt::OpenHandCursor);
  setCursor(tool_ ? tool_->cursor() : QCursor(Qt::ArrowCursor));
}

void SliceView::mousePressEvent(QMouseEvent* event) {
  if (!hasPlane()) return;
  const bool wantsPan = event->button() == Qt::MiddleButton || (isSpaceHeld_ && event->button() == Qt::LeftButton);
  if (wantsPan) {
    if (isPanning()) return;
    panFrom_ = event->position() * devicePixelRatioF();
    panButton_ = event->button();
    return updateCursor();
  }
  if (isPanning() || !tool_ || tool_->isDragging()) return;
  tool_->press(pointerEvent(event->position(), event->button(), event->modifiers()));
  update();
}

void SliceView::mouseMoveEvent(QMouseEvent* event) {
  const PointerEvent pointer = pointerEvent(event->position(), event->button(), event->modifiers());
  if (pointer.isInside) {
    pointer_ = pointer.at;
  } else {
    pointer_.reset();
  }
  Q_EMIT pointerMoved(pointer.isInside, pointer.at.y, pointer.at.x);
  if (isPanning()) {
    const QPointF moved = pointer.device - *panFrom_;
    panFrom_ = pointer.device;
    return panBy(moved.y(), moved.x());
  }
  if (!hasPlane() || !tool_) return;
  if (!attentionTimer_.isActive()) attentionTimer_.start();
  if (tool_->isDragging()) {
    tool_->drag(pointer);
  } else if (event->buttons() == Qt::NoButton) {
    tool_->hover(pointer);
  }
  const bool isCold =
      pointer.isInside && tool_->wantsEmbedding() && !bridge_.session().isWarm(t_, z_, pointer.at.y, pointer.at.x);
  if (isCold && !ringTimer_.isActive()) ringTimer_.start();
  updateCursor();
}

void SliceView::mouseReleaseEvent(QMouseEvent* event) {
  if (isPanning() && event->button() == panButton_) {
    panFrom_.reset();
    return updateCursor();
  }
  // All drags of tools are made with the left button.
  if (!tool_ || !tool_->isDragging() || event->button() != Qt::LeftButton) return;
  tool_->release(pointerEvent(event->position(), event->button(), event->modifiers()));
  updateCursor();
  update();
}

// Wheel zooms around the pointer; with Alt it goes through the alternatives, with Ctrl through slices, with Shift
// through frames (through frames with Ctrl, when there are no slices).
void SliceView::wheelEvent(QWheelEvent* event) {
  if (!hasPlane()) return;
  // Qt gives the wheel with Alt as a horizontal one.
  const double delta = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
  const double notches = delta / kWheelNotch;
  event->accept();
  if (notches == 0) return;
  if (event->modifiers() & (Qt::AltModifier | Qt::ControlModifier | Qt::ShiftModifier)) {
    // A touchpad turns in small parts; a step is a whole notch.
    wheelTurn_ = (wheelTurn_ > 0) == (notches > 0) ? wheelTurn_ + notches : notches;
    const int steps = static_cast<int>(wheelTurn_);
    wheelTurn_ -= steps;
    if (steps == 0) return;
    if (event->modifiers() & Qt::AltModifier) {
      Q_EMIT alternativeRequested(-steps);
      return;
    }
    const bool hasSlices = shape()->z > 1;
    const bool isFrame = (event->modifiers() & Qt::ShiftModifier) || !hasSlices;
    setSlice(t_ - (isFrame ? steps : 0), z_ - (isFrame ? 0 : steps));
  } else {
    transform_.zoomTo(transform_.steppedZoom(notches), event->position() * devicePixelRatioF());
    isFitted_ = false;
    lookChanged();
  }
}

void SliceView::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Space) return QWidget::keyPressEvent(event);
  if (event->isAutoRepeat()) return;
  isSpaceHeld_ = true;
  updateCursor();
}

void SliceView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Space) return QWidget::keyReleaseEvent(event);
  if (event->isAutoRepeat()) return;
  isSpaceHeld_ = false;
  updateCursor();
}

void SliceView::leaveEvent(QEvent*) {
  pointer_.reset();
  ringTimer_.stop();
  if (tool_) tool_->leave();
  attentionTimer_.start();
  update();
  Q_EMIT pointerMoved(false, 0, 0);
}

// A button or key that is let go elsewhere must not leave the view in a drag.
void SliceView::focusOutEvent(QFocusEvent* event) {
  isSpaceHeld_ = false;
  panFrom_.reset();
  if (tool_ && tool_->isDragging()) tool_->cancel();
  updateCursor();
  update();
  QWidget::focusOutEvent(event);
}

void SliceView::dragEnterEvent(QDragEnterEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.first().isLocalFile()) event->acceptProposedAction();
}

void SliceView::dropEvent(QDropEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (urls.isEmpty()) return;
  event->acceptProposedAction();
  Q_EMIT fileDropped(urls.first().toLocalFile());
}

}  // namespace cyto::ui
