#include "ui/panels/prompt_panel.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/models/plane_number.h"
#include "ui/panels/axes_text.h"
#include "ui/panels/elided_label.h"
#include "ui/panels/model_section.h"
#include "ui/panels/prompt_table.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

static_assert(kFirstPlaneNumber == kFirstSliceNumber);

namespace {

ElidedLabel* newHeading(const QString& text) {
  auto* label = new ElidedLabel;
  label->setFullText(text);
  label->setProperty("role", "heading");
  QFont bold;
  bold.setBold(true);
  label->setFont(bold);
  return label;
}

QFrame* newLine() {
  auto* line = new QFrame;
  line->setProperty("role", "line");
  line->setFixedHeight(1);
  return line;
}

QToolButton* newToolButton(const QString& icon, const QString& name, const QString& toolTip) {
  auto* button = new QToolButton;
  button->setIcon(themedIcon(icon));
  button->setIconSize({16, 16});
  button->setAccessibleName(name);
  button->setToolTip(toolTip);
  return button;
}

QPushButton* newButton(const QString& text, const QString& toolTip) {
  auto* button = new QPushButton(text);
  button->setToolTip(toolTip);
  button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  return button;
}

QString planeText(const Shape& shape, const ObjectPrompts& prompts) {
  QStringList parts;
  if (shape.z > 1) parts += PromptPanel::tr("z %1").arg(prompts.z + kFirstPlaneNumber);
  if (shape.t > 1) parts += PromptPanel::tr("t %1").arg(prompts.t + kFirstPlaneNumber);
  return parts.join(QLatin1Char(' '));
}

QString qualityText(const CurrentObject& current) {
  const QLocale locale;
  return PromptPanel::tr("IoU %1 · %2 px")
      .arg(locale.toString(double{current.predictedIou}, 'f', 2), locale.toString(qlonglong{current.mask.area()}));
}

}  // namespace

PromptPanel::PromptPanel(QWidget* parent) : QWidget(parent), model_(new ModelSection) {
  setAccessibleName(tr("Prompts and model"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addWidget(newHeading(tr("Model")));
  layout->addWidget(model_);
  layout->addWidget(newLine());
  layout->addWidget(buildPrompts(), 1);
  layout->addWidget(newLine());
  layout->addWidget(buildAnswer());
  layout->addWidget(buildActions());
  connect(model_, &ModelSection::modelChosen, this, &PromptPanel::modelChosen);
  connect(model_, &ModelSection::fileModelRequested, this, &PromptPanel::fileModelRequested);
  setTabOrder(prompts_, toggle_);
  setTabOrder(toggle_, remove_);
  setTabOrder(next_, commit_);
  reloadModels();
  setState({});
}

QWidget* PromptPanel::buildPrompts() {
  heading_ = newHeading({});
  plane_ = new QLabel;
  plane_->setProperty("role", "muted");
  prompts_ = new PromptTable;
  toggle_ = new QToolButton;
  toggle_->setText(tr("+/−"));
  toggle_->setAccessibleName(tr("Change the sign of the point"));
  toggle_->setToolTip(tr("Change sign (Space): positive points belong to the object, negative ones do not"));
  remove_ =
      newToolButton(QStringLiteral("delete"), tr("Remove the prompt"), tr("Remove (Delete): takes the prompt away"));
  auto* empty = new QLabel(tr("No prompts yet. Click a cell with the point tool, or drag a box around it."));
  empty->setProperty("role", "muted");
  empty->setWordWrap(true);
  empty->setAlignment(Qt::AlignCenter);
  empty->setMargin(kGrid_px);
  pages_ = new QStackedWidget;
  pages_->addWidget(prompts_);
  pages_->addWidget(empty);

  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid_px / 2);
  head->addWidget(heading_);
  head->addSpacing(kGrid_px / 2);
  head->addWidget(plane_, 1);
  head->addWidget(toggle_);
  head->addWidget(remove_);
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px / 2);
  layout->addLayout(head);
  layout->addWidget(pages_, 1);

  connect(prompts_, &PromptTable::removePointRequested, this, &PromptPanel::removePointRequested);
  connect(prompts_, &PromptTable::removeBoxRequested, this, &PromptPanel::removeBoxRequested);
  connect(prompts_, &PromptTable::togglePointRequested, this, &PromptPanel::togglePointRequested);
  connect(prompts_, &PromptTable::itemSelectionChanged, this, &PromptPanel::refreshSelection);
  connect(toggle_, &QToolButton::clicked, prompts_, &PromptTable::toggleSelected);
  connect(remove_, &QToolButton::clicked, prompts_, &PromptTable::removeSelected);
  return box;
}

