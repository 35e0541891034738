#pragma once

#include <QList>
#include <QString>
#include <optional>

namespace cyto::ui {

/// How well a text answers what was typed.
struct FuzzyMatch {
  int score = 0;         ///< larger is better
  QList<int> positions;  ///< of the matched characters in the text, ascending
};

/// Matches when all characters of `query`, spaces aside, occur in `text` in this order, whatever their case. Runs of
/// neighbours and beginnings of words count more than scattered letters; short texts more than long ones. An empty
/// query matches everything with score 0.
std::optional<FuzzyMatch> fuzzyMatch(const QString& query, const QString& text);

}  // namespace cyto::ui
