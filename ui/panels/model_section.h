#pragma once

#include <QWidget>
#include <vector>

#include "core/inference/model_registry.h"
#include "core/session/inference_worker.h"

class QComboBox;
class QLabel;

namespace cyto::ui {

/// Which model answers, how it runs, and how far the image is embedded. Offers the models whose weights are on this
/// machine and a file of the user's.
class ModelSection : public QWidget {
  Q_OBJECT

 public:
  explicit ModelSection(QWidget* parent = nullptr);

  /// Entries without weights are left out.
  void setModels(const std::vector<ModelEntry>& entries);
  void setModelState(const ModelState& state);
  void setEmbeddingState(const EmbeddingState& state);

  QComboBox* choice() const { return choice_; }

 Q_SIGNALS:
  void modelChosen(const QString& nameOrFile);
  void fileModelRequested();

 private:
  void choose(int row);
  void showChosen();
  void showState(const QString& text, const char* role);

  QComboBox* choice_;
  QLabel* state_;
  QLabel* embeddings_;
  std::vector<ModelEntry> entries_;
  QString chosen_;  ///< registry name or file; empty: the default model
};

}  // namespace cyto::ui
