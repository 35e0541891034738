#pragma once

#include <QDateTime>
#include <QImage>
#include <QList>
#include <QString>

namespace cyto::ui {

/// The projects that were open lately, newest first, kept with the user's settings; their pictures lie in the user's
/// cache folder. Several windows may use it: each change reads what is there first.
class RecentProjects {
 public:
  struct Entry {
    QString name;
    QString path;
    QDateTime when;
    QImage thumbnail;
    bool isMissing = false;
  };
  static constexpr int kKept = 12;

  QList<Entry> entries() const;
  /// Puts a project first.
  void add(const QString& path, const QString& name);
  /// At most 240 pixels wide or high are kept; written in the background.
  void setThumbnail(const QString& path, const QImage& picture);
};

}  // namespace cyto::ui
