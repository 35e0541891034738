#pragma once

#include <QDateTime>
#include <QImage>
#include <QList>
#include <QString>
#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;

namespace cyto::ui {

struct RecentProject {
  QString name;
  QString path;
  QDateTime when;
  QImage thumbnail;        ///< any size; may be null
  bool isMissing = false;  ///< the folder is not there now; shown, but muted
};

class DropTarget;

/// What the window shows while nothing is open: a large drop target with the two buttons, and the recent projects.
/// Everything is reachable by Tab, arrows and Enter.
class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(QWidget* parent = nullptr);

  void setRecent(const QList<RecentProject>& projects);

 Q_SIGNALS:
  void openRequested();
  void sampleRequested();
  void projectRequested(const QString& path);
  /// A local path. When several files were dropped it is the first, and the page says so.
  void fileDropped(const QString& path);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void requestCurrent();
  void refreshFonts();
  void placeContent();

  DropTarget* target_;
  QLabel* title_;
  QLabel* hint_;
  QLabel* recentTitle_;
  QListWidget* recent_;
  QPushButton* open_;
  QPushButton* sample_;
};

}  // namespace cyto::ui
