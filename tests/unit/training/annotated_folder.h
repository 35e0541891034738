#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/array/array.h"

namespace cyto::test {

/// `value(row, column)` at every pixel, in one plane.
Array plane(Dtype dtype, int64_t rows, int64_t columns, const std::function<double(int64_t, int64_t)>& value);

/// Label ids: squares of 8 x 8 pixels, `count` of them, in a grid from the top left; ids from `firstId`.
Array squares(int64_t rows, int64_t columns, int64_t count, uint32_t firstId = 1);

/// Bright where `labels` has objects, as uint16.
Array pictureOf(const Array& labels);

/// Writes NAME.png and NAME_label.tif.
void writePair(const std::filesystem::path& folder, const std::string& name, const Array& labels);

}  // namespace cyto::test
