#pragma once

#include <string>
#include <vector>

#include "core/segmentation/automatic/instance_labels.h"

namespace cyto::test {

/// Labels as rows of text: '.' is background, '1' to '9' are ids.
inline InstanceLabels labelsOf(const std::vector<std::string>& rows) {
  InstanceLabels labels{{static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.front().size())}, {}, 0};
  for (const std::string& row : rows) {
    for (const char c : row) {
      labels.ids.push_back(c == '.' ? 0 : static_cast<uint32_t>(c - '0'));
      labels.count = std::max(labels.count, labels.ids.back());
    }
  }
  return labels;
}

inline std::vector<std::string> drawn(const InstanceLabels& labels) {
  std::vector<std::string> rows;
  for (int64_t y = 0; y < labels.size.y; ++y) {
    std::string row;
    for (int64_t x = 0; x < labels.size.x; ++x) {
      const uint32_t id = labels.ids[static_cast<size_t>(y * labels.size.x + x)];
      row += id == 0 ? '.' : static_cast<char>('0' + id);
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace cyto::test
