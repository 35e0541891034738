#pragma once

#include <QList>
#include <QString>

#include "core/project/document.h"

namespace cyto::ui {

/// One thing that is known of how an object was made.
struct ProvenanceRow {
  QString name;   ///< "Model"
  QString value;  ///< short enough for a narrow panel
  QString full;   ///< what copying gives; empty where the value says it all
  bool operator==(const ProvenanceRow&) const = default;
};

/// What the record of an object says, in the order of its making; what is not known is left out.
QList<ProvenanceRow> provenanceRows(const ObjectRecord& object);

}  // namespace cyto::ui
