#include "ui/panels/provenance/provenance_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>

#include "core/project/exchange/provenance_report.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

QString titleOf(const ObjectRecord& object) {
  QStringList parts = {ProvenancePanel::tr("Object %1").arg(object.id)};
  switch (object.state) {
    case ObjectState::kProposal: parts.append(ProvenancePanel::tr("proposal")); break;
    case ObjectState::kAccepted: break;
    case ObjectState::kVerified: parts.append(ProvenancePanel::tr("verified")); break;
  }
  if (!object.className.empty()) parts.append(QString::fromStdString(object.className));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

ProvenancePanel::ProvenancePanel(QWidget* parent)
    : QWidget(parent),
      title_(new QLabel),
      copy_(new QPushButton(tr("Copy as JSON"))),
      empty_(new QLabel(tr("Select an object to see how it was made."))),
      scroll_(new QScrollArea) {
  setAccessibleName(tr("Provenance"));
  title_->setProperty("role", "heading");
  title_->setWordWrap(true);
  copy_->setToolTip(tr("Copy everything that is known of the object, prompts included"));
  empty_->setProperty("role", "muted");
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setMargin(2 * kGrid_px);
  scroll_->setWidgetResizable(true);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid_px);
  head->addWidget(title_, 1);
  head->addWidget(copy_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addLayout(head);
  layout->addWidget(scroll_, 1);
  layout->addWidget(empty_, 1);
  connect(copy_, &QPushButton::clicked, this, &ProvenancePanel::copyJson);
  fill();
}

void ProvenancePanel::setObject(std::shared_ptr<const ObjectRecord> object) {
  if (object == object_) return;
  object_ = std::move(object);
  fill();
}

void ProvenancePanel::fill() {
  const bool hasObject = object_ != nullptr;
  title_->setVisible(hasObject);
  copy_->setVisible(hasObject);
  scroll_->setVisible(hasObject);
  empty_->setVisible(!hasObject);
  if (!hasObject) return;
  QFont bold = font();
  bold.setBold(true);
  title_->setFont(bold);
  title_->setText(titleOf(*object_));
  const QList<ProvenanceRow> rows = provenanceRows(*object_);
  if (rows == rows_ && scroll_->widget()) return;
  rows_ = rows;
  auto* content = new QWidget;
  auto* grid = new QGridLayout(content);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(2 * kGrid_px);
  grid->setVerticalSpacing(kGrid_px / 2);
  grid->setColumnStretch(1, 1);
  scroll_->setWidget(content);
  for (int row = 0; row < rows_.size(); ++row) addRow(row, rows_[row]);
  grid->setRowStretch(static_cast<int>(rows_.size()), 1);
}

void ProvenancePanel::addRow(int row, const ProvenanceRow& shown) {
  auto* grid = static_cast<QGridLayout*>(scroll_->widget()->layout());
  auto* name = new QLabel(shown.name);
  name->setProperty("role", "muted");
  name->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  auto* value = new QLabel(shown.value);
  value->setTextFormat(Qt::PlainText);
  value->setWordWrap(true);
  value->setTextInteractionFlags(Qt::TextSelectableByMouse);
  value->setAccessibleName(shown.name + QStringLiteral(": ") + (shown.full.isEmpty() ? shown.value : shown.full));
  name->setMinimumHeight(3 * kGrid_px);
  value->setMinimumHeight(3 * kGrid_px);
  name->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  value->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  grid->addWidget(name, row, 0);
  grid->addWidget(value, row, 1);
  if (shown.full.isEmpty()) return;
  value->setToolTip(shown.full);
  auto* copy = new QToolButton;
  copy->setIcon(themedIcon(QStringLiteral("copy")));
  copy->setIconSize({16, 16});
  copy->setToolTip(tr("Copy %1").arg(shown.full));
  copy->setAccessibleName(tr("Copy: %1").arg(shown.name));
  connect(copy, &QToolButton::clicked, copy, [text = shown.full] { QApplication::clipboard()->setText(text); });
  grid->addWidget(copy, row, 2, Qt::AlignTop);
}

bool ProvenancePanel::copyJson() {
  if (!object_) return false;
  QApplication::clipboard()->setText(QString::fromStdString(objectReport(*object_)));
  return true;
}

void ProvenancePanel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) fill();
}

}  // namespace cyto::ui
