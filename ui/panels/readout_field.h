#pragma once

#include <QList>
#include <QString>
#include <QWidget>

namespace cyto::ui {

/// Pairs of a muted name and a value on one line, each with room for its longest value. All digits are painted in
/// cells of the same width, whatever the font. Part of StatusReadout.
class ReadoutField : public QWidget {
  Q_OBJECT

 public:
  struct Part {
    QString name;         ///< may be empty
    QString widest;       ///< the longest value; its room is always kept
    QString value;        ///< "" shows a dash
    bool isRight = true;  ///< numbers at the right of their room, words at the left
  };

  explicit ReadoutField(const QString& accessibleName, QWidget* parent = nullptr);

  void setParts(const QList<Part>& parts);
  /// Changes the value of a part without asking for other room.
  void setValue(int part, const QString& value);
  QString value(int part) const { return parts_.value(part).value; }
  /// All names and values as one text, as it is read out.
  QString text() const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int cellWidth() const;
  int widthOf(const QString& text) const;
  void paintText(QPainter* painter, int x, int baseline, const QString& text) const;
  void refreshDescription();

  QList<Part> parts_;
};

}  // namespace cyto::ui
