#include "ui/bridge/command_text.h"

#include <cmath>

#include "core/session/script.h"

namespace cyto::ui {

QString coordinateText(double value) {
  const double rounded = std::round(value * 100) / 100;
  return QString::number(rounded == 0 ? 0.0 : rounded, 'g', 12);
}

QString quotedWord(const QString& word) { return QString::fromStdString(cyto::quotedWord(word.toStdString())); }

}  // namespace cyto::ui
