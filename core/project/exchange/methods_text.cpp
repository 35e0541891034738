#include "core/project/exchange/methods_text.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "core/project/exchange/english.h"
#include "core/project/exchange/provenance_json.h"

namespace cyto {

namespace {

/// How an object came about, as far as its record tells.
enum class Origin { kImported, kPrompted, kAutomatic, kDerived, kPainted };

Origin originOf(const ObjectRecord& object) {
  const Provenance& provenance = object.provenance;
  if (!provenance.source.empty()) return Origin::kImported;
  if (!provenance.model.empty()) return provenance.prompts.isEmpty() ? Origin::kAutomatic : Origin::kPrompted;
  return provenance.parents.empty() ? Origin::kPainted : Origin::kDerived;
}

std::string were(int64_t count) { return count == 1 ? "was" : "were"; }

std::string number(double value, const char* format) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// A model as a paper names it.
struct ModelName {
  std::string name;
  std::string weightsHash;
  auto operator<=>(const ModelName&) const = default;

  std::string text() const { return name + (weightsHash.empty() ? "" : " (weights " + weightsHash + ")"); }
};

/// Numbers of clicks of the objects of one model.
struct PromptCounts {
  std::vector<int64_t> perObject;
  int64_t points = 0;
  int64_t boxes = 0;
  int64_t masks = 0;

  void add(const ObjectPrompts& prompts) {
    const auto newPoints = static_cast<int64_t>(prompts.points.size());
    const auto newBoxes = static_cast<int64_t>(prompts.boxes.size());
    points += newPoints;
    boxes += newBoxes;
    masks += prompts.mask ? 1 : 0;
    perObject.push_back(newPoints + newBoxes + (prompts.mask ? 1 : 0));
  }

  int64_t objects() const { return static_cast<int64_t>(perObject.size()); }

  /// "3 points and 1 box".
  std::string kinds() const {
    std::vector<std::string> parts;
    if (points > 0) parts.push_back(counted(points, "point"));
    if (boxes > 0) parts.push_back(std::to_string(boxes) + (boxes == 1 ? " box" : " boxes"));
    if (masks > 0) parts.push_back(counted(masks, "mask"));
    return joined(parts);
  }

  std::string perObjectText() const {
    if (perObject.size() == 1) return kinds();
    std::vector<int64_t> sorted = perObject;
    std::sort(sorted.begin(), sorted.end());
    const double mean = static_cast<double>(points + boxes + masks) / static_cast<double>(sorted.size());
    const size_t middle = sorted.size() / 2;
    const double median = sorted.size() % 2 == 1 ? static_cast<double>(sorted[middle])
                                                 : static_cast<double>(sorted[middle - 1] + sorted[middle]) / 2;
    return kinds() + " (" + number(mean, "%.1f") + " per object on average, median " + number(median, "%.3g") + ")";
  }
};

/// Everything that is counted, in one pass over the objects.
struct Counts {
  int64_t objects = 0;
  int64_t verified = 0;
  int64_t proposals = 0;
  int64_t painted = 0;
  int64_t derived = 0;
  int64_t withoutClass = 0;
  std::map<ModelName, PromptCounts> prompted;
  std::map<ModelName, int64_t> automatic;
  std::map<std::string, int64_t> imported;
  std::map<std::string, int64_t> classes;
  std::set<std::string> programs;
  std::set<std::string> users;
  std::set<std::string> preprocessings;
  std::set<std::pair<int64_t, int64_t>> planes;
  std::string firstDay;
  std::string lastDay;

  explicit Counts(const ObjectTable& all) {
    for (const auto& [id, object] : all) {
      if (object->state == ObjectState::kProposal) {
        ++proposals;
      } else {
        add(*object);
      }
    }
  }

 private:
  void add(const ObjectRecord& object) {
    ++objects;
    if (object.state == ObjectState::kVerified) ++verified;
    if (object.className.empty()) {
      ++withoutClass;
    } else {
      ++classes[object.className];
    }
    for (int64_t t = object.bounds.begin.t; t < object.bounds.end.t; ++t) {
      for (int64_t z = object.bounds.begin.z; z < object.bounds.end.z; ++z) planes.emplace(t, z);
    }
    addOrigin(object);
    const Provenance& provenance = object.provenance;
    if (!provenance.program.empty()) programs.insert(provenance.program);
    if (!provenance.user.empty()) users.insert(provenance.user);
    if (!provenance.preprocessing.empty()) preprocessings.insert(provenance.preprocessing);
    const std::string day = isoTime(provenance.time_us).substr(0, 10);
    if (day.empty()) return;
    if (firstDay.empty() || day < firstDay) firstDay = day;
    lastDay = std::max(lastDay, day);
  }

