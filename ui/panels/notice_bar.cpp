#include "ui/panels/notice_bar.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kInfoTime_ms = 8000;
constexpr int kIcon_px = 20;
constexpr int kWidest_px = 880;
constexpr int kMostDetailLines = 8;

QColor colourOf(Notice::Severity severity) {
  switch (severity) {
    case Notice::Severity::kInfo: return themeColours().accent;
    case Notice::Severity::kWarning: return themeColours().warning;
    case Notice::Severity::kError: return themeColours().danger;
  }
  return themeColours().text;
}

QString iconOf(Notice::Severity severity) {
  switch (severity) {
    case Notice::Severity::kInfo: return QStringLiteral("info");
    case Notice::Severity::kWarning: return QStringLiteral("warning");
    case Notice::Severity::kError: return QStringLiteral("error");
  }
  return {};
}

QString nameOf(Notice::Severity severity) {
  switch (severity) {
    case Notice::Severity::kInfo: return NoticeBar::tr("Information");
    case Notice::Severity::kWarning: return NoticeBar::tr("Warning");
    case Notice::Severity::kError: return NoticeBar::tr("Error");
  }
  return {};
}

QToolButton* flatButton(const QString& icon, const QString& toolTip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(themedIcon(icon));
  button->setIconSize(QSize(16, 16));
  button->setToolTip(toolTip);
  button->setAccessibleName(toolTip);
  return button;
}

}  // namespace

NoticeBar::NoticeBar(QWidget* host)
    : QFrame(host),
      icon_(new QLabel(this)),
      sentence_(new QLabel(this)),
      actionsLayout_(new QHBoxLayout),
      waiting_(new QLabel(this)),
      detailsButton_(new QPushButton(tr("Details"), this)),
      copyButton_(flatButton(QStringLiteral("copy"), tr("Copy the message"), this)),
      closeButton_(flatButton(QStringLiteral("close"), tr("Close the message"), this)),
      details_(new QPlainTextEdit(this)),
      timer_(new QTimer(this)) {
  setProperty("role", "popover");
  setVisible(false);
  icon_->setFixedSize(kIcon_px, kIcon_px);
  sentence_->setWordWrap(true);
  sentence_->setTextFormat(Qt::PlainText);
  sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  sentence_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  waiting_->setProperty("role", "muted");
  detailsButton_->setProperty("role", "link");
  detailsButton_->setCheckable(true);
  details_->setReadOnly(true);
  details_->setAccessibleName(tr("Details of the message"));
  timer_->setSingleShot(true);
  auto* line = new QHBoxLayout;
  line->setSpacing(kGrid_px);
  line->addWidget(icon_, 0);
  line->addSpacing(kGrid_px / 2);
  line->addWidget(sentence_, 1);
  line->addWidget(waiting_);
  line->addWidget(detailsButton_);
  line->addLayout(actionsLayout_);
  line->addWidget(copyButton_);
  line->addWidget(closeButton_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 6, 6, 6);
  layout->setSpacing(kGrid_px);
  layout->addLayout(line);
  layout->addWidget(details_);
  connect(detailsButton_, &QPushButton::toggled, this, &NoticeBar::showDetails);
  connect(copyButton_, &QToolButton::clicked, this, &NoticeBar::copy);
  connect(closeButton_, &QToolButton::clicked, this, &NoticeBar::dismiss);
  connect(timer_, &QTimer::timeout, this, &NoticeBar::onTimeout);
  host->installEventFilter(this);
}

void NoticeBar::post(const Notice& notice) {
  const auto isSame = [&](const Notice& other) {
    return other.severity == notice.severity && other.sentence == notice.sentence;
  };
  if (std::any_of(queue_.begin(), queue_.end(), isSame)) return;
  const auto isPassing = [](const Notice& other) {
    return other.severity == Notice::Severity::kInfo && other.actions.isEmpty();
  };
  // What needs the user does not wait behind what only informs.
  if (queue_.size() == 1 && isPassing(queue_.first()) && !isPassing(notice)) queue_.clear();
  queue_.append(notice);
  if (queue_.size() == 1) {
    showFirst();
  } else {
    waiting_->setText(tr("%n more", nullptr, static_cast<int>(queue_.size()) - 1));
    waiting_->show();
    place();
  }
}

