#include "ui/views/tool.h"

namespace cyto::ui {

uint32_t Tool::objectUnder(const PointerEvent& event) {
  const SessionState& state = host_.bridge().state();
  if (!event.isInside || !state.isOpen) return 0;
  return state.document.labels.at(host_.t(), host_.z(), event.at.row(), event.at.column());
}

uint32_t Tool::objectOrProposalUnder(const PointerEvent& event) {
  const uint32_t object = objectUnder(event);
  const SessionState& state = host_.bridge().state();
  if (object != 0 || !event.isInside || !state.isOpen) return object;
  if (!host_.display().isVisible(DisplayModel::Layer::kProposals)) return 0;
  return state.document.proposals.at(host_.t(), host_.z(), event.at.row(), event.at.column());
}

}  // namespace cyto::ui
