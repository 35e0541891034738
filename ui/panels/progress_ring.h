#pragma once

class QColor;
class QPainter;
class QRectF;

namespace cyto::ui {

/// A thin ring inside `area` of which `fraction`, 0..1, is filled clockwise from the top.
void paintProgressRing(QPainter* painter, const QRectF& area, double fraction, const QColor& colour);

}  // namespace cyto::ui
