#pragma once

#include <QWidget>
#include <vector>

#include "core/inference/model_registry.h"
#include "core/session/live_session.h"

class QLabel;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace cyto::ui {

class ElidedLabel;
class ModelSection;
class PromptTable;

/// The model, the prompts of the object in the making, and the masks that answer them. It only asks: requests leave as
/// signals, and what came of them comes back with setState().
class PromptPanel : public QWidget {
  Q_OBJECT

 public:
  /// Offers the models of this installation (ModelRegistry::loadDefault).
  explicit PromptPanel(QWidget* parent = nullptr);

  /// Reads the registry again, e.g. after a model was added.
  void reloadModels();
  void setModels(const std::vector<ModelEntry>& entries);

  void setState(const SessionState& state);
  void setModelState(const ModelState& state);
  void setEmbeddingState(const EmbeddingState& state);

 Q_SIGNALS:
  void modelChosen(const QString& nameOrFile);
  void fileModelRequested();
  void removePointRequested(int index);
  void removeBoxRequested(int index);
  void togglePointRequested(int index);  ///< from positive to negative or back
  void alternativeRequested(int delta);  ///< -1 or 1
  void segmentRequested();
  void commitRequested();
  void clearRequested();

 private:
  QWidget* buildPrompts();
  QWidget* buildAnswer();
  QWidget* buildActions();
  void refreshSelection();

  ModelSection* model_;
  ElidedLabel* heading_ = nullptr;
  QLabel* plane_ = nullptr;
  QStackedWidget* pages_ = nullptr;
  PromptTable* prompts_ = nullptr;
  QToolButton* toggle_ = nullptr;
  QToolButton* remove_ = nullptr;
  QToolButton* previous_ = nullptr;
  QToolButton* next_ = nullptr;
  QLabel* mask_ = nullptr;
  QLabel* quality_ = nullptr;
  QPushButton* segment_ = nullptr;
  QPushButton* commit_ = nullptr;
  QPushButton* clear_ = nullptr;
};

}  // namespace cyto::ui
