#pragma once

#include "core/project/byte_stream.h"
#include "core/project/document.h"

namespace cyto {

/// An object as bytes of a checkpoint: ten times as fast to read as the journal's form, which explains itself.
void write(const ObjectRecord& object, ByteWriter& out);

/// Throws std::exception for bytes that `write` cannot have written.
ObjectRecord readObject(ByteReader& in);

}  // namespace cyto
