#include "tests/crash/random_session.h"

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

void writeSquares(const std::filesystem::path& path) {
  constexpr int64_t kRows = 200;
  constexpr int64_t kColumns = 300;
  Array picture = *Array::create(Dtype::kUint8, {1, 1, kRows, kColumns});
  for (int64_t y = 0; y < kRows; ++y) {
    for (int64_t x = 0; x < kColumns; ++x) {
      const bool inside = y % 50 >= 15 && y % 50 < 35 && x % 50 >= 15 && x % 50 < 35;
      picture.as<uint8_t>()[static_cast<size_t>(y * kColumns + x)] = inside ? 200 : 0;
    }
  }
  if (!io::writePng(path, picture)) throw std::runtime_error("the image cannot be written");
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

std::string randomCommand(std::mt19937_64& random, uint32_t nextId) {
  const auto upTo = [&](uint64_t limit) { return std::to_string(random() % limit); };
  const std::string place = upTo(200) + " " + upTo(300);
  const std::string id = std::to_string(1 + random() % nextId);
  switch (random() % 12) {
    case 0: return "point 0 0 " + place + (random() % 4 == 0 ? " -" : " +");
    case 1:
      return "point 0 0 " + std::to_string(25 + 50 * (random() % 4)) + " " + std::to_string(25 + 50 * (random() % 6)) +
             " +";
    case 2: return "segment";
    case 3:
    case 4: return "commit";
    case 5: return "clear";
    case 6: return "paint 0 0 " + place + " " + upTo(9) + " " + id + " " + upTo(200) + " " + upTo(300);
    case 7: return "erase 0 0 " + place + " " + upTo(15);
    case 8: return "delete " + id;
    case 9: return "refine " + id;
    case 10: return "undo";
    default: return random() % 2 == 0 ? "redo" : "undo 3";
  }
}

}  // namespace cyto::test