void NoticeBar::dismiss() {
  if (queue_.isEmpty()) return;
  queue_.removeFirst();
  showFirst();
}

void NoticeBar::clear() {
  queue_.clear();
  showFirst();
}

bool NoticeBar::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  return QFrame::eventFilter(watched, event);
}

void NoticeBar::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) refreshIcons();
}

void NoticeBar::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) {
    dismiss();
  } else {
    QFrame::keyPressEvent(event);
  }
}

void NoticeBar::showFirst() {
  timer_->stop();
  if (queue_.isEmpty()) {
    hide();
    return;
  }
  const Notice& notice = queue_.first();
  sentence_->setText(notice.sentence);
  setAccessibleName(nameOf(notice.severity) + QStringLiteral(": ") + notice.sentence);
  waiting_->setText(tr("%n more", nullptr, static_cast<int>(queue_.size()) - 1));
  waiting_->setVisible(queue_.size() > 1);
  detailsButton_->setVisible(!notice.details.isEmpty());
  detailsButton_->setChecked(false);
  details_->setPlainText(notice.details);
  const int lines = std::clamp(static_cast<int>(notice.details.count(QLatin1Char('\n'))) + 1, 2, kMostDetailLines);
  details_->setFixedHeight(fontMetrics().lineSpacing() * lines + 3 * kGrid_px);
  details_->hide();
  showActions(notice.actions);
  refreshIcons();
  show();
  raise();
  place();
  // What asks something waits for the answer.
  if (notice.severity == Notice::Severity::kInfo && notice.actions.isEmpty()) timer_->start(kInfoTime_ms);
}

void NoticeBar::showActions(const QList<NoticeAction>& actions) {
  while (QLayoutItem* item = actionsLayout_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // it may be the button whose click is being handled
    delete item;
  }
  for (const NoticeAction& action : actions) {
    auto* button = new QPushButton(QString(action.text).replace(QLatin1Char('&'), QStringLiteral("&&")), this);
    actionsLayout_->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, id = action.id] {
      dismiss();
      Q_EMIT actionTriggered(id);
    });
  }
}

void NoticeBar::showDetails(bool isOpen) {
  details_->setVisible(isOpen);
  detailsButton_->setText(isOpen ? tr("Hide details") : tr("Details"));
  place();
}

void NoticeBar::copy() {
  if (queue_.isEmpty()) return;
  const Notice& notice = queue_.first();
  const QString rest = notice.details.isEmpty() ? QString() : QStringLiteral("\n\n") + notice.details;
  QApplication::clipboard()->setText(notice.sentence + rest);
}

void NoticeBar::refreshIcons() {
  if (queue_.isEmpty()) return;
  const Notice::Severity severity = queue_.first().severity;
  icon_->setPixmap(tintedPixmap(iconOf(severity), colourOf(severity), kIcon_px, devicePixelRatioF()));
}

void NoticeBar::place() {
  if (!isVisible()) return;
  const int room = parentWidget()->width() - 2 * kGrid_px;
  const int width = std::min(room, kWidest_px);
  layout()->activate();
  const int height = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width) : sizeHint().height();
  setGeometry((parentWidget()->width() - width) / 2, topMargin_ + kGrid_px, width,
              std::min(height, parentWidget()->height() - topMargin_ - 2 * kGrid_px));
}

void NoticeBar::setTopMargin(int margin_px) {
  topMargin_ = margin_px;
  place();
}

void NoticeBar::onTimeout() {
  const QWidget* focused = QApplication::focusWidget();
  const bool isInUse = underMouse() || detailsButton_->isChecked() || (focused && isAncestorOf(focused));
  if (isInUse) {
    timer_->start(kInfoTime_ms);
  } else {
    dismiss();
  }
}

}  // namespace cyto::ui
