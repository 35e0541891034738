#include "ui/panels/jobs_popover.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/panels/job_card.h"
#include "ui/panels/progress_ring.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kWidth_px = 384;
constexpr int kLetters = 56;
constexpr int kTallest_px = 400;
constexpr int kRing_px = 16;

qint64 now_ms() {
  static QElapsedTimer clock = [] {
    QElapsedTimer timer;
    timer.start();
    return timer;
  }();
  return clock.elapsed();
}

bool isRunning(const JobRow& job) { return !job.isFinished && !job.hasFailed; }

}  // namespace

JobsPopover::JobsPopover(QWidget* window)
    : QFrame(window),
      scroll_(new QScrollArea(this)),
      content_(new QWidget),
      layout_(new QVBoxLayout(content_)),
      empty_(new QLabel(tr("No jobs"), content_)) {
  setProperty("role", "popover");
  setAccessibleName(tr("Jobs"));
  setFocusPolicy(Qt::StrongFocus);
  setVisible(false);
  empty_->setProperty("role", "muted");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setContentsMargins(0, kGrid_px, 0, kGrid_px);
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(0);
  layout_->addWidget(empty_);
  layout_->addStretch();
  scroll_->setWidget(content_);
  content_->setAutoFillBackground(false);  // setWidget() turns it on
  scroll_->viewport()->setAutoFillBackground(false);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(kGrid_px / 2, kGrid_px / 2, kGrid_px / 2, kGrid_px / 2);
  outer->addWidget(scroll_);
  window->installEventFilter(this);
}

void JobsPopover::setJobs(const QList<JobRow>& jobs) {
  QHash<QString, JobCard*> former = cards_;
  cards_.clear();
  int row = 0;
  // The newest is at the top, where the eye is.
  for (auto job = jobs.crbegin(); job != jobs.crend(); ++job, ++row) {
    JobCard* card = former.take(job->id);
    if (!card) {
      card = new JobCard(job->id, content_);
      connect(card, &JobCard::cancelRequested, this, &JobsPopover::cancelRequested);
      connect(card, &JobCard::resultRequested, this, &JobsPopover::resultRequested);
    }
    if (layout_->indexOf(card) != row) layout_->insertWidget(row, card);
    card->setVisible(true);
    card->setJob(*job, now_ms());
    cards_.insert(job->id, card);
  }
  for (JobCard* card : std::as_const(former)) {
    layout_->removeWidget(card);
    card->hide();
    card->deleteLater();  // a click on it may be asking for this
  }
  empty_->setVisible(jobs.isEmpty());
  if (isVisible()) place();
}

void JobsPopover::openAbove(QWidget* anchor) {
  anchor_ = anchor;
  focusBefore_ = QApplication::focusWidget();
  show();
  raise();
  place();
  setFocus(Qt::PopupFocusReason);
  qApp->installEventFilter(this);
}

void JobsPopover::dismiss() {
  if (!isVisible()) return;
  qApp->removeEventFilter(this);
  const QWidget* focused = QApplication::focusWidget();
  const bool hasFocus = focused && (focused == this || isAncestorOf(focused));
  hide();
  if (hasFocus && focusBefore_ && focusBefore_->isVisible()) focusBefore_->setFocus(Qt::PopupFocusReason);
  Q_EMIT closed();
}

bool JobsPopover::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  if (event->type() == QEvent::MouseButtonPress && isVisible()) {
    const auto* widget = qobject_cast<QWidget*>(watched);
    const bool isInside = widget && (widget == this || isAncestorOf(widget) || widget == anchor_);
    if (widget && !isInside) dismiss();
  }
  return QFrame::eventFilter(watched, event);
}

void JobsPopover::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) {
    dismiss();
  } else {
    QFrame::keyPressEvent(event);
  }
}

void JobsPopover::place() {
  const QWidget* window = parentWidget();
  const QPoint corner = anchor_ ? anchor_->mapTo(window, QPoint(anchor_->width(), 0)) : window->rect().bottomRight();
  const int bottom = corner.y() - kGrid_px;
  layout_->activate();
  const int width =
      std::min(std::max(kWidth_px, fontMetrics().averageCharWidth() * kLetters), window->width() - 2 * kGrid_px);
  const int height = std::min({content_->sizeHint().height() + kGrid_px + 2, kTallest_px, bottom - kGrid_px});
  const int right = std::min(corner.x(), window->width() - kGrid_px);
  setGeometry(std::max(kGrid_px, right - width), bottom - height, width, height);
}

