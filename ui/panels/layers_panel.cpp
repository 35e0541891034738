#include "ui/panels/layers_panel.h"

#include <QButtonGroup>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/panels/channel_block.h"
#include "ui/panels/eye_button.h"
#include "ui/panels/wheel_guard.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

using Layer = DisplayModel::Layer;

// What belongs to a layer stands under its name, behind the eye.
constexpr int kIndent_px = 4 * kGrid_px;

QToolButton* newSegment(const QString& icon, const QString& text, const QString& toolTip) {
  auto* button = new QToolButton;
  button->setCheckable(true);
  button->setIcon(themedIcon(icon));
  button->setIconSize({16, 16});
  button->setText(text);
  button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button->setToolTip(toolTip);
  button->setAccessibleName(toolTip);
  button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  return button;
}

bool isWhole(Dtype dtype) { return !isFloat(dtype); }

}  // namespace

LayersPanel::LayersPanel(DisplayModel& display, QWidget* parent)
    : QWidget(parent), display_(display), histograms_(new HistogramModel(this)) {
  setAccessibleName(tr("Layers"));
  auto* content = new QWidget;
  rows_ = new QVBoxLayout(content);
  rows_->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  rows_->setSpacing(kGrid_px);
  buildObjects();
  addLine();
  buildProposals();
  addLine();
  addRow(Layer::kCurrent, tr("Current object"));
  addLine();
  addRow(Layer::kPrompts, tr("Prompts"));
  addLine();
  buildImage();
  rows_->addStretch();

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setWidget(content);
  // The colour behind is that of the dock.
  content->setAutoFillBackground(false);
  scroll->viewport()->setAutoFillBackground(false);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(scroll);

  connect(&display_, &DisplayModel::channelsChanged, this, [this] {
    refreshLayers();
    refreshChannels();
  });
  connect(&display_, &DisplayModel::imageChanged, this, &LayersPanel::rebuildBlocks);
  connect(&display_, &DisplayModel::labelsChanged, this, &LayersPanel::refreshLayers);
  connect(&display_, &DisplayModel::layersChanged, this, &LayersPanel::refreshLayers);
  connect(histograms_, &HistogramModel::changed, this, [this](int channel) {
    if (channel < blocks_.size()) blocks_[channel]->setHistogram(histograms_->counts(static_cast<size_t>(channel)));
  });
  refreshLayers();
  rebuildBlocks();
}

QHBoxLayout* LayersPanel::addRow(Layer layer, const QString& name) {
  auto* row = new QHBoxLayout;
  row->setSpacing(kGrid_px);
  auto* eye = new EyeButton(name);
  eyes_[static_cast<size_t>(layer)] = eye;
  auto* label = new QLabel(name);
  row->addWidget(eye);
  row->addWidget(label, 1);
  rows_->addLayout(row);
  connect(eye, &EyeButton::toggled, this, [this, layer](bool isVisible) { display_.setVisible(layer, isVisible); });
  return row;
}

void LayersPanel::addLine() {
  auto* line = new QFrame;
  line->setProperty("role", "line");
  line->setFixedHeight(1);
  rows_->addWidget(line);
}

void LayersPanel::buildObjects() {
  addRow(Layer::kObjects, tr("Objects"));
  filled_ = newSegment(QStringLiteral("filled"), tr("Filled"), tr("Filled: objects are tinted areas"));
  contour_ = newSegment(QStringLiteral("contour"), tr("Contour"), tr("Contour: objects are outlines"));
  auto* segments = new QButtonGroup(this);
  segments->addButton(filled_);
  segments->addButton(contour_);
  auto* frame = new QFrame;
  frame->setProperty("role", "card");
  auto* segmentLayout = new QHBoxLayout(frame);
  segmentLayout->setContentsMargins(2, 2, 2, 2);
  segmentLayout->setSpacing(2);
  segmentLayout->addWidget(filled_);
  segmentLayout->addWidget(contour_);
  auto* shapeRow = new QHBoxLayout;
  shapeRow->addSpacing(kIndent_px);
  shapeRow->addWidget(frame, 1);
  rows_->addLayout(shapeRow);

  objectOpacity_ = addOpacity(tr("Opacity of objects"), [this](double opacity) {
    LabelStyle style = display_.labelStyle();
    style.opacity = opacity;
    display_.setLabelStyle(style);
  });

  connect(filled_, &QToolButton::clicked, this, [this] { setShape(LabelStyle::Shape::kFilled); });
  connect(contour_, &QToolButton::clicked, this, [this] { setShape(LabelStyle::Shape::kContour); });
}

void LayersPanel::buildProposals() {
  addRow(Layer::kProposals, tr("Proposals"));
  proposalOpacity_ =
      addOpacity(tr("Opacity of proposals"), [this](double opacity) { display_.setProposalOpacity(opacity); });
}

