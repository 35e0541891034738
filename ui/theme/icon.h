#pragma once

#include <QIcon>
#include <QString>

namespace cyto::ui {

/// The drawing :/icons/NAME.svg in the colours of the theme: text, muted when disabled, accent when checked.
/// It is rendered at the size and device pixel ratio asked for, and follows later theme changes by itself.
/// An unknown name gives a null icon. GUI thread.
QIcon themedIcon(const QString& name);

/// Makes resources/icons.qrc known to Qt; the linker drops it from a static library otherwise. applyTheme and
/// themedIcon do it by themselves. The qrc must be compiled into the library of this file.
void loadIconResources();

/// The same drawing in one fixed colour role, for pictures inside labels: `side_px` in device-independent pixels.
QPixmap tintedPixmap(const QString& name, const QColor& colour, int side_px, qreal devicePixelRatio);

}  // namespace cyto::ui
