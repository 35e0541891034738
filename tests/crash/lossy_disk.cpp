#include "tests/crash/lossy_disk.h"

#include <algorithm>
#include <fstream>

namespace cyto::test {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kSector = 512;

bool chance(std::mt19937_64& random) { return random() % 2 == 0; }

}  // namespace

LossyDisk::LossyDisk(const fs::path& folder) : folder_(folder) { add(folder); }

size_t LossyDisk::add(const fs::path& path) {
  const size_t index = nodes_.size();
  nodes_.emplace_back().isFolder = fs::is_directory(path);
  if (!nodes_[index].isFolder) {
    std::ifstream file(path, std::ios::binary);
    nodes_[index].safeBytes.assign(std::istreambuf_iterator<char>(file), {});
    return index;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const size_t child = add(entry.path());
    nodes_[index].safeNames[entry.path().filename()] = child;
  }
  nodes_[index].names = nodes_[index].safeNames;
  return index;
}

size_t LossyDisk::find(const fs::path& path) const {
  size_t node = 0;
  for (const fs::path& part : path.lexically_relative(folder_)) {
    if (part == ".") continue;
    const auto name = nodes_[node].names.find(part);
    if (name == nodes_[node].names.end()) return nodes_.size();
    node = name->second;
  }
  return node;
}

void LossyDisk::carryOut(const RecordedCall& recorded) {
  using Kind = DiskCall::Kind;
  const DiskCall& call = recorded.call;
  const fs::path path = call.path;
  const size_t found = find(path);
  const bool exists = found < nodes_.size();
  switch (call.kind) {
    case Kind::kCreate:
    case Kind::kMakeFolder:
      if (exists) return;
      nodes_.emplace_back().isFolder = call.kind == Kind::kMakeFolder;
      return change(path.parent_path(), {"", path.filename(), found});
    case Kind::kWrite:
      if (exists) nodes_[found].dataChanges.push_back({call.offset, recorded.bytes, false});
      return;
    case Kind::kTruncate:
      if (exists) nodes_[found].dataChanges.push_back({call.size, "", true});
      return;
    case Kind::kSync: {
      if (!exists) return;
      Node& node = nodes_[found];
      for (const DataChange& data : node.dataChanges) apply(data, node.safeBytes);
      node.dataChanges.clear();
      node.nameChanges.clear();
      node.safeNames = node.names;
      return;
    }
    case Kind::kRename:
      if (exists) change(path.parent_path(), {path.filename(), fs::path(call.target).filename(), found});
      return;
    case Kind::kRemove:
      if (exists) change(path.parent_path(), {path.filename(), "", 0});
      return;
  }
}

void LossyDisk::change(const fs::path& parent, NameChange change) {
  Node& node = nodes_.at(find(parent));
  apply(change, node.names);
  node.nameChanges.push_back(std::move(change));
}

void LossyDisk::apply(const NameChange& change, Names& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.node;
}

void LossyDisk::apply(const DataChange& change, std::string& bytes) {
  if (change.isCut) return bytes.resize(change.offset);
  bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

/// Some sectors of a write; where the file grew and the rest did not come, there are zeros or nothing.
void LossyDisk::applyTorn(const DataChange& change, std::mt19937_64& random, std::string& bytes) {
  if (change.isCut) {
    if (chance(random)) apply(change, bytes);
    return;
  }
  const uint64_t end = change.offset + change.bytes.size();
  for (uint64_t begin = change.offset; begin < end;) {
    const uint64_t next = std::min(end, (begin / kSector + 1) * kSector);
    if (chance(random)) apply({begin, change.bytes.substr(begin - change.offset, next - begin), false}, bytes);
    begin = next;
  }
  if (chance(random)) bytes.resize(std::max(bytes.size(), end));
}

std::string LossyDisk::bytesLeft(const Node& node, Loss loss, std::mt19937_64& random) {
  std::string bytes = node.safeBytes;
  const std::vector<DataChange>& changes = node.dataChanges;
  if (loss == Loss::kAll || changes.empty()) return bytes;
  const size_t whole = loss == Loss::kNone ? changes.size() : loss == Loss::kLatest ? random() % changes.size() : 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i < whole) {
      apply(changes[i], bytes);
    } else if (i == whole || loss == Loss::kAnything) {
      applyTorn(changes[i], random, bytes);
    }
  }
  return bytes;
}

LossyDisk::Names LossyDisk::namesLeft(const Node& node, Loss loss, std::mt19937_64& random) {
  Names names = node.safeNames;
  const size_t count = node.nameChanges.size();
  const size_t whole = loss == Loss::kLatest ? random() % (count + 1) : count;
  for (size_t i = 0; i < count; ++i) {
    const bool isThere =
        loss == Loss::kNone || (loss == Loss::kLatest && i < whole) || (loss == Loss::kAnything && chance(random));
    if (isThere) apply(node.nameChanges[i], names);
  }
  return names;
}

void LossyDisk::write(size_t index, Loss loss, std::mt19937_64& random, const fs::path& path) const {
  const Node& node = nodes_[index];
  if (!node.isFolder) {
    const std::string bytes = bytesLeft(node, loss, random);
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return;
  }
  fs::create_directory(path);
  for (const auto& [name, child] : namesLeft(node, loss, random)) write(child, loss, random, path / name);
}

void LossyDisk::writeWhatIsLeft(Loss loss, std::mt19937_64& random, const fs::path& folder) const {
  write(0, loss, random, folder);
}

}  // namespace cyto::test
