#include "tests/unit/training/annotated_folder.h"

#include <gtest/gtest.h>

#include "core/io/label_writer.h"

namespace cyto::test {

Array plane(Dtype dtype, int64_t rows, int64_t columns, const std::function<double(int64_t, int64_t)>& value) {
  Array array = *Array::create(dtype, {1, 1, rows, columns});
  visitDtype(dtype, [&](auto zero) {
    const auto values = array.as<decltype(zero)>();
    for (int64_t i = 0; i < rows * columns; ++i) {
      values[static_cast<size_t>(i)] = static_cast<decltype(zero)>(value(i / columns, i % columns));
    }
  });
  return array;
}

Array squares(int64_t rows, int64_t columns, int64_t count, uint32_t firstId) {
  const int64_t across = columns / 12;
  return plane(Dtype::kUint32, rows, columns, [&](int64_t y, int64_t x) {
    const int64_t index = y / 12 * across + x / 12;
    const bool isInside = y % 12 < 8 && x % 12 < 8 && x / 12 < across && index < count;
    return isInside ? static_cast<double>(index) + firstId : 0;
  });
}

Array pictureOf(const Array& labels) {
  const auto ids = labels.as<uint32_t>();
  const int64_t columns = labels.shape().x;
  return plane(Dtype::kUint16, labels.shape().y, columns,
               [&](int64_t y, int64_t x) { return ids[static_cast<size_t>(y * columns + x)] > 0 ? 3000 : 200; });
}

void writePair(const std::filesystem::path& folder, const std::string& name, const Array& labels) {
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(io::writePng(folder / (name + ".png"), pictureOf(labels)));
  ASSERT_TRUE(io::writeLabelTiff(folder / (name + "_label.tif"), labels, {}));
}

}  // namespace cyto::test
