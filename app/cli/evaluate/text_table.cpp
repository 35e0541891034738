#include "app/cli/evaluate/text_table.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace cyto::cli {

namespace {

/// Characters that are seen, not bytes.
size_t widthOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

template <typename Cell>
std::string joined(const std::vector<std::string>& cells, const std::string& between, Cell cell) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : between) + cell(cells[i], i);
  return line;
}

std::string inMarkdown(const std::string& cell, size_t) {
  std::string text;
  for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
  return text;
}

std::string quoted(const std::string& cell, size_t) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace

std::string alignedText(const TextTable& table) {
  std::vector<size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(widthOf(column));
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widthOf(row[i]));
  }
  const auto padded = [&](const std::string& cell, size_t column) {
    const std::string space(widths[column] - widthOf(cell), ' ');
    return column == 0 ? cell + space : space + cell;
  };
  const auto line = [&](const std::vector<std::string>& cells) {
    const std::string text = joined(cells, "  ", padded);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  };
  std::string text = line(table.columns);
  for (const auto& row : table.rows) text += "\n" + line(row);
  return text;
}

std::string markdownText(const TextTable& table) {
  std::string text = "| " + joined(table.columns, " | ", inMarkdown) + " |\n|";
  for (size_t i = 0; i < table.columns.size(); ++i) text += "---|";
  for (const auto& row : table.rows) text += "\n| " + joined(row, " | ", inMarkdown) + " |";
  return text;
}

std::string csvText(const TextTable& table) {
  std::string text = joined(table.columns, ",", quoted) + "\n";
  for (const auto& row : table.rows) text += joined(row, ",", quoted) + "\n";
  return text;
}

std::string measureText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

std::string figureText(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
  return {text, end};
}

}  // namespace cyto::cli
