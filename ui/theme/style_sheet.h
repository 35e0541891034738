#pragma once

#include <QString>

#include "ui/theme/theme.h"

namespace cyto::ui {

/// The one style sheet of the program in the given colours. Sizes are in device-independent pixels of the 8-px grid;
/// fonts are never set here, so that text scales with the system.
QString styleSheetFor(const ThemeColours& colours);

}  // namespace cyto::ui
