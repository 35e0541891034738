#pragma once

#include <QFrame>

#include "core/session/live_session.h"

class QLabel;
class QPushButton;

namespace cyto::ui {

class BannerLine;

/// Says above the image, as long as it holds, that a project cannot be changed and why, and that its image is not
/// there, each with the way out. Hidden when all is well.
class ProjectBanner : public QFrame {
  Q_OBJECT

 public:
  explicit ProjectBanner(QWidget* parent = nullptr);

  void setState(const SessionState& state);

 Q_SIGNALS:
  void copyRequested();                         ///< go on in a copy of the project
  void findImageRequested();                    ///< name the place of the image
  void useImageRequested(const QString& path);  ///< although its content is another one

 private:
  void showAccess(const SessionState& state);
  void showImage(const SessionState& state);

  BannerLine* access_;
  BannerLine* image_;
  QPushButton* copy_;
  QPushButton* use_;
  QPushButton* find_;
  QString refused_;
};

}  // namespace cyto::ui
