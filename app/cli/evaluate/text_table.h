#pragma once

#include <string>
#include <vector>

namespace cyto::cli {

/// Cells of text under named columns; every row has as many as there are columns.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Columns of even width, numbers to the right: for a terminal. The first column is aligned to the left.
std::string alignedText(const TextTable& table);

/// As Markdown (GitHub's tables).
std::string markdownText(const TextTable& table);

/// As RFC 4180 wants it, with a line feed after each row.
std::string csvText(const TextTable& table);

/// A measure with three decimals.
std::string measureText(double value);

/// A measure for a file: six significant digits.
std::string figureText(double value);

}  // namespace cyto::cli
