#include "ui/window/scale_popover.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QWidgetAction>

#include "ui/theme/theme.h"

namespace cyto::ui {

ScalePopover::ScalePopover(QWidget* parent) : QMenu(parent), size_(new QDoubleSpinBox) {
  setAttribute(Qt::WA_DeleteOnClose);
  auto* content = new QWidget;
  auto* row = new QHBoxLayout(content);
  row->setContentsMargins(kGrid_px, kGrid_px, kGrid_px, kGrid_px);
  row->setSpacing(kGrid_px);
  auto* label = new QLabel(tr("One pixel is"));
  size_->setDecimals(4);
  size_->setRange(0.0001, 100'000);
  size_->setValue(0.5);
  size_->setAccessibleName(tr("Size of a pixel"));
  label->setBuddy(size_);
  auto* unit = new QComboBox;
  unit->addItem(tr("µm"), QStringLiteral("micrometer"));
  unit->addItem(tr("nm"), QStringLiteral("nanometer"));
  unit->setAccessibleName(tr("Unit"));
  auto* set = new QPushButton(tr("Set"));
  set->setProperty("role", "primary");
  set->setDefault(true);
  for (QWidget* part : std::initializer_list<QWidget*>{label, size_, unit, set}) row->addWidget(part);
  auto* action = new QWidgetAction(this);
  action->setDefaultWidget(content);
  addAction(action);
  connect(set, &QPushButton::clicked, this, [this, unit] {
    Q_EMIT scaleChosen(size_->value(), unit->currentData().toString());
    close();
  });
  connect(this, &QMenu::aboutToShow, size_, [this] {
    size_->setFocus(Qt::PopupFocusReason);
    size_->selectAll();
  });
}

}  // namespace cyto::ui
