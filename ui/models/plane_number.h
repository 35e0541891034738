#pragma once

#include <QtGlobal>

namespace cyto::ui {

/// What the first frame or slice is called where people read it; kFirstSliceNumber of ui/panels/axes_text.h is the same
/// number (checked there where both are seen).
inline constexpr qint64 kFirstPlaneNumber = 1;

}  // namespace cyto::ui
