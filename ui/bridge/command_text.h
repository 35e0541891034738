#pragma once

#include <QString>

namespace cyto::ui {

/// A coordinate as a session command has it: hundredths of a pixel, which is finer than a hand can point.
QString coordinateText(double value);

/// A path or name as one word of a command.
QString quotedWord(const QString& word);

}  // namespace cyto::ui
