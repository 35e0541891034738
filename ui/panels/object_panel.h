#pragma once

#include <QList>
#include <QWidget>
#include <memory>

#include "ui/models/object_table_model.h"

class QLabel;
class QLineEdit;
class QStackedWidget;
class QTableView;

namespace cyto::ui {

/// The table of objects with a filter. It only asks: what a user wants comes as signals, what happened comes back with
/// setState().
class ObjectPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ObjectPanel(QWidget* parent = nullptr);

  void setState(std::shared_ptr<const SessionState> state);

  /// Selects and scrolls to an object; 0 selects none. A filter that hides it is taken away. Emits nothing.
  void select(quint32 id);
  quint32 selected() const { return selected_; }
  /// All selected objects, ascending.
  QList<quint32> selectedIds() const;

 Q_SIGNALS:
  void objectActivated(quint32 id);   ///< go there
  void selectionChanged(quint32 id);  ///< the one the user chose last; 0 for none
  void deleteRequested(const QList<quint32>& ids);
  void refineRequested(quint32 id);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void buildTable();
  void refreshColumns();
  void refreshHeader();
  void refreshCount();
  void restoreSelection(const QList<quint32>& ids);
  void followSelection();
  void openMenu(const QPoint& at);
  bool handleKey(int key);
  quint32 currentId() const;
  QModelIndex indexOf(quint32 id) const;

  ObjectTableModel* objects_;
  ObjectFilterModel* shown_;
  QLineEdit* filter_;
  QLabel* count_;
  QStackedWidget* pages_;
  QLabel* empty_;
  QWidget* noMatch_;
  QTableView* table_;
  quint32 selected_ = 0;
  bool isUpdating_ = false;
};

}  // namespace cyto::ui
