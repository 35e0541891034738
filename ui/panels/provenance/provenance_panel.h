#pragma once

#include <QWidget>
#include <memory>

#include "ui/models/provenance/provenance_rows.h"

class QGridLayout;
class QLabel;
class QPushButton;
class QScrollArea;

namespace cyto::ui {

/// How the selected object was made, to read and to copy.
class ProvenancePanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProvenancePanel(QWidget* parent = nullptr);

  /// Null: no object is selected.
  void setObject(std::shared_ptr<const ObjectRecord> object);

  /// Everything that is known of the object, as JSON, to the clipboard. False without an object.
  bool copyJson();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void fill();
  void addRow(int row, const ProvenanceRow& shown);

  std::shared_ptr<const ObjectRecord> object_;
  QList<ProvenanceRow> rows_;
  QLabel* title_;
  QPushButton* copy_;
  QLabel* empty_;
  QScrollArea* scroll_;
};

}  // namespace cyto::ui