QWidget* PromptPanel::buildAnswer() {
  mask_ = new QLabel;
  mask_->setAccessibleName(tr("Mask"));
  quality_ = new QLabel;
  quality_->setProperty("role", "muted");
  quality_->setToolTip(tr("IoU: how well the model thinks that the mask fits. px: its area in pixels"));
  const auto newArrow = [this](Qt::ArrowType type, const QString& name, int delta) {
    auto* button = new QToolButton;
    button->setArrowType(type);
    button->setIconSize({16, 16});
    button->setAccessibleName(name);
    button->setToolTip(name);
    connect(button, &QToolButton::clicked, this, [this, delta] { Q_EMIT alternativeRequested(delta); });
    return button;
  };
  previous_ = newArrow(Qt::LeftArrow, tr("Previous mask of the model's answers"), -1);
  next_ = newArrow(Qt::RightArrow, tr("Next mask of the model's answers (Tab)"), 1);
  auto* texts = new QVBoxLayout;
  texts->setSpacing(0);
  texts->addWidget(mask_);
  texts->addWidget(quality_);
  auto* box = new QWidget;
  auto* layout = new QHBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px / 2);
  layout->addLayout(texts, 1);
  layout->addWidget(previous_);
  layout->addWidget(next_);
  return box;
}

QWidget* PromptPanel::buildActions() {
  segment_ = newButton(tr("Segment (S)"), tr("Segment (S): asks the model for the mask of these prompts"));
  commit_ = newButton(tr("Commit (Enter)"), tr("Commit (Enter): keeps the mask as an object"));
  commit_->setProperty("role", "primary");
  clear_ = newButton(tr("Clear (Esc)"), tr("Clear (Esc): drops the prompts and the mask"));
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px);
  layout->addWidget(commit_);
  auto* others = new QHBoxLayout;
  others->setSpacing(kGrid_px);
  others->addWidget(segment_);
  others->addWidget(clear_);
  layout->addLayout(others);
  connect(segment_, &QPushButton::clicked, this, &PromptPanel::segmentRequested);
  connect(commit_, &QPushButton::clicked, this, &PromptPanel::commitRequested);
  connect(clear_, &QPushButton::clicked, this, &PromptPanel::clearRequested);
  return box;
}

void PromptPanel::reloadModels() {
  // A damaged registry leaves the way to a file; loading the default model then says what is wrong.
  const auto registry = ModelRegistry::loadDefault();
  setModels(registry ? registry->entries() : std::vector<ModelEntry>());
}

void PromptPanel::setModels(const std::vector<ModelEntry>& entries) { model_->setModels(entries); }

void PromptPanel::setModelState(const ModelState& state) { model_->setModelState(state); }

void PromptPanel::setEmbeddingState(const EmbeddingState& state) { model_->setEmbeddingState(state); }

void PromptPanel::setState(const SessionState& state) {
  const Draft& draft = state.document.draft;
  const CurrentObject* current = state.current.get();
  const bool hasPrompts = !draft.prompts.isEmpty();
  if (draft.refines != 0) {
    heading_->setFullText(tr("Refine object %1").arg(draft.refines));
  } else {
    heading_->setFullText(state.isOpen ? tr("New object %1").arg(state.nextId) : tr("Prompts"));
  }
  plane_->setText(draft.isEmpty() ? QString() : planeText(state.reference.shape, draft.prompts));
  prompts_->setPrompts(draft.prompts);
  pages_->setCurrentIndex(draft.prompts.points.empty() && draft.prompts.boxes.empty() ? 1 : 0);

  const bool hasMask = current && !current->mask.isEmpty();
  if (state.isAnswering) {
    mask_->setText(tr("Segmenting…"));
  } else if (!current) {
    mask_->setText(tr("No mask yet"));
  } else {
    mask_->setText(hasMask ? tr("Mask %1").arg(QLocale().toString(current->alternative + 1))
                           : tr("The model sees nothing there"));
  }
  // Never empty, so that the line keeps its height.
  quality_->setText(hasMask && !state.isAnswering ? qualityText(*current) : QStringLiteral(" "));
  // Several boxes are several questions, which have one answer each.
  const bool hasOthers = current && hasPrompts && draft.prompts.boxes.size() < 2 && !state.isAnswering;
  previous_->setEnabled(hasOthers && current->alternative > 0);
  next_->setEnabled(hasOthers);
  segment_->setEnabled(hasPrompts && state.image && !state.isAnswering);
  commit_->setEnabled(hasMask && !state.isAnswering && state.readOnlyReason.empty());
  clear_->setEnabled(!draft.isEmpty());
  refreshSelection();
}

void PromptPanel::refreshSelection() {
  toggle_->setEnabled(prompts_->selectedPoint() >= 0);
  remove_->setEnabled(prompts_->selectedPoint() >= 0 || prompts_->selectedBox() >= 0);
}

}  // namespace cyto::ui
