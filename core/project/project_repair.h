#pragma once

#include "core/journal/journal.h"
#include "core/project/document.h"
#include "core/project/edit.h"
#include "core/project/folder/image_reference.h"

namespace cyto {

/// What turns one document of an image into another. Empty when they are equal.
Edit differenceBetween(const Document& from, const Document& to);

/// Writes to an empty journal all steps of a damaged one that can be read and that fit one another, and at the end,
/// where `wanted` is more than they give, one step that leads there.
Status writeRepaired(const Journal& damaged, const ImageReference& image, const Document& wanted, Journal& repaired);

}  // namespace cyto
