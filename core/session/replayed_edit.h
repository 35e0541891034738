#pragma once

#include "core/project/edit.h"

namespace cyto {

/// The parts of a replay that need no model, as pure functions of the document that a replay has come to.

/// A recorded commit, done again with the current object of the document. Who made it and when stays as recorded. When
/// there is nothing to commit (no mask, or no pixel left for it), the draft is cleared all the same.
Edit committedAgain(const Edit& recorded, const Document& document);

/// Any other recorded edit, fitted to the document: the recorded one where that fits; else pixels change where they are
/// what they were when it was recorded, and an object that went then takes all its pixels along.
Edit followedAgain(const Edit& recorded, const Document& document);

/// How much of what two edits did to pixels is the same: pixels that both changed to the same id, divided by those that
/// one of them changed. 1 when neither changed any.
double agreementOf(const Edit& a, const Edit& b);

}  // namespace cyto
