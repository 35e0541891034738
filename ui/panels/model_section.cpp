#include "ui/panels/model_section.h"

#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/panels/wheel_guard.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

QString deviceText(const std::string& device) {
  if (device == "cpu") return ModelSection::tr("CPU");
  if (device == "cuda") return ModelSection::tr("GPU");
  return QString::fromStdString(device);
}

/// "bf16 on CPU, 2 threads".
QString runText(const ModelIdentity& identity) {
  const std::string_view name = precisionName(identity.precision);
  const QString precision = QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size()));
  const QString device = deviceText(identity.device);
  if (identity.device != "cpu") return ModelSection::tr("%1 on %2").arg(precision, device);
  const QString threads = identity.threads == 1
                              ? ModelSection::tr("1 thread")
                              : ModelSection::tr("%1 threads").arg(QLocale().toString(identity.threads));
  return ModelSection::tr("%1 on %2, %3").arg(precision, device, threads);
}

/// Core's messages begin in lower case and have no full stop.
QString sentence(const std::string& message) {
  QString text = QString::fromStdString(message);
  if (text.isEmpty()) return text;
  text[0] = text[0].toUpper();
  return text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
}

/// Files have a path or an ending, registry names neither.
QString shownName(const QString& nameOrFile) {
  return nameOrFile.contains(QLatin1Char('/')) ? QFileInfo(nameOrFile).fileName() : nameOrFile;
}

}  // namespace

ModelSection::ModelSection(QWidget* parent)
    : QWidget(parent), choice_(new QComboBox), state_(new QLabel), embeddings_(new QLabel) {
  choice_->setAccessibleName(tr("Model"));
  choice_->setToolTip(tr("Model: which network answers your prompts"));
  // A long name is cut; it must not make the dock wider.
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  choice_->setMinimumContentsLength(12);
  choice_->setPlaceholderText(tr("Choose a model"));
  WheelGuard::install(choice_);
  state_->setWordWrap(true);
  state_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  state_->setAccessibleName(tr("State of the model"));
  embeddings_->setProperty("role", "muted");
  embeddings_->setAccessibleName(tr("Embeddings"));
  embeddings_->setToolTip(tr("Embeddings: tiles that answer a click at once"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid_px / 2);
  layout->addWidget(choice_);
  layout->addWidget(state_);
  layout->addWidget(embeddings_);
  connect(choice_, &QComboBox::activated, this, &ModelSection::choose);
  setModelState({});
  setEmbeddingState({});
  showChosen();
}

void ModelSection::setModels(const std::vector<ModelEntry>& entries) {
  entries_.clear();
  for (const ModelEntry& entry : entries) {
    if (!entry.path.empty()) entries_.push_back(entry);
  }
  showChosen();
}

// The list anew: the models, a file that is in use, and the way to another file.
void ModelSection::showChosen() {
  const QSignalBlocker quiet(choice_);
  choice_->clear();
  int chosen = -1;
  for (const ModelEntry& entry : entries_) {
    const QString name = QString::fromStdString(entry.name);
    if (name == chosen_ || (chosen_.isEmpty() && entry.isDefault)) chosen = choice_->count();
    choice_->addItem(entry.isDefault ? tr("%1 (default)").arg(name) : name, name);
    const QString description = QString::fromStdString(entry.description);
    const QString licence = QString::fromStdString(entry.licence);
    choice_->setItemData(choice_->count() - 1,
                         licence.isEmpty() ? description : tr("%1\nLicence: %2").arg(description, licence),
                         Qt::ToolTipRole);
  }
  if (chosen < 0 && !chosen_.isEmpty()) {
    chosen = choice_->count();
    choice_->addItem(shownName(chosen_), chosen_);
    choice_->setItemData(chosen, chosen_, Qt::ToolTipRole);
  }
  if (choice_->count() > 0) choice_->insertSeparator(choice_->count());
  choice_->addItem(tr("Choose a file…"));
  choice_->setCurrentIndex(chosen);
}

void ModelSection::choose(int row) {
  const QVariant nameOrFile = choice_->itemData(row);
  if (!nameOrFile.isValid()) {
    showChosen();
    Q_EMIT fileModelRequested();
    return;
  }
  if (nameOrFile.toString() == chosen_) return;
  chosen_ = nameOrFile.toString();
  Q_EMIT modelChosen(chosen_);
}

void ModelSection::setModelState(const ModelState& state) {
  const QString requested = QString::fromStdString(state.requested);
  if (state.phase != ModelState::Phase::kNone && requested != chosen_) {
    chosen_ = requested;
    showChosen();
  }
  const QString name = chosen_.isEmpty() ? choice_->currentData().toString() : shownName(chosen_);
  switch (state.phase) {
    case ModelState::Phase::kNone: return showState(tr("Not loaded yet. The first prompt loads it."), "muted");
    case ModelState::Phase::kLoading:
      return showState(name.isEmpty() ? tr("Loading the model…") : tr("Loading %1…").arg(name), "muted");
    case ModelState::Phase::kReady: return showState(runText(state.identity), "muted");
    case ModelState::Phase::kFailed: break;
  }
  QString text = sentence(state.problem);
  if (!state.identity.name.empty()) {
    text += QLatin1Char(' ') + tr("%1 stays in use.").arg(QString::fromStdString(state.identity.name));
  }
  showState(text, "danger");
}

void ModelSection::showState(const QString& text, const char* role) {
  state_->setText(text);
  if (state_->property("role").toString() == QLatin1String(role)) return;
  state_->setProperty("role", role);
  state_->style()->unpolish(state_);
  state_->style()->polish(state_);
}

void ModelSection::setEmbeddingState(const EmbeddingState& state) {
  const QLocale locale;
  embeddings_->setText(
      state.wanted == 0 ? tr("No embeddings yet")
                        : tr("Embeddings %1 of %2 tiles")
                              .arg(locale.toString(qlonglong{state.ready}), locale.toString(qlonglong{state.wanted})));
}

}  // namespace cyto::ui
