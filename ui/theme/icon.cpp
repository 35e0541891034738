#include "ui/theme/icon.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <algorithm>

#include "ui/theme/theme.h"

// The macro declares a function of the global namespace.
static void initialiseIconResources() { Q_INIT_RESOURCE(icons); }

namespace cyto::ui {
namespace {

/// The text of a drawing; empty for an unknown name. Drawings are read once.
QByteArray drawing(const QString& name) {
  static QHash<QString, QByteArray> known;
  const auto found = known.constFind(name);
  if (found != known.constEnd()) return *found;
  loadIconResources();
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const QByteArray text = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  known.insert(name, text);
  return text;
}

/// QtSvg does not know currentColor, so the colour is put into the text.
void paintDrawing(QPainter* painter, const QString& name, const QColor& colour, const QRectF& area) {
  QByteArray text = drawing(name);
  if (text.isEmpty()) return;
  text.replace("currentColor", colour.name(QColor::HexRgb).toLatin1());
  QSvgRenderer renderer(text);
  const double side = std::min(area.width(), area.height());
  renderer.render(painter, QRectF(area.center() - QPointF(side / 2, side / 2), QSizeF(side, side)));
}

/// `size` in device pixels.
QPixmap pixelsOf(const QString& name, const QColor& colour, const QSize& size) {
  const QString key =
      QStringLiteral("cyto-icon/%1/%2/%3x%4").arg(name, colour.name()).arg(size.width()).arg(size.height());
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  pixmap = QPixmap(size);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  paintDrawing(&painter, name, colour, QRectF(QPointF(0, 0), QSizeF(size)));
  painter.end();
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QColor colourFor(QIcon::Mode mode, QIcon::State state) {
  const ThemeColours& colours = themeColours();
  if (mode == QIcon::Disabled) return colours.disabled;
  if (state == QIcon::On) return colours.accent;
  return colours.text;
}

class ThemedIconEngine : public QIconEngine {
 public:
  explicit ThemedIconEngine(const QString& name) : name_(name) {}

  void paint(QPainter* painter, const QRect& area, QIcon::Mode mode, QIcon::State state) override {
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintDrawing(painter, name_, colourFor(mode, state), area);
    painter->restore();
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    return pixelsOf(name_, colourFor(mode, state), size);
  }

  QIconEngine* clone() const override { return new ThemedIconEngine(name_); }
  QString key() const override { return QStringLiteral("cyto-themed"); }
  QString iconName() override { return name_; }
  bool isNull() override { return drawing(name_).isEmpty(); }

 private:
  QString name_;
};

}  // namespace

QIcon themedIcon(const QString& name) {
  if (drawing(name).isEmpty()) return {};
  return QIcon(new ThemedIconEngine(name));
}

void loadIconResources() {
  static const bool isDone = [] {
    initialiseIconResources();
    return true;
  }();
  Q_UNUSED(isDone);
}

QPixmap tintedPixmap(const QString& name, const QColor& colour, int side_px, qreal devicePixelRatio) {
  const int side = qRound(side_px * devicePixelRatio);
  QPixmap pixmap = pixelsOf(name, colour, QSize(side, side));
  pixmap.setDevicePixelRatio(devicePixelRatio);
  return pixmap;
}

}  // namespace cyto::ui
