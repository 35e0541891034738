#include "ui/panels/job_card.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/panels/elided_label.h"
#include "ui/panels/jobs_popover.h"
#include "ui/panels/progress_ring.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kIcon_px = 16;
constexpr int kBarSteps = 1000;

}  // namespace

JobCard::JobCard(const QString& id, QWidget* parent)
    : QFrame(parent),
      id_(id),
      icon_(new QLabel(this)),
      name_(new ElidedLabel(this)),
      state_(new QLabel(this)),
      cancel_(new QToolButton(this)),
      bar_(new QProgressBar(this)),
      detail_(new ElidedLabel(this)),
      link_(new QPushButton(this)) {
  icon_->setFixedSize(kIcon_px, kIcon_px);
  state_->setProperty("role", "muted");
  detail_->setProperty("role", "muted");
  link_->setProperty("role", "link");
  bar_->setTextVisible(false);
  cancel_->setIcon(themedIcon(QStringLiteral("close")));
  cancel_->setIconSize(QSize(14, 14));
  for (QWidget* widget : {static_cast<QWidget*>(cancel_), static_cast<QWidget*>(link_), static_cast<QWidget*>(bar_)}) {
    QSizePolicy policy = widget->sizePolicy();
    policy.setRetainSizeWhenHidden(widget != link_);
    widget->setSizePolicy(policy);
  }
  auto* top = new QHBoxLayout;
  top->setSpacing(kGrid_px);
  top->addWidget(icon_);
  top->addWidget(name_, 1);
  top->addWidget(state_);
  top->addWidget(cancel_);
  auto* bottom = new QHBoxLayout;
  bottom->setSpacing(kGrid_px);
  bottom->addWidget(detail_, 1);
  bottom->addWidget(link_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 6, 6, 6);
  layout->setSpacing(2);
  layout->addLayout(top);
  layout->addWidget(bar_);
  layout->addLayout(bottom);
  bar_->setContentsMargins(0, 0, 6, 0);
  detail_->setMinimumHeight(fontMetrics().height() + 4);
  link_->setFixedHeight(fontMetrics().height() + 4);
  connect(cancel_, &QToolButton::clicked, this, [this] { Q_EMIT cancelRequested(id_); });
  connect(link_, &QPushButton::clicked, this, [this] { Q_EMIT resultRequested(id_); });
}

void JobCard::setJob(const JobRow& job, qint64 now_ms) {
  if (!job.isFinished) remaining_.add(job.done, job.total, now_ms);
  fraction_ = job.total > 0 ? std::clamp(static_cast<double>(job.done) / static_cast<double>(job.total), 0.0, 1.0) : 0;
  isFinished_ = job.isFinished;
  hasFailed_ = job.hasFailed;
  name_->setFullText(job.name);
  detail_->setFullText(job.detail);
  state_->setText(stateText(job));
  cancel_->setVisible(job.canCancel && !job.isFinished);
  cancel_->setToolTip(tr("Cancel %1").arg(job.name));
  cancel_->setAccessibleName(cancel_->toolTip());
  link_->setText(job.link);
  link_->setVisible(job.isFinished && !job.link.isEmpty());
  refreshBar(job);
  refreshIcon();
  setAccessibleName(QStringLiteral("%1, %2, %3").arg(job.name, state_->text(), job.detail));
}

void JobCard::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refreshIcon();
}

QString JobCard::stateText(const JobRow& job) const {
  if (job.hasFailed) return tr("failed");
  if (job.isFinished) return tr("done");
  if (job.total <= 0) return tr("running");
  const int percent = static_cast<int>(std::clamp<qint64>(job.done, 0, job.total) * 100 / job.total);
  const auto seconds = remaining_.seconds();
  const QString share = tr("%1 %").arg(percent);
  return seconds ? share + QStringLiteral(" · ") + tr("%1 left").arg(durationText(*seconds)) : share;
}

void JobCard::refreshIcon() {
  const ThemeColours& colours = themeColours();
  const qreal ratio = devicePixelRatioF();
  if (hasFailed_) {
    icon_->setPixmap(tintedPixmap(QStringLiteral("error"), colours.danger, kIcon_px, ratio));
  } else if (isFinished_) {
    icon_->setPixmap(tintedPixmap(QStringLiteral("done"), colours.success, kIcon_px, ratio));
  } else {
    QPixmap ring(QSize(kIcon_px, kIcon_px) * ratio);
    ring.setDevicePixelRatio(ratio);
    ring.fill(Qt::transparent);
    QPainter painter(&ring);
    paintProgressRing(&painter, QRectF(0, 0, kIcon_px, kIcon_px), std::max(fraction_, 0.03), colours.accent);
    painter.end();
    icon_->setPixmap(ring);
  }
}

void JobCard::refreshBar(const JobRow& job) {
  const bool isOver = job.isFinished || job.hasFailed;
  bar_->setVisible(!isOver);
  if (isOver) return;
  // A job of unknown length has an empty bar: a guess would look like progress.
  bar_->setRange(0, kBarSteps);
  bar_->setValue(static_cast<int>(fraction_ * kBarSteps));
}

}  // namespace cyto::ui
