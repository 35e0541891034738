#include "core/project/exchange/commit_record.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/project/exchange/provenance_json.h"

namespace cyto {

namespace {

using Coordinates = io::CommitPrompts::Coordinates;

Coordinates place(const Shape& shape, const ObjectPrompts& prompts, double y, double x) {
  if (shape.t > 1) return {static_cast<double>(prompts.t), y, x};
  if (shape.z > 1) return {static_cast<double>(prompts.z), y, x};
  return {y, x};
}

io::CommitPrompts promptsOf(const ObjectRecord& object, const Shape& shape) {
  const ObjectPrompts& prompts = object.provenance.prompts;
  io::CommitPrompts stored;
  stored.id = object.id;
  for (const BoxPrompt& box : prompts.boxes) {
    // The order of corners that napari has.
    stored.shapes.push_back({place(shape, prompts, box.y0, box.x0), place(shape, prompts, box.y0, box.x1),
                             place(shape, prompts, box.y1, box.x1), place(shape, prompts, box.y1, box.x0)});
  }
  for (const PointPrompt& point : prompts.points) {
    stored.points.push_back(place(shape, prompts, point.y, point.x));
    stored.isPositive.push_back(point.positive);
  }
  return stored;
}

/// The plane of a coordinate; -1 when it is in no plane of the image.
int64_t planeOf(const Coordinates& coordinates, const Shape& shape) {
  const bool isFinite = std::all_of(coordinates.begin(), coordinates.end(), [](double v) { return std::isfinite(v); });
  if (!isFinite || coordinates.size() < 2 || coordinates.size() > 3) return -1;
  if (coordinates.size() == 2) return shape.t * shape.z == 1 ? 0 : -1;
  const double plane = std::round(coordinates.front());
  return plane >= 0 && plane < static_cast<double>(shape.t * shape.z) ? static_cast<int64_t>(plane) : -1;
}

/// The box around the corners of a shape.
BoxPrompt boxAround(const std::vector<Coordinates>& corners) {
  const size_t y = corners.front().size() - 2;
  BoxPrompt box{corners[0][y], corners[0][y + 1], corners[0][y], corners[0][y + 1]};
  for (const Coordinates& corner : corners) {
    box.y0 = std::min(box.y0, corner[y]);
    box.x0 = std::min(box.x0, corner[y + 1]);
    box.y1 = std::max(box.y1, corner[y]);
    box.x1 = std::max(box.x1, corner[y + 1]);
  }
  return box;
}

}  // namespace

io::CommitRecord commitRecordOf(const Document& document, const io::CommitSignature& signature) {
  io::CommitRecord record;
  record.signature = signature;
  // One entry for each commit, as micro-sam has it; objects that came in together share one.
  std::map<std::pair<int64_t, bool>, std::vector<uint32_t>> commits;
  for (const auto& [id, object] : document.objects) {
    if (object->state == ObjectState::kProposal) continue;
    const Provenance& source = object->provenance;
    const bool isAutomatic = !source.model.empty() && source.prompts.isEmpty();
    commits[{source.time_us, isAutomatic}].push_back(id);
    record.notes += objectJson(*object).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    io::CommitPrompts prompts = promptsOf(*object, document.labels.shape());
    if (!prompts.shapes.empty() || !prompts.points.empty()) record.prompts.push_back(std::move(prompts));
  }
  for (auto& [key, ids] : commits) record.history.push_back({key.second, std::move(ids)});
  return record;
}

CommitReading::CommitReading(const io::CommitRecord& record, const Shape& shape, const Provenance& who)
    : record_(record), shape_(shape), who_(who) {
  for (const io::CommitPrompts& prompts : record.prompts) prompts_[prompts.id] = &prompts;
  for (const io::CommitEntry& entry : record.history) inHistory_.insert(entry.ids.begin(), entry.ids.end());
  std::istringstream lines(record.notes);
  for (std::string line; std::getline(lines, line);) {
    if (auto noted = recordFromJson(line)) noted_[noted->id] = *std::move(noted);
  }
}

ObjectPrompts CommitReading::promptsOf(const io::CommitPrompts& stored, std::vector<std::string>& notices) const {
  std::map<int64_t, ObjectPrompts> planes;
  size_t left = 0;
  for (const auto& corners : stored.shapes) {
    const int64_t plane = planeOf(corners.front(), shape_);
    const bool isFlat = std::all_of(corners.begin(), corners.end(),
                                    [&](const Coordinates& corner) { return planeOf(corner, shape_) == plane; });
    if (plane < 0 || !isFlat) {
      ++left;
    } else {
      planes[plane].boxes.push_back(boxAround(corners));
    }
  }
  for (size_t i = 0; i < stored.points.size(); ++i) {
    const Coordinates& point = stored.points[i];
    const int64_t plane = planeOf(point, shape_);
    if (plane < 0) {
      ++left;
    } else {
      planes[plane].points.push_back({point[point.size() - 2], point[point.size() - 1], stored.isPositive[i]});
    }
  }
  const auto count = [](const ObjectPrompts& prompts) { return prompts.points.size() + prompts.boxes.size(); };
  ObjectPrompts chosen;
  for (auto& [plane, prompts] : planes) {
    left += count(prompts);
    if (count(prompts) <= count(chosen)) continue;
    chosen = std::move(prompts);
    (shape_.t > 1 ? chosen.t : chosen.z) = plane;
  }
  left -= count(chosen);
  if (!chosen.isEmpty()) chosen.id = stored.id;
  if (left > 0) {
    notices.push_back("Object " + std::to_string(stored.id) + ": " + std::to_string(left) +
                      (left == 1 ? " prompt" : " prompts") +
                      " in other planes or outside the image cannot be kept in its provenance.");
  }
  return chosen;
}

ObjectRecord CommitReading::of(uint32_t id, std::vector<std::string>& notices) const {
  if (const auto noted = noted_.find(id); noted != noted_.end()) return noted->second;
  const auto found = prompts_.find(id);
  ObjectRecord record;
  record.provenance = who_;
  Provenance& provenance = record.provenance;
  if (found != prompts_.end()) provenance.prompts = promptsOf(*found->second, notices);
  if (provenance.prompts.isEmpty() && !inHistory_.contains(id)) return record;
  provenance.model = record_.signature.modelName;
  provenance.weightsHash = record_.signature.modelHash;
  provenance.program = record_.signature.writer;
  return record;
}

}  // namespace cyto
