#pragma once

#include <QDialog>

class QPlainTextEdit;
class QPushButton;

namespace cyto::ui {

/// A paragraph about how the objects were made, to read, select and copy. Does not block the window; deletes itself.
class MethodsDialog : public QDialog {
  Q_OBJECT

 public:
  MethodsDialog(const QString& paragraph, QWidget* parent);

 private:
  QPlainTextEdit* text_;
  QPushButton* copy_;
};

}  // namespace cyto::ui
