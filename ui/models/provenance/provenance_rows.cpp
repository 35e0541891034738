#include "ui/models/provenance/provenance_rows.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QLocale>

namespace cyto::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("ProvenanceRows", text); }

QString counted(int64_t count, const QString& one, const QString& many) {
  return count == 1 ? one : many.arg(QLocale().toString(static_cast<qlonglong>(count)));
}

QString promptsText(const ObjectPrompts& prompts) {
  QStringList parts;
  int64_t negative = 0;
  for (const PointPrompt& point : prompts.points) negative += point.positive ? 0 : 1;
  const auto points = static_cast<int64_t>(prompts.points.size());
  if (points > 0) {
    QString text = counted(points, tr("1 point"), tr("%1 points"));
    if (negative > 0) text += tr(" (%1 negative)").arg(QLocale().toString(static_cast<qlonglong>(negative)));
    parts.append(text);
  }
  const auto boxes = static_cast<int64_t>(prompts.boxes.size());
  if (boxes > 0) parts.append(counted(boxes, tr("1 box"), tr("%1 boxes")));
  if (prompts.mask) parts.append(tr("a mask"));
  return parts.join(QStringLiteral(", "));
}

/// The first letters tell hashes apart for people; the kind of the hash comes before them.
QString shortHash(const QString& hash) {
  constexpr int kShown = 12;
  const QString digits = hash.section(QLatin1Char(':'), -1);
  return digits.size() <= kShown ? digits : digits.left(kShown) + QStringLiteral("…");
}

QString parentsText(const std::vector<uint32_t>& parents) {
  QStringList ids;
  for (const uint32_t parent : parents) ids.append(QString::number(parent));
  return ids.join(QStringLiteral(", "));
}

}  // namespace

QList<ProvenanceRow> provenanceRows(const ObjectRecord& object) {
  const Provenance& made = object.provenance;
  QList<ProvenanceRow> rows;
  const auto add = [&](const QString& name, const QString& value, const QString& full = {}) {
    if (!value.isEmpty()) rows.append({name, value, full});
  };
  const QString prompts = promptsText(made.prompts);
  const QString model = QString::fromStdString(made.model);
  const QString weights = QString::fromStdString(made.weightsHash);
  const QString source = QString::fromStdString(made.source);
  if (prompts.isEmpty() && model.isEmpty() && source.isEmpty() && made.parents.empty()) {
    add(tr("Made"), tr("by hand"));
  }
  add(tr("Prompts"), prompts);
  add(tr("Model"), model);
  add(tr("Weights"), shortHash(weights), weights);
  add(tr("Preprocessing"), QString::fromStdString(made.preprocessing));
  if (!model.isEmpty()) {
    add(tr("Predicted IoU"), QLocale().toString(static_cast<double>(made.predictedIou), 'f', 3));
    add(tr("Mask"), made.alternative == 0 ? tr("the model's first") : tr("alternative %1").arg(made.alternative));
  }
  if (made.handEdits > 0) {
    add(tr("Hand edits"), QLocale().toString(static_cast<qlonglong>(made.handEdits)));
  }
  add(tr("Made from"), parentsText(made.parents));
  add(tr("Taken from"), QFileInfo(source).fileName(), source);
  if (made.time_us > 0) {
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(made.time_us / 1000);
    add(tr("Time"), QLocale().toString(when, QLocale::ShortFormat));
  }
  add(tr("User"), QString::fromStdString(made.user));
  add(tr("Program"), QString::fromStdString(made.program));
  return rows;
}

}  // namespace cyto::ui
