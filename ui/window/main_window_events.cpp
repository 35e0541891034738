// How the main window opens, closes and takes what is dropped on it.

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QSettings>
#include <QUrl>

#include "ui/views/slice_view.h"
#include "ui/window/label_offer.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

constexpr int kLayoutVersion = 1;

}  // namespace

void MainWindow::rememberThumbnail() {
  if (!bridge_.state().image || shownProject_.isEmpty() || !view_->isSettled() || view_->width() < 64) return;
  recent_.setThumbnail(shownProject_, view_->grab().toImage());
}

void MainWindow::restoreLayout() {
  const QSettings settings;
  restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
  restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), kLayoutVersion);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  rememberThumbnail();
  QSettings settings;
  settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
  settings.setValue(QStringLiteral("window/state"), saveState(kLayoutVersion));
  QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.first().isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (urls.isEmpty()) return;
  event->acceptProposedAction();
  if (urls.size() > 1) tell(cyto::Notice::Severity::kInformation, tr("Of several files only the first was opened."));
  labelOffer_->offerDropped(urls.first().toLocalFile());
}

}  // namespace cyto::ui
