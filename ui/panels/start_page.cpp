#include "ui/panels/start_page.h"

#include <QDragEnterEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/panels/recent_delegate.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kWidest_px = 760;
constexpr int kIcon_px = 48;
constexpr int kMostRecent = 8;
constexpr int kCompactHeight_px = 560;

/// The local files of a drag, in order.
QStringList localFiles(const QMimeData* data) {
  QStringList files;
  for (const QUrl& url : data->urls()) {
    if (url.isLocalFile()) files << url.toLocalFile();
  }
  return files;
}

}  // namespace

/// The dashed area; lit while something that can be opened hangs over the page.
class DropTarget : public QWidget {
 public:
  using QWidget::QWidget;

  /// Without the picture, for small windows.
  void setCompact(bool isCompact) {
    isCompact_ = isCompact;
    QMargins margins = layout()->contentsMargins();
    margins.setTop(isCompact ? 3 * kGrid_px : 6 * kGrid_px + kIcon_px);
    margins.setBottom(isCompact ? 2 * kGrid_px : 4 * kGrid_px);
    layout()->setContentsMargins(margins);
  }

  void setLit(bool isLit) {
    if (isLit == isLit_) return;
    isLit_ = isLit;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColours& colours = themeColours();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(isLit_ ? colours.accent : mixed(colours.border, colours.text, 0.25), isLit_ ? 2 : 1.5);
    pen.setDashPattern({5, 4});
    painter.setPen(pen);
    painter.setBrush(isLit_ ? colours.accentSoft : colours.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 12, 12);
    if (isCompact_) return;
    const QRect icon((width() - kIcon_px) / 2, 4 * kGrid_px, kIcon_px, kIcon_px);
    painter.drawPixmap(icon.topLeft(),
                       tintedPixmap(QStringLiteral("app"), colours.text, kIcon_px, devicePixelRatioF()));
  }

 private:
  bool isLit_ = false;
  bool isCompact_ = false;
};

StartPage::StartPage(QWidget* parent)
    : QWidget(parent),
      target_(new DropTarget(this)),
      title_(new QLabel(tr("Drop an image or a project here"), target_)),
      hint_(new QLabel(target_)),
      recentTitle_(new QLabel(tr("Recent projects"), this)),
      recent_(new QListWidget(this)),
      open_(new QPushButton(tr("Open…"), target_)),
      sample_(new QPushButton(tr("Open sample"), target_)) {
  setAcceptDrops(true);
  setAccessibleName(tr("Start"));
  title_->setAlignment(Qt::AlignCenter);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setProperty("role", "muted");
  hint_->setText(tr("TIFF, OME-TIFF, OME-Zarr, HDF5, N5, PNG, JPEG, or a .cyto project"));
  open_->setProperty("role", "primary");
  open_->setToolTip(tr("Open an image or a project"));
  sample_->setToolTip(tr("Try everything on a small image that comes with the program"));
  recentTitle_->setProperty("role", "muted");
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid_px);
  buttons->addStretch();
  buttons->addWidget(open_);
  buttons->addWidget(sample_);
  buttons->addStretch();
  auto* inside = new QVBoxLayout(target_);
  inside->setContentsMargins(4 * kGrid_px, 6 * kGrid_px + kIcon_px, 4 * kGrid_px, 4 * kGrid_px);
  inside->setSpacing(kGrid_px);
  inside->addWidget(title_);
  inside->addWidget(hint_);
  inside->addSpacing(kGrid_px);
  inside->addLayout(buttons);

  recent_->setAccessibleName(tr("Recent projects"));
  recent_->setItemDelegate(new RecentDelegate(recent_));
  recent_->setViewMode(QListView::IconMode);
  recent_->setMovement(QListView::Static);
  recent_->setResizeMode(QListView::Adjust);
  recent_->setUniformItemSizes(true);
  recent_->setMouseTracking(true);
  recent_->setSpacing(0);
  recent_->setFrameShape(QFrame::NoFrame);
  recent_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  recent_->viewport()->setAutoFillBackground(false);
  recent_->setProperty("role", "plain");
  connect(open_, &QPushButton::clicked, this, &StartPage::openRequested);
  connect(sample_, &QPushButton::clicked, this, &StartPage::sampleRequested);
  connect(recent_, &QListWidget::itemClicked, this, &StartPage::requestCurrent);
  recent_->installEventFilter(this);
  refreshFonts();
  setRecent({});
}

