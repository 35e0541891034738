#include "ui/views/tool.h"

namespace cyto::ui {

uint32_t Tool::objectUnder(const PointerEvent& event) {
  const SessionState& state = host_.bridge().state();
  if (!event.isInside || !state.isOpen) return 0;
  return state.document.labels.at(host_.t(), host_.z(), event.at.row(), event.at.column());
}

}  // namespace cyto::ui
