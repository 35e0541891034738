#include "ui/panels/recent_delegate.h"

#include <QDateTime>
#include <QImage>
#include <QLocale>
#include <QPainter>
#include <algorithm>

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

namespace cyto::ui {
namespace {

constexpr int kPictureWidth_px = 152;
constexpr int kPictureHeight_px = 96;
constexpr int kIcon_px = 32;

void paintPicture(QPainter* painter, const QRect& area, const QImage& picture, bool isMissing) {
  const ThemeColours& colours = themeColours();
  const QRectF frame = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5);
  painter->setPen(colours.border);
  painter->setBrush(colours.viewBackground);
  painter->drawRoundedRect(frame, 4, 4);
  if (picture.isNull() || isMissing) {
    const QRect icon(area.center() - QPoint(kIcon_px / 2, kIcon_px / 2), QSize(kIcon_px, kIcon_px));
    themedIcon(isMissing ? QStringLiteral("warning") : QStringLiteral("objects"))
        .paint(painter, icon, Qt::AlignCenter, QIcon::Disabled);
  } else {
    // Filled and cut at the longer side: a tile shows a texture, not a letterbox.
    const double scale = std::max(area.width() / double(picture.width()), area.height() / double(picture.height()));
    const QPointF corner = QRectF(area).center() - QPointF(picture.width(), picture.height()) * scale / 2;
    QBrush brush(picture);  // and not a clip, whose corners would be jagged
    brush.setTransform(QTransform().translate(corner.x(), corner.y()).scale(scale, scale));
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    painter->setBrush(brush);
    painter->drawRoundedRect(frame, 4, 4);
  }
}

}  // namespace

QImage RecentDelegate::thumbnailFrom(const QImage& image) {
  if (image.isNull()) return {};
  // Enough for screens of three pixels per point.
  const QSize largest(3 * kPictureWidth_px, 3 * kPictureHeight_px);
  const bool isSmall = image.width() <= largest.width() || image.height() <= largest.height();
  return isSmall ? image : image.scaled(largest, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
}

QSize RecentDelegate::tileSize(const QFontMetrics& metrics) {
  return QSize(kPictureWidth_px + 2 * kGrid_px, kPictureHeight_px + 2 * metrics.height() + 3 * kGrid_px);
}

QSize RecentDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return tileSize(option.fontMetrics);
}

void RecentDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ThemeColours& colours = themeColours();
  const bool isMissing = index.data(kIsMissing).toBool();
  const bool isCurrent = (option.state & QStyle::State_HasFocus) || (option.state & QStyle::State_Selected);
  const bool isHovered = option.state & QStyle::State_MouseOver;
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  if (isCurrent || isHovered) {
    painter->setPen(isCurrent ? QPen(colours.accent, 1) : QPen(Qt::NoPen));
    painter->setBrush(isCurrent ? colours.accentSoft : colours.raised);
    painter->drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  }
  const QRect area = option.rect.adjusted(kGrid_px, kGrid_px, -kGrid_px, -kGrid_px);
  const QRect picture(area.topLeft(), QSize(area.width(), kPictureHeight_px));
  paintPicture(painter, picture, index.data(kThumbnail).value<QImage>(), isMissing);
  const int line = option.fontMetrics.height();
  const QRect name(area.left(), picture.bottom() + 1 + kGrid_px / 2, area.width(), line);
  painter->setFont(option.font);
  painter->setPen(isMissing ? colours.muted : colours.text);
  painter->drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                    option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, name.width()));
  const QDateTime when = index.data(kWhen).toDateTime();
  QString date = QLocale().toString(when.toLocalTime(), QLocale::ShortFormat);
  if (option.fontMetrics.horizontalAdvance(date) > name.width()) {
    date = QLocale().toString(when.toLocalTime().date(), QLocale::ShortFormat);
  }
  const QString second = isMissing ? tr("not found") : date;
  painter->setPen(isMissing ? colours.warning : isCurrent ? colours.text : colours.muted);
  painter->drawText(name.translated(0, line), Qt::AlignLeft | Qt::AlignVCenter,
                    option.fontMetrics.elidedText(second, Qt::ElideRight, name.width()));
  painter->restore();
}

}  // namespace cyto::ui
