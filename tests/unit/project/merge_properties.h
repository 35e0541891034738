#pragma once

#include <random>

#include "core/project/merge/merge_documents.h"

namespace cyto::test {

/// Something that a user may do next: draw, redraw, delete, classify, verify, and proposals as a model makes them.
Edit randomEdit(const Document& document, uint32_t nextId, std::mt19937_64& random);

/// All pixels a side drew and all classes it gave are in the merged document, or named as ones without room; what it
/// verified is verified, or a conflict names it.
void expectNothingLost(const Document& base, const Document& side, MergeSide name, const MergeReport& report,
                       const Document& merged);

/// Records and pixels agree.
void expectWhole(const Document& document);

}  // namespace cyto::test
