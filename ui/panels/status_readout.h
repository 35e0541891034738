#pragma once

#include <QStringList>
#include <QWidget>
#include <optional>

#include "core/array/shape.h"

namespace cyto::ui {

class ReadoutField;

/// What is under the pointer, for the status bar. Every field has the width of its longest value and equally wide
/// digits, so nothing moves while the pointer does.
class StatusReadout : public QWidget {
  Q_OBJECT

 public:
  explicit StatusReadout(QWidget* parent = nullptr);

  /// Reserves the room that positions and values need; t and z are shown when they have more than one element.
  /// `widestValue` is the longest text a value can have, e.g. "65535" or "65535, 65535".
  void setImage(const cyto::Shape& shape, const cyto::PixelScale& scale, const QString& widestValue);
  void clearImage();

  /// `at` in indices from 0; nothing when the pointer is outside the image, which also clears value and object.
  struct Position {
    qint64 t = 0;
    qint64 z = 0;
    qint64 y = 0;
    qint64 x = 0;
  };
  void setPosition(const std::optional<Position>& at);
  /// One text per channel, joined by commas.
  void setValues(const QStringList& values);
  /// "object 12 · mitotic · verified"; id 0 is background and shows a dash.
  void setObject(qint64 id, const QString& className, const QString& state);
  /// 1 = one image pixel on one screen pixel.
  void setZoom(double factor);

  QSize minimumSizeHint() const override;

 protected:
  /// With little room whole fields are left out, the least needed first; none is cut.
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fitFields();

  ReadoutField* position_;
  ReadoutField* values_;
  ReadoutField* object_;
  ReadoutField* zoom_;
  ReadoutField* scale_;
  cyto::Shape shape_;
  bool hasImage_ = false;
  bool hasScale_ = false;
};

}  // namespace cyto::ui
