#pragma once

#include <QTableWidget>

#include "core/segmentation/object_prompts.h"

namespace cyto::ui {

/// The prompts of the object in the making, points before boxes. Delete removes the selected one, Space changes the
/// sign of a point. It only asks; setPrompts() shows what came of it.
class PromptTable : public QTableWidget {
  Q_OBJECT

 public:
  explicit PromptTable(QWidget* parent = nullptr);

  /// Keeps the selected place, or the last one when there are fewer.
  void setPrompts(const ObjectPrompts& prompts);

  /// Of the selected row; -1 for none or the other kind.
  int selectedPoint() const;
  int selectedBox() const;

  void removeSelected();
  void toggleSelected();

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void removePointRequested(int index);
  void removeBoxRequested(int index);
  void togglePointRequested(int index);

 protected:
  bool event(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  enum class Kind { kPositive, kNegative, kBox };

  void showRow(int row, Kind kind, const QString& y, const QString& x);
  void fill();
  void fitColumns();

  ObjectPrompts prompts_;
};

}  // namespace cyto::ui