JobsButton::JobsButton(QWidget* window, QWidget* parent) : QAbstractButton(parent), popover_(new JobsPopover(window)) {
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setCheckable(true);
  setToolTip(tr("Jobs: what runs in the background"));
  connect(this, &QAbstractButton::clicked, this, [this] { setPopoverVisible(isChecked()); });
  connect(popover_, &JobsPopover::closed, this, [this] { setChecked(false); });
  connect(popover_, &JobsPopover::cancelRequested, this, &JobsButton::cancelRequested);
  connect(popover_, &JobsPopover::resultRequested, this, &JobsButton::resultRequested);
  setJobs({});
}

void JobsButton::setJobs(const QList<JobRow>& jobs) {
  double sum = 0;
  running_ = 0;
  failed_ = 0;
  for (const JobRow& job : jobs) {
    if (job.hasFailed) ++failed_;
    if (!isRunning(job)) continue;
    ++running_;
    if (job.total > 0) sum += std::clamp(static_cast<double>(job.done) / static_cast<double>(job.total), 0.0, 1.0);
  }
  fraction_ = running_ > 0 ? sum / running_ : -1;
  setText(textFor(running_, failed_));
  setAccessibleName(tr("Jobs: %1").arg(text()));
  popover_->setJobs(jobs);
  update();
}

void JobsButton::setPopoverVisible(bool isVisible) {
  if (isVisible == isPopoverVisible()) return;
  setChecked(isVisible);
  if (isVisible) {
    popover_->openAbove(this);
  } else {
    popover_->dismiss();
  }
}

bool JobsButton::isPopoverVisible() const { return popover_->isVisible(); }

QSize JobsButton::sizeHint() const {
  int width = 0;
  for (const int count : {0, 1, 88}) {
    width = std::max({width, fontMetrics().horizontalAdvance(textFor(count, 0)),
                      fontMetrics().horizontalAdvance(textFor(0, count))});
  }
  return QSize(width + kRing_px + 4 * kGrid_px, std::max(fontMetrics().height(), kRing_px) + 6);
}

void JobsButton::paintEvent(QPaintEvent*) {
  const ThemeColours& colours = themeColours();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  if (underMouse() || isChecked() || hasFocus()) {
    painter.setPen(hasFocus() ? QPen(colours.accent) : QPen(Qt::NoPen));
    painter.setBrush(isChecked() ? colours.accentSoft : underMouse() ? colours.raised : Qt::transparent);
    painter.drawRoundedRect(frame, 4, 4);
  }
  const QRectF ring(kGrid_px, (height() - kRing_px) / 2.0, kRing_px, kRing_px);
  if (running_ == 0 && failed_ > 0) {
    paintProgressRing(&painter, ring, 1, colours.danger);
  } else {
    paintProgressRing(&painter, ring, running_ > 0 ? std::max(fraction_, 0.03) : 0, colours.accent);
  }
  painter.setPen(running_ == 0 && failed_ > 0 ? colours.danger : running_ > 0 ? colours.text : colours.muted);
  const QRect area = rect().adjusted(2 * kGrid_px + kRing_px, 0, -kGrid_px, 0);
  painter.drawText(area, Qt::AlignVCenter | Qt::AlignLeft, text());
}

void JobsButton::changeEvent(QEvent* event) {
  QAbstractButton::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) updateGeometry();
}

void JobsButton::enterEvent(QEnterEvent* event) {
  QAbstractButton::enterEvent(event);
  update();
}

void JobsButton::leaveEvent(QEvent* event) {
  QAbstractButton::leaveEvent(event);
  update();
}

QString JobsButton::textFor(int running, int failed) const {
  if (running > 0) return running == 1 ? tr("1 job running") : tr("%1 jobs running").arg(running);
  if (failed > 0) return failed == 1 ? tr("1 job failed") : tr("%1 jobs failed").arg(failed);
  return tr("No jobs");
}

}  // namespace cyto::ui
