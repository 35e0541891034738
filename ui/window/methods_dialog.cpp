#include "ui/window/methods_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/theme/theme.h"

namespace cyto::ui {

MethodsDialog::MethodsDialog(const QString& paragraph, QWidget* parent)
    : QDialog(parent), text_(new QPlainTextEdit(paragraph)), copy_(new QPushButton(tr("Copy"))) {
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Methods paragraph"));
  auto* about = new QLabel(tr("What the records of the objects say, for the methods section of a paper."));
  about->setProperty("role", "muted");
  about->setWordWrap(true);
  text_->setReadOnly(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text_->setAccessibleName(tr("Methods paragraph"));
  copy_->setProperty("role", "primary");
  copy_->setDefault(true);
  auto* close = new QPushButton(tr("Close"));
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid_px);
  buttons->addStretch();
  buttons->addWidget(close);
  buttons->addWidget(copy_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(2 * kGrid_px, 2 * kGrid_px, 2 * kGrid_px, 2 * kGrid_px);
  layout->setSpacing(kGrid_px);
  layout->addWidget(about);
  layout->addWidget(text_, 1);
  layout->addLayout(buttons);
  resize(70 * kGrid_px, 32 * kGrid_px);
  connect(copy_, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(text_->toPlainText());
    copy_->setText(tr("Copied"));
  });
  connect(close, &QPushButton::clicked, this, &QDialog::close);
  copy_->setFocus();
}

}  // namespace cyto::ui
