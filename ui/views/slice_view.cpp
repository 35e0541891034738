#include "ui/views/slice_view.h"

#include <algorithm>
#include <cmath>

#include "ui/views/mask_outline.h"

namespace cyto::ui {

namespace {

constexpr int kAttentionInterval_ms = 40;
constexpr int kRingInterval_ms = 50;
constexpr double kProposalContour_px = 1.5;

}  // namespace

SliceView::SliceView(SessionBridge& bridge, DisplayModel& display, QWidget* parent)
    : QWidget(parent),
      bridge_(bridge),
      display_(display),
      imageLayer_(queue_, QImage::Format_RGB32),
      proposalLayer_(queue_, QImage::Format_ARGB32_Premultiplied),
      labelLayer_(queue_, QImage::Format_ARGB32_Premultiplied) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAcceptDrops(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMinimumSize(64, 64);
  setAccessibleName(tr("Image"));
  setAccessibleDescription(tr("The image with objects, prompts and the mask under the pointer"));
  attentionTimer_.setObjectName(QStringLiteral("attention"));
  ringTimer_.setObjectName(QStringLiteral("ring"));
  attentionTimer_.setSingleShot(true);
  attentionTimer_.setInterval(kAttentionInterval_ms);
  ringTimer_.setInterval(kRingInterval_ms);
  connect(&attentionTimer_, &QTimer::timeout, this, &SliceView::sendAttention);
  connect(&ringTimer_, &QTimer::timeout, this, qOverload<>(&QWidget::update));
  connect(&bridge_, &SessionBridge::stateChanged, this, &SliceView::takeState);
  connect(&bridge_, &SessionBridge::previewChanged, this, &SliceView::takePreview);
  connect(&bridge_, &SessionBridge::embeddingChanged, this, qOverload<>(&QWidget::update));
  connect(&display_, &DisplayModel::imageChanged, this, &SliceView::takeImage);
  connect(&display_, &DisplayModel::channelsChanged, this, &SliceView::showImageContent);
  connect(&display_, &DisplayModel::labelsChanged, this, &SliceView::showLabelContent);
  connect(&display_, &DisplayModel::layersChanged, this, &SliceView::redraw);
  for (ScreenTileLayer* layer : {&imageLayer_, &proposalLayer_, &labelLayer_}) {
    connect(layer, &ScreenTileLayer::tileReady, this, qOverload<>(&QWidget::update));
    connect(layer, &ScreenTileLayer::failed, this, &SliceView::readFailed);
  }
}

SliceView::~SliceView() {
  queue_.cancelAll();
  queue_.waitUntilIdle();
}

// --- what is shown ---------------------------------------------------------------------------------------------------

const Shape* SliceView::shape() const {
  if (display_.pyramid()) return &display_.pyramid()->info().shape;
  const SessionState& state = bridge_.state();
  return state.isOpen && !state.image ? &state.reference.shape : nullptr;
}

void SliceView::takeImage() {
  if (tool_) tool_->cancel();  // its drag and its preview belong to the image before
  queue_.cancelAll();
  imageLayer_.setContent(nullptr);
  settled_.reset();
  t_ = 0;
  z_ = 0;
  if (hasPlane()) {
    transform_.setPlane({shape()->y, shape()->x});
    transform_.fit();
    isFitted_ = true;
  }
  lookChanged();
  Q_EMIT sliceChanged(t_, z_);
}

void SliceView::showImageContent() {
  const bool isShown =
      display_.pyramid() && !display_.channels().empty() && display_.isVisible(DisplayModel::Layer::kImage);
  imageLayer_.setContent(isShown ? std::make_shared<ImageContent>(display_.pyramid(), display_.channels()) : nullptr);
  redraw();
}

void SliceView::showLabelContent() {
  const bool isShown = bridge_.state().isOpen && display_.isVisible(DisplayModel::Layer::kObjects);
  LabelStyle style = display_.labelStyle();
  // A contour alone must carry the colour, so it is twice as wide.
  const double width = style.shape == LabelStyle::Shape::kContour ? 2 : 1;
  style.contourWidth = std::max(1, static_cast<int>(std::lround(width * devicePixelRatioF())));
  using Of = LabelContent::Of;
  const auto state = bridge_.sharedState();
  labelLayer_.setContent(isShown ? std::make_shared<LabelContent>(state, Of::kObjects, style) : nullptr);
  // Without proposals there is no layer, so that a frame costs nothing for it.
  const bool hasProposals = state->isOpen && state->document.proposals.size_bytes() > 0;
  const bool areProposalsShown = hasProposals && display_.isVisible(DisplayModel::Layer::kProposals);
  style.shape = LabelStyle::Shape::kHatched;
  style.opacity = display_.proposalOpacity();
  style.contourWidth = std::max(1, static_cast<int>(std::lround(kProposalContour_px * devicePixelRatioF())));
  proposalLayer_.setContent(areProposalsShown ? std::make_shared<LabelContent>(state, Of::kProposals, style) : nullptr);
  redraw();
}

// What has changed counts as unsettled until a frame has asked for its tiles.
void SliceView::redraw() {
  isDrawn_ = false;
  update();
}

void SliceView::takeState() {
  if (bridge_.state().current != current_) {
    current_ = bridge_.state().current;
    currentOutline_ = current_ ? maskOutline(current_->mask) : QPainterPath();
  }
  showLabelContent();
  if (tool_) tool_->refresh();
}

void SliceView::takePreview() {
  const auto& preview = bridge_.preview();
  previewOutline_ = preview ? maskOutline(preview->mask) : QPainterPath();
  if (preview) {
    previewT_ = preview->t;
    previewZ_ = preview->z;
  }
  redraw();
}

void SliceView::lookChanged() {
  // Tiles of the look before that nobody began are not worth making.
  queue_.cancelAll();
  imageLayer_.dropRequests();
  proposalLayer_.dropRequests();
  labelLayer_.dropRequests();
  attentionTimer_.start();
  redraw();
  if (tool_) tool_->refresh();
  Q_EMIT viewChanged();
}

void SliceView::setSlice(int64_t t, int64_t z) {
  if (!hasPlane()) return;
  t = std::clamp<int64_t>(t, 0, shape()->t - 1);
  z = std::clamp<int64_t>(z, 0, shape()->z - 1);
  if (t == t_ && z == z_) return;
  if (tool_) tool_->cancel();
  t_ = t;
  z_ = z;
  lookChanged();
  Q_EMIT sliceChanged(t_, z_);
}

bool SliceView::isSettled() const {
  return !hasPlane() || (isDrawn_ && settled_ == Look{t_, z_, transform_.zoom()} && imageLayer_.isSettled() &&
                         proposalLayer_.isSettled() && labelLayer_.isSettled());
}

// --- zoom and pan ----------------------------------------------------------------------------------------------------

void SliceView::fit() {
  if (!hasPlane()) return;
  transform_.fit();
  isFitted_ = true;
  lookChanged();
}

void SliceView::zoomBy(double steps) {
  if (!hasPlane()) return;
  const QSize size = transform_.viewSize();
  const QPointF middle(size.width() / 2.0, size.height() / 2.0);
  transform_.zoomTo(transform_.steppedZoom(steps), pointer_ && underMouse() ? transform_.toDevice(*pointer_) : middle);
  isFitted_ = false;
  lookChanged();
}

void SliceView::zoomToPixels() {
  if (!hasPlane()) return;
  const QSize size = transform_.viewSize();
  transform_.zoomTo(1, {size.width() / 2.0, size.height() / 2.0});
  isFitted_ = false;
  lookChanged();
}

void SliceView::showBox(const Box& bounds) {
  if (!hasPlane() || bounds.isEmpty()) return;
  setSlice(bounds.begin.t, bounds.begin.z);
  const ImagePoint middle{static_cast<double>(bounds.begin.y + bounds.end.y - 1) / 2,
                          static_cast<double>(bounds.begin.x + bounds.end.x - 1) / 2};
  // Zoomed in only when the object would be too small to see.
  const double side = static_cast<double>(std::max(bounds.end.y - bounds.begin.y, bounds.end.x - bounds.begin.x));
  constexpr double kSmallestOnScreen = 24;
  if (side * transform_.zoom() < kSmallestOnScreen) transform_.zoomTo(4 * kSmallestOnScreen / side, {0, 0});
  transform_.centreOn(middle);
  isFitted_ = false;
  lookChanged();
}

void SliceView::revealBox(const Box& bounds) {
  const bool isHere = t_ >= bounds.begin.t && t_ < bounds.end.t && z_ >= bounds.begin.z && z_ < bounds.end.z;
  const PlaneBox shown = transform_.visible();
  const bool isWhole =
      bounds.begin.y >= shown.y0 && bounds.end.y <= shown.y1 && bounds.begin.x >= shown.x0 && bounds.end.x <= shown.x1;
  if (!isHere || !isWhole) showBox(bounds);
}

void SliceView::panByScreen(double down, double right) {
  panBy(-down * transform_.viewSize().height(), -right * transform_.viewSize().width());
}

void SliceView::panBy(double dy, double dx) {
  if (!hasPlane()) return;
  transform_.panBy(dy, dx);
  panY_ = -dy / transform_.zoom();
  panX_ = -dx / transform_.zoom();
  isFitted_ = false;
  attentionTimer_.start();
  redraw();
  if (tool_) tool_->refresh();
  Q_EMIT viewChanged();
}

void SliceView::resizeEvent(QResizeEvent*) {
  transform_.setViewSize(size() * devicePixelRatioF());
  if (isFitted_ && hasPlane()) transform_.fit();
  lookChanged();
}

QPointF SliceView::widgetPosition(ImagePoint point) const { return transform_.toDevice(point) / devicePixelRatioF(); }

void SliceView::select(uint32_t id) {
  LabelStyle style = display_.labelStyle();
  style.selected = id;
  display_.setLabelStyle(style);
  Q_EMIT objectSelected(id);
}

void SliceView::sendAttention() {
  if (!hasPlane()) return;
  Attention attention{t_, z_, transform_.visible(), std::nullopt, panY_, panX_};
  if (pointer_ && underMouse()) attention.cursor = Attention::Position{pointer_->y, pointer_->x};
  bridge_.session().setAttention(attention);
  panY_ = 0;
  panX_ = 0;
}

}  // namespace cyto::ui
