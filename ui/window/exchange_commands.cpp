// Import and export of labels.

#include <QAction>
#include <QApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QSettings>

#include "core/segmentation/label_export.h"
#include "ui/bridge/command_text.h"
#include "ui/window/command_words.h"
#include "ui/window/label_offer.h"
#include "ui/window/main_window.h"
#include "ui/window/object_commands.h"

namespace cyto::ui {

namespace {

constexpr auto kProvenanceSetting = "export/provenance";

QString tr(const char* text) { return QCoreApplication::translate("WindowCommands", text); }

struct Target {
  QString format;  ///< empty: the suffix decides
  QString path;
};

QString filterOf(const QString& name, const char* suffix) {
  return QStringLiteral("%1 (*.%2)").arg(name, QString::fromLatin1(suffix));
}

/// Where to, asked in one dialog; a commit store and an OME-Zarr have the same suffix, so the chosen filter counts.
Target askForTarget(MainWindow& window) {
  struct Entry {
    const char* format;
    QString name;
    const char* suffix;
  };
  const Entry entries[] = {{"tiff", tr("Label TIFF for Fiji, napari and QuPath"), "tif"},
                           {"png", tr("PNG, one plane"), "png"},
                           {"ome-zarr", tr("OME-Zarr with classes"), "zarr"},
                           {"npy", tr("NumPy array"), "npy"},
                           {"micro-sam", tr("micro-sam commit store with prompts and history"), "zarr"}};
  QStringList filters;
  for (const Entry& entry : entries) filters.append(filterOf(entry.name, entry.suffix));
  QString chosen = filters.first();
  QString path =
      QFileDialog::getSaveFileName(&window, tr("Export labels"), {}, filters.join(QStringLiteral(";;")), &chosen);
  if (path.isEmpty()) return {};
  const Entry& entry = entries[std::max<qsizetype>(filters.indexOf(chosen), 0)];
  if (QFileInfo(path).suffix().isEmpty()) path += QLatin1Char('.') + QString::fromLatin1(entry.suffix);
  // A suffix that was typed says more than the filter that happened to be chosen.
  const bool isOther = QFileInfo(path).suffix().toLower() != QLatin1String(entry.suffix);
  return {isOther ? QString() : QString::fromLatin1(entry.format), path};
}

QString exportTo(MainWindow& window, const Target& target, QString provenance) {
  const auto format = target.format.isEmpty() ? labelFormatFromPath(target.path.toStdString())
                                              : labelFormatFromName(target.format.toStdString());
  if (!format) return QString::fromStdString(format.error().message());
  const bool isWanted = window.commands().action(QStringLiteral("export.provenance"))->isChecked();
  if (provenance.isEmpty() && isWanted) provenance = target.path + QStringLiteral(".provenance.json");
  window.bridge().exportLabels(*format, target.path, provenance);
  return {};
}

void addImport(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString file = tr("File");
  commands.add({"import", tr("Import labels…"), file, "open", keys({"Ctrl+I"}),
                tr("Take the labels of a file over, as proposals to review or as objects; what is there stays."),
                Scope::kWindow, true},
               [&window](const QStringList& words) {
                 const bool isNamed = words.size() >= 2 && (words.first() == QLatin1String("objects") ||
                                                            words.first() == QLatin1String("proposals"));
                 if (isNamed) {
                   QStringList line{QStringLiteral("import"), words.first()};
                   for (const QString& word : words.mid(1)) line.append(quotedWord(word));
                   window.bridge().execute(line.join(QLatin1Char(' ')));
                   return QString();
                 }
                 const QString path =
                     words.isEmpty() ? QFileDialog::getOpenFileName(
                                           &window, tr("Import labels"), {},
                                           tr("Label images (*.tif *.tiff *.png *.npy *.h5 *.hdf5);;All files (*)"))
                                     : words.first();
                 if (!path.isEmpty()) window.labelOffer().offerChosen(path);
                 return QString();
               });
  commands.add({"import-folder",
                tr("Import label folder…"),
                file,
                "",
                {},
                tr("Take over labels that are a folder: OME-Zarr, N5, or a commit store of micro-sam.")},
               [&window](const QStringList&) {
                 const QString path = QFileDialog::getExistingDirectory(&window, tr("Import labels"));
                 if (!path.isEmpty()) window.labelOffer().offerChosen(path);
                 return QString();
               });
}

}  // namespace

void addExchangeCommands(MainWindow& window) {
  addImport(window);
  CommandRegistry& commands = window.commands();
  const QString file = tr("File");
  commands.add({"export", tr("Export labels…"), file, "export", keys({"Ctrl+E"}),
                tr("Write the objects as TIFF, PNG, OME-Zarr, NPY or a commit store of micro-sam; proposals stay out."),
                Scope::kWindow, true},
               [&window](const QStringList& words) {
                 if (words.size() > 1) return exportTo(window, {words[0], words[1]}, words.value(2));
                 const Target target = words.isEmpty() ? askForTarget(window) : Target{{}, words.first()};
                 return target.path.isEmpty() ? QString() : exportTo(window, target, {});
               });
  QAction* provenance =
      commands.add({"export.provenance",
                    tr("Provenance with exports"),
                    file,
                    "",
                    {},
                    tr("Write how each object was made beside every exported label image, as NAME.provenance.json."),
                    Scope::kWindow,
                    false,
                    true},
                   [&window](const QStringList&) {
                     const QAction* mark = window.commands().action(QStringLiteral("export.provenance"));
                     QSettings().setValue(QString::fromLatin1(kProvenanceSetting), mark->isChecked());
                     return QString();
                   });
  provenance->setChecked(QSettings().value(QString::fromLatin1(kProvenanceSetting), false).toBool());
}

}  // namespace cyto::ui
