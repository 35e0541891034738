#include "app/cli/sample_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/io/label_writer.h"

namespace cyto::cli {

namespace fs = std::filesystem;
using synthesis::SyntheticSample;
using synthesis::Track;

namespace {

constexpr const char* kSettingsName = "synthesis.json";
constexpr const char* kIndexName = "index.csv";
constexpr const char* kIndexHeader = "file,file_stem,kind,seed,objects\n";

/// Creates or checks `synthesis.json` and gives its descriptor, which holds the lock.
Result<int> lockSettings(const fs::path& folder, const std::string& settings) {
  const fs::path path = folder / kSettingsName;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    return Error(ErrorCode::kIo, "cannot make the folder '" + folder.string() +
                                     "': " + systemErrorText(failed.value()) + "; choose a place you may write to");
  }
  if (!fs::exists(path)) {
    if (!fs::is_empty(folder, failed)) {
      return Error(
          ErrorCode::kInvalidArgument,
          "'" + folder.string() + "' is not empty and not a folder of 'cytoclick synthesize'; name a new folder");
    }
    CYTO_TRY(writeFileAtomically(path, settings));
  }
  const int lock = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) {
    return Error(ErrorCode::kIo,
                 "cannot read '" + path.string() + "': " + systemErrorText(errno) + "; check its permissions");
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock);
    return Error(ErrorCode::kIo,
                 "another process writes samples into '" + folder.string() + "'; wait for it or name another folder");
  }
  std::ifstream stream(path, std::ios::binary);
  const std::string found{std::istreambuf_iterator<char>(stream), {}};
  if (found != settings) {
    ::close(lock);
    return Error(ErrorCode::kInvalidArgument, "'" + folder.string() + "' holds samples made with other options, see '" +
                                                  path.string() + "'; give the same options or name a new folder");
  }
  return lock;
}

std::vector<std::string> cellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

template <typename T>
bool parse(const std::string& text, T& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size();
}

/// L B E P, as the Cell Tracking Challenge writes it.
std::string trackText(const std::vector<Track>& tracks) {
  std::string text;
  for (const Track& track : tracks) {
    text += std::to_string(track.id) + " " + std::to_string(track.begin) + " " + std::to_string(track.end) + " " +
            std::to_string(track.parent) + "\n";
  }
  return text;
}

std::string labelsName(const std::string& stem) { return stem + "_label.tif"; }

}  // namespace

Result<std::unique_ptr<SampleFolder>> SampleFolder::open(const fs::path& path, const std::string& settings) {
  CYTO_ASSIGN(const int lock, lockSettings(path, settings));
  std::unique_ptr<SampleFolder> folder(new SampleFolder(path, lock));
  folder->removeLeftovers();
  folder->readIndex();
  return folder;
}

SampleFolder::~SampleFolder() { ::close(lock_); }

/// Temporary files of a process that was killed.
void SampleFolder::removeLeftovers() const {
  std::error_code ignored;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(path_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".") && name.ends_with(".tmp")) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover, ignored);
}

/// Lines that make no sense are left out: their samples are made again.
void SampleFolder::readIndex() {
  std::ifstream stream(path_ / kIndexName);
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    const std::vector<std::string> cells = cellsOf(line);
    SampleEntry entry;
    if (cells.size() != 5 || !parse(cells[3], entry.seed) || !parse(cells[4], entry.objects)) continue;
    entry.file = cells[0];
    entry.kind = cells[2];
    entries_[cells[1]] = entry;
  }
}

bool SampleFolder::holds(const std::string& stem) const {
  const std::lock_guard guard(mutex_);
  const auto entry = entries_.find(stem);
  std::error_code ignored;
  return entry != entries_.end() && fs::exists(path_ / entry->second.file, ignored) &&
         fs::exists(path_ / labelsName(stem), ignored);
}

Status SampleFolder::write(const std::string& stem, const std::string& kind, uint64_t seed,
                           const SyntheticSample& sample) {
  const Shape& shape = sample.image.shape();
  const bool isPlane = shape.t == 1 && shape.z == 1;
  const std::string file = stem + (isPlane ? ".png" : ".tif");
  // The image comes last: a pair is found by its image.
  CYTO_TRY(io::writeLabelTiff(path_ / labelsName(stem), sample.labels, {}));
  if (shape.t > 1) CYTO_TRY(writeFileAtomically(path_ / (stem + "_man_track.txt"), trackText(sample.tracks)));
  CYTO_TRY(isPlane ? io::writePng(path_ / file, sample.image) : io::writeImageTiff(path_ / file, sample.image, {}));
  const std::lock_guard guard(mutex_);
  entries_[stem] = {file, kind, seed, static_cast<int64_t>(sample.tracks.size())};
  return {};
}

Status SampleFolder::writeIndex() const {
  std::string text = kIndexHeader;
  for (const auto& [stem, entry] : entries()) {
    text += entry.file + "," + stem + "," + entry.kind + "," + std::to_string(entry.seed) + "," +
            std::to_string(entry.objects) + "\n";
  }
  return writeFileAtomically(path_ / kIndexName, text);
}

std::map<std::string, SampleEntry> SampleFolder::entries() const {
  const std::lock_guard guard(mutex_);
  return entries_;
}

}  // namespace cyto::cli
