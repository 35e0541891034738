#pragma once

#include <optional>

#include "ui/views/tool.h"

namespace cyto::ui {

/// Finds the prompt under the pointer, lets the user drag it, and changes it when it is let go. Points are moved; a box
/// is moved by its border and stretched by its corners. Shared by the tools that work with prompts.
class PromptDrag {
 public:
  /// Which prompt: points count first, then boxes.
  std::optional<int> promptAt(ToolHost& host, const PointerEvent& event) const;

  /// Whether a drag has begun.
  bool press(ToolHost& host, const PointerEvent& event);
  void drag(ToolHost& host, const PointerEvent& event);
  void release(ToolHost& host);
  void cancel() { moved_.reset(); }
  bool isDragging() const { return moved_.has_value(); }

  void hover(ToolHost& host, const PointerEvent& event);
  void leave();
  /// Finds out anew what is under the pointer. A drag of a prompt that is not there any more is given up.
  void refresh(ToolHost& host);
  /// The prompt under the pointer or being dragged; -1: none.
  int active() const { return active_; }

  /// The prompts of the plane on screen, with the one that is being dragged where the pointer has it.
  void paint(ToolHost& host, QPainter& painter) const;

 private:
  void moveBox(BoxPrompt& box, double dy, double dx) const;
  bool isStillThere(ToolHost& host) const;

  std::optional<PointerEvent> pointer_;
  int active_ = -1;
  int corner_ = -1;  // of the box: 0 to 3, rows first; -1: the whole box
  ImagePoint from_;
  std::optional<ObjectPrompts> moved_;  // all prompts, as they would be
};

}  // namespace cyto::ui
