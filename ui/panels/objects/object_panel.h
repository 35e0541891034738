#pragma once

#include <QList>
#include <QWidget>
#include <memory>

#include "ui/models/object_table_model.h"

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QTableView;

namespace cyto::ui {

/// The table of objects and proposals with a filter by state and text. It only asks: what a user wants comes as signals
/// and by the actions it was given, what happened comes back with setState().
class ObjectPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ObjectPanel(QWidget* parent = nullptr);

  void setState(std::shared_ptr<const SessionState> state);

  /// What can be done with the selected objects, for the context menu; null separates. Their keys act in the table,
  /// too.
  void setActions(const QList<QAction*>& actions);

  /// Edits the class of an object in place. Whether it is there.
  bool editClass(quint32 id);

  /// Selects and scrolls to an object; 0 selects none. A filter that hides it is taken away. Emits nothing.
  void select(quint32 id);
  quint32 selected() const { return selected_; }
  /// All selected objects, ascending.
  QList<quint32> selectedIds() const;

 Q_SIGNALS:
  void objectActivated(quint32 id);   ///< go there
  void selectionChanged(quint32 id);  ///< the one the user chose last; 0 for none
  void deleteRequested(const QList<quint32>& ids);
  void classRequested(quint32 id, const QString& name);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void buildTable();
  void refreshColumns();
  void refreshHeader();
  void refreshCount();
  void showAll();
  template <typename Change>
  void changeFilter(Change change);
  void restoreSelection(const QList<quint32>& ids);
  void followSelection();
  void openMenu(const QPoint& at);
  bool handleKey(int key);
  quint32 currentId() const;
  QModelIndex indexOf(quint32 id) const;

  ObjectTableModel* objects_;
  ObjectFilterModel* shown_;
  QLineEdit* filter_;
  QComboBox* states_;
  QLabel* count_;
  QStackedWidget* pages_;
  QLabel* empty_;
  QWidget* noMatch_;
  QTableView* table_;
  QList<QAction*> actions_;
  quint32 selected_ = 0;
  bool isUpdating_ = false;
};

}  // namespace cyto::ui
