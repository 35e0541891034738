#include "core/training/validation_choice.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace cyto {

namespace {

constexpr uint64_t kSeed = 20;         // the choice must not change with the seed of a run
constexpr size_t kMostOfASource = 64;  // more make validation slow and hardly surer

using Indices = std::vector<size_t>;

size_t shareOf(size_t count, double share) {
  return std::min(count - 1, std::max<size_t>(1, static_cast<size_t>(std::lround(share * static_cast<double>(count)))));
}

/// Files of one source that are kept back.
std::set<size_t> chosenFiles(const std::vector<ValidationUnit>& units, const Indices& ofSource, double share) {
  std::map<std::string, Indices> filesOfKind;
  std::set<size_t> seen;
  for (const size_t i : ofSource) {
    if (seen.insert(units[i].file).second) filesOfKind[units[i].kind].push_back(units[i].file);
  }
  std::mt19937_64 random(kSeed);
  std::set<size_t> chosen;
  for (auto& [kind, files] : filesOfKind) {
    if (files.size() < 2) continue;
    std::shuffle(files.begin(), files.end(), random);
    chosen.insert(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(shareOf(files.size(), share)));
  }
  // Few images that all differ: any of them is better than none.
  if (chosen.empty() && seen.size() > 1) chosen.insert(*seen.rbegin());
  return chosen;
}

/// An even selection when there are too many.
void keepBack(Indices candidates, std::vector<char>& kept) {
  const size_t count = std::min(candidates.size(), kMostOfASource);
  for (size_t i = 0; i < count; ++i) kept[candidates[i * candidates.size() / count]] = 1;
}

}  // namespace

std::vector<char> chooseValidation(const std::vector<ValidationUnit>& units, const TrainingDataOptions& options) {
  std::vector<char> kept(units.size(), 0);
  const auto& sources = options.sources;
  const bool isGiven =
      std::any_of(sources.begin(), sources.end(), [](const AnnotationSource& source) { return source.validation; });
  for (size_t source = 0; source < sources.size(); ++source) {
    Indices ofSource;
    for (size_t i = 0; i < units.size(); ++i) {
      if (units[i].source == source) ofSource.push_back(i);
    }
    if (ofSource.empty()) continue;
    if (isGiven) {
      if (sources[source].validation) {
        for (const size_t i : ofSource) kept[i] = 1;
      }
      continue;
    }
    if (options.validationShare <= 0) continue;
    const std::set<size_t> files = chosenFiles(units, ofSource, options.validationShare);
    Indices candidates;
    for (const size_t i : ofSource) {
      if (files.contains(units[i].file)) candidates.push_back(i);
    }
    // One volume or one large plane: its last part.
    if (files.empty() && ofSource.size() > 1) {
      candidates.assign(ofSource.end() - static_cast<std::ptrdiff_t>(shareOf(ofSource.size(), options.validationShare)),
                        ofSource.end());
    }
    keepBack(std::move(candidates), kept);
  }
  return kept;
}

}  // namespace cyto