void StartPage::setRecent(const QList<RecentProject>& projects) {
  recent_->clear();
  for (const RecentProject& project : projects.mid(0, kMostRecent)) {
    auto* item = new QListWidgetItem(project.name, recent_);
    item->setToolTip(project.path);
    item->setData(RecentDelegate::kPath, project.path);
    item->setData(RecentDelegate::kThumbnail, RecentDelegate::thumbnailFrom(project.thumbnail));
    item->setData(RecentDelegate::kWhen, project.when);
    item->setData(RecentDelegate::kIsMissing, project.isMissing);
    if (project.isMissing) item->setData(Qt::AccessibleTextRole, tr("%1, not found").arg(project.name));
  }
  recentTitle_->setVisible(!projects.isEmpty());
  recent_->setVisible(!projects.isEmpty());
  placeContent();
}

void StartPage::dragEnterEvent(QDragEnterEvent* event) {
  const QStringList files = localFiles(event->mimeData());
  if (files.isEmpty()) return;
  event->acceptProposedAction();
  target_->setLit(true);
  title_->setText(files.size() == 1 ? tr("Drop it to open it")
                                    : tr("Only the first of the %1 files is opened").arg(files.size()));
}

void StartPage::dragLeaveEvent(QDragLeaveEvent*) {
  target_->setLit(false);
  title_->setText(tr("Drop an image or a project here"));
}

void StartPage::dropEvent(QDropEvent* event) {
  const QStringList files = localFiles(event->mimeData());
  target_->setLit(false);
  title_->setText(tr("Drop an image or a project here"));
  if (files.isEmpty()) return;
  event->acceptProposedAction();
  if (files.size() > 1) title_->setText(tr("Opening the first of the %1 files").arg(files.size()));
  Q_EMIT fileDropped(files.first());
}

void StartPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  placeContent();
}

void StartPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    refreshFonts();
    placeContent();
  }
}

bool StartPage::eventFilter(QObject* watched, QEvent* event) {
  // Not the activated signal: whether a click also activates depends on the desktop.
  if (watched == recent_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Space) {
      requestCurrent();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void StartPage::requestCurrent() {
  const QListWidgetItem* item = recent_->currentItem();
  if (item) Q_EMIT projectRequested(item->data(RecentDelegate::kPath).toString());
}

void StartPage::refreshFonts() { title_->setFont(scaledFont(font(), 1.5)); }

/// Target and list are centred together; with little room the list gets what is left and scrolls.
void StartPage::placeContent() {
  const QSize tile = RecentDelegate::tileSize(recent_->fontMetrics());
  const int room = std::min(width() - 6 * kGrid_px, kWidest_px);
  const int columns = std::max(1, room / tile.width());
  const int wide = recent_->count() > 0 ? std::max(columns * tile.width(), std::min(room, 4 * tile.width())) : room;
  target_->setCompact(recent_->count() > 0 && height() < kCompactHeight_px);
  const int rows = (recent_->count() + columns - 1) / columns;
  const int targetHeight = target_->layout()->totalHeightForWidth(wide) + 2 * kGrid_px;
  const int titleHeight = recentTitle_->sizeHint().height();
  const int listRoom = height() - targetHeight - titleHeight - 9 * kGrid_px;
  const int listHeight =
      rows > 0 ? std::clamp(rows * tile.height() + 2, std::min(tile.height(), listRoom), std::max(listRoom, 1)) : 0;
  const int all = targetHeight + (rows > 0 ? titleHeight + 4 * kGrid_px + listHeight : 0);
  const int left = (width() - wide) / 2;
  int top = std::max(2 * kGrid_px, (height() - all) / 2);
  target_->setGeometry(left, top, wide, targetHeight);
  top += targetHeight + 3 * kGrid_px;
  recentTitle_->setGeometry(left + kGrid_px, top, wide - kGrid_px, titleHeight);
  top += titleHeight + kGrid_px;
  recent_->setGeometry(left, top, wide + 12, listHeight);
}

}  // namespace cyto::ui
