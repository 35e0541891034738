#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"
#include "core/project/document.h"
#include "core/project/history.h"

namespace cyto {

/// The state of a project at one record of its journal, so that opening need not replay what came before. It only saves
/// time: the journal alone gives the same state.
struct Checkpoint {
  uint64_t sequence = 0;        ///< the last record it includes
  int64_t recordTime_us = 0;    ///< of that record: with the next, tells whether it is the journal's
  uint32_t recordChecksum = 0;  ///< CRC-32C of the payload of that record
  uint32_t nextId = 1;
  History history;
  Document document;
};

/// Writes a checkpoint beside `path` and renames it; readers see the old one or the whole new one.
Status writeCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// kNotFound when there is none, kFormat (with file and offset) when it is damaged or not of an image of this shape.
Result<Checkpoint> readCheckpoint(const std::filesystem::path& path, const Shape& shape);

}  // namespace cyto
