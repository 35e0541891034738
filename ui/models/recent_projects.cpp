#include "ui/models/recent_projects.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>
#include <QThreadPool>

namespace cyto::ui {

namespace {

constexpr int kThumbnailSide = 240;

QString thumbnailPath(const QString& project) {
  const QByteArray hash = QCryptographicHash::hash(project.toUtf8(), QCryptographicHash::Md5).toHex();
  return QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) +
         QStringLiteral("/cytoclick/thumbnails/") + QString::fromLatin1(hash) + QStringLiteral(".png");
}

struct Line {
  QString path;
  QString name;
  QDateTime when;
};

QList<Line> read() {
  QSettings settings;
  QList<Line> lines;
  const int count = settings.beginReadArray(QStringLiteral("recent"));
  for (int i = 0; i < count; ++i) {
    settings.setArrayIndex(i);
    lines.append({settings.value(QStringLiteral("path")).toString(), settings.value(QStringLiteral("name")).toString(),
                  settings.value(QStringLiteral("when")).toDateTime()});
  }
  settings.endArray();
  return lines;
}

}  // namespace

QList<RecentProjects::Entry> RecentProjects::entries() const {
  QList<Entry> all;
  for (const Line& line : read()) {
    all.append({line.name, line.path, line.when, QImage(thumbnailPath(line.path)), !QFileInfo::exists(line.path)});
  }
  return all;
}

void RecentProjects::add(const QString& path, const QString& name) {
  QList<Line> lines = read();
  lines.removeIf([&](const Line& line) { return line.path == path; });
  lines.prepend({path, name, QDateTime::currentDateTime()});
  QSettings settings;
  settings.beginWriteArray(QStringLiteral("recent"), qMin<int>(static_cast<int>(lines.size()), kKept));
  for (int i = 0; i < qMin<int>(static_cast<int>(lines.size()), kKept); ++i) {
    settings.setArrayIndex(i);
    settings.setValue(QStringLiteral("path"), lines[i].path);
    settings.setValue(QStringLiteral("name"), lines[i].name);
    settings.setValue(QStringLiteral("when"), lines[i].when);
  }
  settings.endArray();
}

void RecentProjects::setThumbnail(const QString& path, const QImage& picture) {
  if (picture.isNull()) return;
  // The program waits for the pool when it ends.
  QThreadPool::globalInstance()->start([file = thumbnailPath(path), picture] {
    QDir().mkpath(QFileInfo(file).path());
    picture.scaled(kThumbnailSide, kThumbnailSide, Qt::KeepAspectRatio, Qt::SmoothTransformation).save(file);
  });
}

}  // namespace cyto::ui
