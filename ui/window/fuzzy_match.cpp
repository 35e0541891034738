#include "ui/window/fuzzy_match.h"

#include <algorithm>
#include <vector>

namespace cyto::ui {
namespace {

constexpr int kNoMatch = -1;
constexpr int kLetter = 4;
constexpr int kWordStart = 8;
constexpr int kNeighbour = 10;
constexpr int kTextStart = 6;

bool startsWord(const QString& text, int at) {
  if (at == 0) return true;
  const QChar before = text[at - 1];
  return !before.isLetterOrNumber() || (before.isLower() && text[at].isUpper());
}

}  // namespace

std::optional<FuzzyMatch> fuzzyMatch(const QString& query, const QString& text) {
  QString letters = query.toCaseFolded();
  letters.removeIf([](QChar c) { return c.isSpace(); });
  if (letters.isEmpty()) return FuzzyMatch{};
  const int rows = static_cast<int>(letters.size());
  const int columns = static_cast<int>(text.size());
  // best[i][j]: best score with letter i matched at character j; from[i][j]: where letter i - 1 was then.
  std::vector<std::vector<int>> best(rows, std::vector<int>(columns, kNoMatch));
  std::vector<std::vector<int>> from(rows, std::vector<int>(columns, kNoMatch));
  for (int i = 0; i < rows; ++i) {
    int bestBefore = kNoMatch;
    int bestBeforeAt = kNoMatch;
    for (int j = 0; j < columns; ++j) {
      if (i > 0 && j > 0 && best[i - 1][j - 1] > bestBefore) {
        bestBefore = best[i - 1][j - 1];
        bestBeforeAt = j - 1;
      }
      if (text[j].toCaseFolded() != letters[i] || (i > 0 && bestBefore == kNoMatch)) continue;
      const int own = kLetter + (startsWord(text, j) ? kWordStart : 0) + (j == 0 ? kTextStart : 0);
      best[i][j] = own + (i > 0 ? bestBefore : 0);
      from[i][j] = bestBeforeAt;
      const bool isNeighbour = i > 0 && j > 0 && best[i - 1][j - 1] != kNoMatch;
      if (isNeighbour && best[i - 1][j - 1] + kNeighbour + own > best[i][j]) {
        best[i][j] = best[i - 1][j - 1] + kNeighbour + own;
        from[i][j] = j - 1;
      }
    }
  }
  const auto last = std::max_element(best[rows - 1].begin(), best[rows - 1].end());
  if (last == best[rows - 1].end() || *last == kNoMatch) return std::nullopt;
  FuzzyMatch match;
  match.score = *last - columns / 8;
  int at = static_cast<int>(last - best[rows - 1].begin());
  for (int i = rows - 1; i >= 0; --i) {
    match.positions.prepend(at);
    at = from[i][at];
  }
  return match;
}

}  // namespace cyto::ui
