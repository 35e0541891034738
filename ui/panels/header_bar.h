#pragma once

#include <QDateTime>
#include <QFrame>

#include "core/array/shape.h"
#include "ui/panels/axes_text.h"

class QLabel;
class QPushButton;

namespace cyto::ui {

class ElidedLabel;

/// The two lines above the view: what is open and whether it is safe on disk, with the chips for model and device at
/// the right; below it the axes of the image, and an amber button when the pixel size is missing.
class HeaderBar : public QFrame {
  Q_OBJECT

 public:
  explicit HeaderBar(QWidget* parent = nullptr);

  void setProjectName(const QString& name);
  /// "all changes saved 14:05:12", with the date when it is not today. An invalid time shows nothing.
  void setSaved(const QDateTime& when);
  void setSaving();
  /// Shown in the colour of danger until the next setSaved().
  void setSaveProblem(const QString& sentence);
  void setReadOnly(bool isReadOnly);

  /// Texts of the chips; an empty text hides the chip.
  void setModel(const QString& text, const QString& toolTip);
  void setDevice(const QString& text, const QString& toolTip);

  void setAxes(const cyto::Shape& shape, int64_t channels, const cyto::PixelScale& scale);
  /// No image: the line stays but is empty, so that nothing jumps.
  void clearAxes();

 Q_SIGNALS:
  void modelClicked();
  void deviceClicked();
  void scaleRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refreshFonts();
  void refreshIcons();
  void setSaveText(const QString& text, const char* role);

  ElidedLabel* name_;
  QLabel* readOnly_;
  ElidedLabel* saved_;
  QPushButton* model_;
  QPushButton* device_;
  ElidedLabel* axes_;
  QPushButton* scale_;
};

}  // namespace cyto::ui
