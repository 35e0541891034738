#include "ui/tools/tool_box.h"

#include <algorithm>

#include "ui/tools/box_tool.h"
#include "ui/tools/select_tool.h"
#include "ui/views/slice_view.h"

namespace cyto::ui {

ToolBox::ToolBox(SliceView& view) : view_(view) {
  ToolHost& host = view.toolHost();
  const auto add = [&](auto tool) {
    auto* kept = tool.get();
    tools_.push_back(std::move(tool));
    return kept;
  };
  add(std::make_unique<SelectTool>(host));
  point_ = add(std::make_unique<PointTool>(host));
  add(std::make_unique<BoxTool>(host));
  brush_ = add(std::make_unique<BrushTool>(host, BrushTool::Kind::kBrush));
  eraser_ = add(std::make_unique<BrushTool>(host, BrushTool::Kind::kEraser));
  add(std::make_unique<PanTool>(host));
  view_.setTool(point_);
}

ToolBox::~ToolBox() { view_.setTool(nullptr); }

bool ToolBox::choose(const QString& name) {
  const auto found = std::find_if(tools_.begin(), tools_.end(), [&](const auto& tool) { return tool->name() == name; });
  if (found == tools_.end()) return false;
  if (view_.tool() == found->get()) return true;
  view_.setTool(found->get());
  Q_EMIT toolChanged(name);
  return true;
}

QString ToolBox::current() const { return view_.tool() ? view_.tool()->name() : QString(); }

void ToolBox::setBrushRadius(double radius) {
  brush_->setRadius(radius);
  eraser_->setRadius(radius);
}

int ToolBox::activePrompt() const { return view_.tool() ? view_.tool()->activePrompt() : -1; }

}  // namespace cyto::ui
