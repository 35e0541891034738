#pragma once

#include <QFont>
#include <QRect>
#include <QString>

class QPainter;

namespace cyto::ui {

/// Paints a key as a small cap, vertically centred at the right end of `area`. Returns the left edge of the cap.
int paintKeyChip(QPainter* painter, const QRect& area, const QFont& font, const QString& key);

/// How much room paintKeyChip takes.
int keyChipWidth(const QFont& font, const QString& key);

}  // namespace cyto::ui
