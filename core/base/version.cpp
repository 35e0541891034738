#include "core/base/version.h"

namespace cyto {

std::string_view programVersion() { return CYTOCLICK_VERSION; }

}  // namespace cyto
