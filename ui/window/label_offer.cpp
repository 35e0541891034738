#include "ui/window/label_offer.h"

#include <QDir>
#include <QFileInfo>
#include <QMetaObject>

#include "core/io/label_reader.h"
#include "core/session/autosave.h"
#include "ui/bridge/command_text.h"
#include "ui/panels/notice_bar.h"
#include "ui/window/main_window.h"

namespace cyto::ui {

namespace {

/// Whether a file can be labels of an image of this extent. Floating-point pixels can be labels, but nobody would drop
/// them for that.
Status checkLabels(const std::filesystem::path& path, const Shape& shape, bool mayBeFloat) {
  CYTO_ASSIGN(const io::LabelReader labels, io::LabelReader::open(path, "", shape));
  if (!mayBeFloat && isFloat(labels.info().dtype)) return Error(ErrorCode::kInvalidArgument, "no whole numbers");
  return {};
}

}  // namespace

LabelOffer::LabelOffer(MainWindow& window) : QObject(&window), window_(window) {}

LabelOffer::~LabelOffer() {
  queue_.cancelAll();
  queue_.waitUntilIdle();
}

void LabelOffer::offerDropped(const QString& path) {
  const SessionState& state = window_.bridge().state();
  const QString image = QString::fromStdString(state.reference.path.string());
  const bool isImage = QFileInfo(path) == QFileInfo(image);
  const bool isWritable = state.isOpen && state.readOnlyReason.empty();
  if (!isWritable || isImage || isProject(path.toStdString())) return window_.open(path);
  look(path, false);
}

void LabelOffer::offerChosen(const QString& path) { look(path, true); }

void LabelOffer::look(const QString& path, bool isChosen) {
  ++looking_;
  const Shape shape = window_.bridge().state().document.labels.shape();
  queue_.post(JobPriority::kVisible, [this, path, shape, isChosen](const CancelToken&) {
    const Status fits = checkLabels(path.toStdString(), shape, isChosen);
    const auto deliver = [this, path, isChosen, fits] {
      --looking_;
      answer(path, isChosen, fits);
    };
    QMetaObject::invokeMethod(this, deliver, Qt::QueuedConnection);
  });
}

void LabelOffer::answer(const QString& path, bool isChosen, const Status& fits) {
  if (!fits && !isChosen) return window_.open(path);
  if (!fits) return window_.tell(cyto::Notice::Severity::kError, QString::fromStdString(fits.error().message()));
  const QString name = QFileInfo(QDir::cleanPath(path)).fileName();
  const QString word = quotedWord(path);
  QList<NoticeAction> actions{{QStringLiteral("import proposals ") + word, tr("Import as proposals")},
                              {QStringLiteral("import objects ") + word, tr("Import as objects")}};
  if (!isChosen) actions.append({QStringLiteral("open ") + word, tr("Open it instead")});
  const QString sentence = isChosen
                               ? tr("Take the labels in \u201c%1\u201d over as proposals to review, or as objects?")
                               : tr("\u201c%1\u201d is as large as the image. Take it over as labels?");
  window_.tell(cyto::Notice::Severity::kInformation, sentence.arg(name), actions);
}

}  // namespace cyto::ui