  void addOrigin(const ObjectRecord& object) {
    const Provenance& provenance = object.provenance;
    const ModelName model{provenance.model, provenance.weightsHash};
    switch (originOf(object)) {
      case Origin::kImported: ++imported[provenance.source]; break;
      case Origin::kPrompted: prompted[model].add(provenance.prompts); break;
      case Origin::kAutomatic: ++automatic[model]; break;
      case Origin::kDerived: ++derived; break;
      case Origin::kPainted: ++painted; break;
    }
  }
};

std::string imageText(const Document& document, const ImageReference& image) {
  const Shape& shape = image.shape;
  std::vector<std::string> facts;
  std::string extents;
  if (shape.t > 1) extents += counted(shape.t, "frame") + " of ";
  if (shape.z > 1) extents += counted(shape.z, "slice") + " of ";
  facts.push_back(extents + std::to_string(shape.y) + " × " + std::to_string(shape.x) + " pixels");
  const PixelScale& scale = document.settings.scale;
  if (scale.y > 0 && scale.x > 0 && !scale.spaceUnit.empty()) {
    std::string size = number(scale.y, "%.6g");
    if (scale.y != scale.x) size += " × " + number(scale.x, "%.6g");
    if (shape.z > 1 && scale.z > 0)
      size = number(scale.z, "%.6g") + " × " + number(scale.y, "%.6g") + " × " + number(scale.x, "%.6g");
    facts.push_back("pixel size " + size + " " + scale.spaceUnit);
  }
  const std::string name = image.path.filename().string();
  std::string text = "the image" + (name.empty() ? "" : " '" + name + "'") + " (";
  for (size_t i = 0; i < facts.size(); ++i) text += (i > 0 ? ", " : "") + facts[i];
  return text + ")";
}

std::string openingText(const Counts& counts, const Document& document, const ImageReference& image) {
  const int64_t planes = image.shape.t * image.shape.z;
  std::string text = std::to_string(counts.objects) + (counts.objects == 1 ? " object" : " objects");
  if (planes > 1)
    text += " in " + std::to_string(counts.planes.size()) + " of the " + std::to_string(planes) + " planes";
  text += (planes > 1 ? " of " : " in ") + imageText(document, image) + " " + were(counts.objects) + " annotated";
  if (!counts.programs.empty()) text += " with " + joined({counts.programs.begin(), counts.programs.end()});
  return text + ".";
}

std::string ofModel(int64_t count, const std::string& how, const ModelName& model) {
  return counted(count, "object") + " " + were(count) + " " + how + " by the model " + model.text();
}

std::string originTexts(const Counts& counts) {
  std::string text;
  for (const auto& [model, prompts] : counts.prompted) {
    text +=
        " " + ofModel(prompts.objects(), "segmented from prompts", model) + ", with " + prompts.perObjectText() + ".";
  }
  for (const auto& [model, count] : counts.automatic) {
    text += " " + ofModel(count, "segmented automatically", model) + " and accepted.";
  }
  if (counts.painted > 0)
    text += " " + counted(counts.painted, "object") + " " + were(counts.painted) + " painted by hand.";
  if (counts.derived > 0) {
    text += " " + counted(counts.derived, "object") + " " + were(counts.derived) + " made from other objects.";
  }
  for (const auto& [source, count] : counts.imported) {
    text += " " + counted(count, "object") + " " + were(count) + " imported from '" +
            std::filesystem::path(source).filename().string() + "'.";
  }
  return text;
}

std::string stateText(const Counts& counts) {
  std::string text = " ";
  if (counts.verified == counts.objects) {
    text += counts.objects == 1 ? "It was" : "All of them were";
  } else if (counts.verified == 0) {
    text += counts.objects == 1 ? "It was not" : "None of them was";
  } else {
    text += std::to_string(counts.verified) + " of them " + were(counts.verified);
  }
  return text + " marked as verified.";
}

std::string classText(const Counts& counts) {
  if (counts.classes.empty()) return "";
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts.classes) parts.push_back(name + " (" + std::to_string(count) + ")");
  std::string text = counts.classes.size() == 1 ? " Class: " : " Classes: ";
  text += joined(parts);
  if (counts.withoutClass > 0) text += "; " + counted(counts.withoutClass, "object") + " without a class";
  return text + ".";
}

std::string closingText(const Counts& counts) {
  std::string text;
  if (!counts.preprocessings.empty()) {
    text += " Preprocessing of the image for the model: " +
            joined({counts.preprocessings.begin(), counts.preprocessings.end()}) + ".";
  }
  const bool hasUsers = !counts.users.empty();
  if (!hasUsers && counts.firstDay.empty()) return text;
  text += " The work was done";
  if (hasUsers) text += " by " + joined({counts.users.begin(), counts.users.end()});
  if (counts.firstDay.empty()) return text + ".";
  if (counts.firstDay == counts.lastDay) return text + " on " + counts.firstDay + ".";
  return text + " from " + counts.firstDay + " to " + counts.lastDay + ".";
}

std::string proposalText(const Counts& counts) {
  if (counts.proposals == 0) return "";
  return " " + counted(counts.proposals, "proposal") + " " + were(counts.proposals) + " neither accepted nor counted.";
}

}  // namespace

std::string methodsParagraph(const Document& document, const ImageReference& image) {
  const Counts counts(document.objects);
  if (counts.objects == 0) {
    std::string text = "No objects were annotated in " + imageText(document, image) + ".";
    if (counts.proposals > 0) {
      text += " " + counted(counts.proposals, "proposal") + " " + were(counts.proposals) + " not accepted.";
    }
    return text;
  }
  return openingText(counts, document, image) + originTexts(counts) + stateText(counts) + classText(counts) +
         closingText(counts) + proposalText(counts);
}

}  // namespace cyto
