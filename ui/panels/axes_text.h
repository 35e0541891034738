#pragma once

#include <QString>
#include <cstdint>

#include "core/array/shape.h"

namespace cyto::ui {

/// Frames and slices are counted from 1 where people read them, as in Fiji; y and x are pixel indices from 0.
inline constexpr int64_t kFirstSliceNumber = 1;

/// "T 61 × 30 s · C 2 · Z 41 × 0.5 µm · Y 2048 × 0.108 µm · X 2048 × 0.108 µm": only axes with more than one element
/// (Y and X always), each with its step where it is known. Numbers in the local form.
QString axesText(const cyto::Shape& shape, int64_t channels, const cyto::PixelScale& scale);

/// Whether the size of a pixel in y and x is known in a physical unit.
bool hasPixelSize(const cyto::PixelScale& scale);

/// "µm" for "micrometer" and its other spellings, "s" for "second"; other units as they are, "" for pixels.
QString unitSymbol(const std::string& unit);

/// "0.108 µm/px", "0.108 × 0.11 µm/px" (y × x) when they differ, empty when unknown.
QString pixelSizeText(const cyto::PixelScale& scale);

}  // namespace cyto::ui