LayersPanel::OpacityRow LayersPanel::addOpacity(const QString& name, const std::function<void(double)>& change) {
  auto* label = new QLabel(tr("Opacity"));
  label->setProperty("role", "muted");
  OpacityRow opacity{new QSlider(Qt::Horizontal), new QLabel};
  opacity.slider->setRange(0, 100);
  opacity.slider->setPageStep(10);
  opacity.slider->setAccessibleName(name);
  opacity.slider->setToolTip(name);
  WheelGuard::install(opacity.slider);
  label->setBuddy(opacity.slider);
  opacity.text->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  opacity.text->setMinimumWidth(opacity.text->fontMetrics().horizontalAdvance(tr("%1 %").arg(100)));
  auto* row = new QHBoxLayout;
  row->setSpacing(kGrid_px);
  row->addSpacing(kIndent_px);
  row->addWidget(label);
  row->addWidget(opacity.slider, 1);
  row->addWidget(opacity.text);
  rows_->addLayout(row);
  connect(opacity.slider, &QSlider::valueChanged, this, [change](int percent) { change(percent / 100.0); });
  return opacity;
}

void LayersPanel::OpacityRow::show(double opacity) {
  const QSignalBlocker quiet(slider);
  const int percent = static_cast<int>(std::lround(opacity * 100));
  slider->setValue(percent);
  text->setText(LayersPanel::tr("%1 %").arg(QLocale().toString(percent)));
}

void LayersPanel::buildImage() {
  QHBoxLayout* row = addRow(Layer::kImage, tr("Image"));
  autoContrast_ = new QPushButton(themedIcon(QStringLiteral("contrast")), tr("Auto contrast"));
  autoContrast_->setProperty("role", "link");
  autoContrast_->setToolTip(tr("Auto contrast: measures the plane that is shown and applies to all channels"));
  QSizePolicy policy = autoContrast_->sizePolicy();
  policy.setRetainSizeWhenHidden(true);
  autoContrast_->setSizePolicy(policy);
  row->addWidget(autoContrast_);
  connect(autoContrast_, &QPushButton::clicked, this, &LayersPanel::autoContrastRequested);
  noImage_ = new QLabel;
  noImage_->setProperty("role", "muted");
  noImage_->setWordWrap(true);
  noImage_->setContentsMargins(kIndent_px, 0, 0, 0);
  rows_->addWidget(noImage_);
  channels_ = new QVBoxLayout;
  channels_->setContentsMargins(0, 0, 0, 0);
  channels_->setSpacing(2 * kGrid_px);
  rows_->addLayout(channels_);
}

void LayersPanel::refreshLayers() {
  for (size_t i = 0; i < eyes_.size(); ++i) {
    const QSignalBlocker quiet(eyes_[i]);
    eyes_[i]->setChecked(display_.isVisible(static_cast<Layer>(i)));
  }
  const LabelStyle& style = display_.labelStyle();
  (style.shape == LabelStyle::Shape::kFilled ? filled_ : contour_)->setChecked(true);
  objectOpacity_.show(style.opacity);
  proposalOpacity_.show(display_.proposalOpacity());
}

void LayersPanel::refreshChannels() {
  const std::vector<ChannelDisplay>& channels = display_.channels();
  bool fits = static_cast<size_t>(blocks_.size()) == channels.size();
  for (qsizetype i = 0; fits && i < blocks_.size(); ++i) {
    fits = blocks_[i]->channel().name == channels[static_cast<size_t>(i)].name;
  }
  if (!fits) return rebuildBlocks();
  for (qsizetype i = 0; i < blocks_.size(); ++i) blocks_[i]->setChannel(channels[static_cast<size_t>(i)]);
  requestHistograms();
}

void LayersPanel::rebuildBlocks() {
  for (ChannelBlock* block : blocks_) {
    channels_->removeWidget(block);
    block->hide();
    block->deleteLater();  // it may be what has just changed the model
  }
  blocks_.clear();
  const auto& pyramid = display_.pyramid();
  const std::vector<ChannelDisplay>& channels = display_.channels();
  QWidget* before = autoContrast_;
  for (size_t i = 0; pyramid && i < channels.size(); ++i) {
    auto* block = new ChannelBlock(channels[i], isWhole(pyramid->info().dtype));
    connect(block, &ChannelBlock::changed, this,
            [this, i](const ChannelDisplay& channel) { display_.setChannel(i, channel); });
    channels_->addWidget(block);
    blocks_.append(block);
    before = block->joinTabOrder(before);
  }
  noImage_->setVisible(blocks_.isEmpty());
  noImage_->setText(pyramid ? tr("Measuring the contrast…") : tr("No image is open."));
  // The samples of a colour belong together and are not stretched.
  autoContrast_->setVisible(!blocks_.isEmpty() && !pyramid->info().isRgb);
  requestHistograms();
}

void LayersPanel::setPlane(qint64 t, qint64 z) {
  t_ = t;
  z_ = z;
  requestHistograms();
}

// Only what can be seen is worth counting; it is caught up on showing.
void LayersPanel::requestHistograms() {
  if (!isVisible()) return;
  histograms_->request(display_.pyramid(), t_, z_, display_.channels());
  for (qsizetype i = 0; i < blocks_.size(); ++i) {
    blocks_[i]->setHistogram(histograms_->counts(static_cast<size_t>(i)));
  }
}

void LayersPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  requestHistograms();
}

void LayersPanel::setShape(LabelStyle::Shape shape) {
  LabelStyle style = display_.labelStyle();
  style.shape = shape;
  display_.setLabelStyle(style);
}

}  // namespace cyto::ui
