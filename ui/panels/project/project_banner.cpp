#include "ui/panels/project/project_banner.h"

#include <QPushButton>
#include <QVBoxLayout>

#include "ui/panels/project/banner_line.h"

namespace cyto::ui {

namespace {

/// Core's messages begin in lower case and may have no full stop.
QString sentenceOf(const std::string& message) {
  QString text = QString::fromStdString(message);
  if (text.isEmpty()) return text;
  text[0] = text[0].toUpper();
  return text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
}

QString damagesText(const std::vector<Damage>& damages) {
  QStringList lines;
  for (const Damage& damage : damages) {
    QString line = ProjectBanner::tr("%1, byte %2: %3")
                       .arg(QString::fromStdString(damage.file.string()))
                       .arg(damage.offset)
                       .arg(QString::fromStdString(damage.what));
    if (damage.recordsLost == 1) line += ProjectBanner::tr("; one step is lost");
    if (damage.recordsLost > 1) line += ProjectBanner::tr("; %1 steps are lost").arg(damage.recordsLost);
    lines.append(line);
  }
  return lines.join(QLatin1Char('\n'));
}

}  // namespace

ProjectBanner::ProjectBanner(QWidget* parent)
    : QFrame(parent),
      access_(new BannerLine),
      image_(new BannerLine),
      copy_(access_->addButton({})),
      use_(image_->addButton(tr("Use it all the same"))),
      find_(image_->addButton(tr("Find the image…"))) {
  setProperty("role", "panel");
  setAccessibleName(tr("State of the project"));
  image_->setDetails({});
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(access_);
  layout->addWidget(image_);
  connect(copy_, &QPushButton::clicked, this, &ProjectBanner::copyRequested);
  connect(find_, &QPushButton::clicked, this, &ProjectBanner::findImageRequested);
  connect(use_, &QPushButton::clicked, this, [this] { Q_EMIT useImageRequested(refused_); });
  setState({});
}

void ProjectBanner::setState(const SessionState& state) {
  showAccess(state);
  showImage(state);
  setVisible(access_->isVisibleTo(this) || image_->isVisibleTo(this));
}

void ProjectBanner::showAccess(const SessionState& state) {
  access_->setVisible(!state.readOnlyReason.empty());
  if (state.readOnlyReason.empty()) return;
  const bool isDamaged = !state.damages.empty();
  access_->setSentence(sentenceOf(state.readOnlyReason));
  access_->setDetails(damagesText(state.damages));
  copy_->setText(isDamaged ? tr("Save a repaired copy…") : tr("Save a copy…"));
  copy_->setToolTip(isDamaged ? tr("Write all steps that can be read to another folder, and go on there")
                              : tr("Write the project to another folder, and go on there"));
}

void ProjectBanner::showImage(const SessionState& state) {
  image_->setVisible(state.isOpen && !state.image && !state.imageProblem.empty());
  refused_ = QString::fromStdString(state.refusedImage.string());
  use_->setVisible(!refused_.isEmpty());
  if (refused_.isEmpty()) {
    image_->setSentence(sentenceOf(state.imageProblem));
  } else {
    image_->setSentence(tr("'%1' has the right size, but another content than the image of this project. Do the "
                           "objects belong to it?")
                            .arg(refused_));
  }
}

}  // namespace cyto::ui
