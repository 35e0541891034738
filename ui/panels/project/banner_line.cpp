#include "ui/panels/project/banner_line.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {

namespace {

constexpr int kIcon_px = 20;

/// Paths have no spaces to break at; without a place to break one would make the window wider.
QString breakable(QString text) {
  constexpr QChar kZeroWidthSpace(0x200B);
  for (const QChar mark : {QLatin1Char('/'), QLatin1Char('_'), QLatin1Char('-')}) {
    text.replace(mark, QString(mark) + kZeroWidthSpace);
  }
  return text;
}

}  // namespace

BannerLine::BannerLine(QWidget* parent)
    : QFrame(parent),
      icon_(new QLabel),
      sentence_(new QLabel),
      open_(new QPushButton(tr("Details"))),
      details_(new QLabel),
      buttons_(new QHBoxLayout) {
  icon_->setFixedSize(kIcon_px, kIcon_px);
  sentence_->setTextFormat(Qt::PlainText);
  sentence_->setWordWrap(true);
  open_->setProperty("role", "link");
  open_->setCheckable(true);
  details_->setTextFormat(Qt::PlainText);
  details_->setWordWrap(true);
  details_->setProperty("role", "muted");
  details_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  details_->hide();
  buttons_->setSpacing(kGrid_px);
  auto* line = new QHBoxLayout;
  line->setSpacing(kGrid_px);
  line->addWidget(icon_);
  line->addWidget(sentence_, 1);
  line->addWidget(open_);
  line->addLayout(buttons_);
  auto* below = new QHBoxLayout;
  below->addSpacing(kIcon_px + kGrid_px);
  below->addWidget(details_, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, kGrid_px / 2, kGrid_px, kGrid_px / 2);
  layout->setSpacing(kGrid_px / 2);
  layout->addLayout(line);
  layout->addLayout(below);
  connect(open_, &QPushButton::toggled, this, [this](bool isOpen) {
    details_->setVisible(isOpen);
    open_->setText(isOpen ? tr("Hide details") : tr("Details"));
  });
  refreshIcon();
}

void BannerLine::setSentence(const QString& sentence) {
  sentence_->setText(breakable(sentence));
  setAccessibleName(sentence);
}

void BannerLine::setDetails(const QString& details) {
  details_->setText(breakable(details));
  open_->setVisible(!details.isEmpty());
  if (details.isEmpty()) open_->setChecked(false);
}

QPushButton* BannerLine::addButton(const QString& text) {
  auto* button = new QPushButton(text);
  buttons_->addWidget(button);
  return button;
}

void BannerLine::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) refreshIcon();
}

void BannerLine::refreshIcon() {
  icon_->setPixmap(tintedPixmap(QStringLiteral("warning"), themeColours().warning, kIcon_px, devicePixelRatioF()));
}

}  // namespace cyto::ui
