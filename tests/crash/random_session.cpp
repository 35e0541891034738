#include "tests/crash/random_session.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "core/io/label_writer.h"

namespace cyto::test {

std::string fingerprintOf(const Document& document) {
  const Draft& draft = document.draft;
  Edit edit;
  edit.draft = Change<Draft>{draft, {}};
  std::string text = stateHash(document) + "/" + std::to_string(std::hash<std::string>()(encodeEdit(edit)));
  for (const auto& [id, object] : document.objects) text += "/" + std::to_string(object->area);
  return text;
}

namespace {

constexpr int64_t kRows = 200;
constexpr int64_t kColumns = 300;
constexpr uint64_t kFoundLabels = 3;
constexpr const char* kFoundPrompts = "found.json";

std::string foundLabels(uint64_t number) { return "found" + std::to_string(number) + ".png"; }

/// Rectangles of all sizes, later ones over earlier ones.
void writeFoundLabels(const std::filesystem::path& path, uint64_t seed) {
  std::mt19937_64 random(seed);
  Array labels = *Array::create(Dtype::kUint16, {1, 1, kRows, kColumns});
  for (uint16_t id = 1; id <= 30; ++id) {
    const auto y0 = static_cast<int64_t>(random() % kRows);
    const auto x0 = static_cast<int64_t>(random() % kColumns);
    const int64_t y1 = std::min(kRows, y0 + 1 + static_cast<int64_t>(random() % 40));
    const int64_t x1 = std::min(kColumns, x0 + 1 + static_cast<int64_t>(random() % 40));
    for (int64_t y = y0; y < y1; ++y) {
      for (int64_t x = x0; x < x1; ++x) labels.as<uint16_t>()[static_cast<size_t>(y * kColumns + x)] = id;
    }
  }
  if (!io::writePng(path, labels)) throw std::runtime_error("the labels cannot be written");
}

}  // namespace

void writeSquares(const std::filesystem::path& path) {
  Array picture = *Array::create(Dtype::kUint8, {1, 1, kRows, kColumns});
  for (int64_t y = 0; y < kRows; ++y) {
    for (int64_t x = 0; x < kColumns; ++x) {
      const bool inside = y % 50 >= 15 && y % 50 < 35 && x % 50 >= 15 && x % 50 < 35;
      picture.as<uint8_t>()[static_cast<size_t>(y * kColumns + x)] = inside ? 200 : 0;
    }
  }
  if (!io::writePng(path, picture)) throw std::runtime_error("the image cannot be written");
  for (uint64_t i = 0; i < kFoundLabels; ++i) writeFoundLabels(path.parent_path() / foundLabels(i), i);
  std::ofstream(path.parent_path() / kFoundPrompts) << R"({"objects": [{"id": 1, "points": [[25, 25, 1]]},
    {"id": 2, "points": [[75, 125, 1], [80, 175, 1]]}, {"id": 7, "boxes": [[100, 200, 150, 250]]}]})";
}

RandomSession::RandomSession()
    : worker_(
          [](const std::string&, const JobContext&) { return std::unique_ptr<Model>(std::make_unique<FakeModel>()); },
          {}),
      session_(worker_),
      script_(session_, worker_, [](const std::string&) -> Status { return {}; }) {}

Status RandomSession::open(const std::filesystem::path& image, const std::filesystem::path& project) {
  std::error_code ignored;
  if (!project.empty() && std::filesystem::exists(project, ignored)) return session_.openProject(project);
  return session_.open(image, {}, project);
}

Status RandomSession::execute(const std::string& command) {
  auto done = script_.execute(command, {});
  return done ? Status() : Status(std::move(done).error());
}

std::string randomCommand(std::mt19937_64& random, uint32_t nextId, const std::filesystem::path& folder) {
  const auto upTo = [&](uint64_t limit) { return std::to_string(random() % limit); };
  const std::string place = upTo(kRows) + " " + upTo(kColumns);
  const std::string id = std::to_string(1 + random() % nextId);
  const std::string other = std::to_string(1 + random() % nextId);
  switch (random() % 22) {
    case 0:
    case 1: return "point 0 0 " + place + (random() % 4 == 0 ? " -" : " +");
    case 2:
    case 3:
      return "point 0 0 " + std::to_string(25 + 50 * (random() % 4)) + " " + std::to_string(25 + 50 * (random() % 6)) +
             " +";
    case 4:
    case 5: return "segment";
    case 6:
    case 7: return "commit";
    case 8: return "clear";
    case 9:
      return "paint 0 0 " + place + " " + upTo(9) + " " + (random() % 2 == 0 ? std::to_string(nextId) : id) + " " +
             upTo(kRows) + " " + upTo(kColumns);
    case 10: return "erase 0 0 " + place + " " + upTo(15) + " " + upTo(kRows) + " " + upTo(kColumns);
    case 11: return "fill 0 0 " + place + " " + (random() % 3 == 0 ? "0" : id);
    case 12: return "delete " + id;
    case 13: return "refine " + id;
    case 14:
      return "propose " +
             (random() % 4 == 0 ? "prompts '" + (folder / kFoundPrompts).string()
                                : "labels '" + (folder / foundLabels(random() % 3)).string()) +
             "'";
    case 15: {
      const char* modes[] = {"", " objects", " objects 0.3", " pixels", " none"};
      return "accept " + (random() % 3 == 0 ? "all" : id) + modes[random() % 5];
    }
    case 16: return "reject " + (random() % 8 == 0 ? "all" : id);
    case 17: return "merge " + id + " " + other;
    case 18: return random() % 3 == 0 ? "class " + id + " 'kind " + upTo(3) + "'" : "split " + id;
    case 19: return "verify " + id;
    case 20: return random() % 3 == 0 ? "unverify " + id : "undo";
    default: return random() % 2 == 0 ? "redo" : "undo 3";
  }
}

}  // namespace cyto::test
