#pragma once

#include <string>

#include "core/project/document.h"
#include "core/project/folder/image_reference.h"

namespace cyto {

/// A paragraph for the methods section of a paper, in plain English: how many objects in how many planes, by which
/// program version, prompted with which models (name and weights hash) and how many clicks, painted, imported, merged
/// or split, verified; classes, preprocessing, dates, annotators. It says what the records of the objects say and
/// nothing else; what is not recorded is not mentioned. Proposals are named apart. One line, without a line break.
std::string methodsParagraph(const Document& document, const ImageReference& image);

}  // namespace cyto
