#pragma once

#include <QKeySequence>
#include <QList>
#include <QString>
#include <initializer_list>

#include "ui/window/command_registry.h"

namespace cyto::ui {

// What files that register commands have in common.

using Scope = Command::Scope;
using Run = CommandRegistry::Run;

/// Keys in the portable notation, the one that is shown first.
inline QList<QKeySequence> keys(std::initializer_list<const char*> texts) {
  QList<QKeySequence> all;
  for (const char* text : texts) all.append(QKeySequence(QString::fromLatin1(text)));
  return all;
}

}  // namespace cyto::ui
