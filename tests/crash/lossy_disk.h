#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/disk_calls.h"

namespace cyto::test {

/// A call with its bytes, to be carried out on a LossyDisk.
struct RecordedCall {
  DiskCall call;  ///< its `bytes` are not valid
  std::string bytes;
};

/// What is left of unsynced changes after a loss of power. What was synced is always there.
enum class Loss {
  kAll,       ///< nothing of them is there
  kNone,      ///< all of them are there
  kLatest,    ///< of each file and folder the first so many are there, and the next may be torn
  kAnything,  ///< of each file any sectors, of each folder any of the changes
};

/// A folder as a disk may keep it, after POSIX at its worst: data of a file are safe after a sync of the file, names in
/// a folder after a sync of the folder, and until then each of them may be there or not, in whatever order. Only a
/// rename is all or nothing.
class LossyDisk {
 public:
  /// Takes what is in a folder as safe.
  explicit LossyDisk(const std::filesystem::path& folder);

  void carryOut(const RecordedCall& recorded);

  /// Writes what is left to a folder that does not exist.
  void writeWhatIsLeft(Loss loss, std::mt19937_64& random, const std::filesystem::path& folder) const;

 private:
  using Names = std::map<std::string, size_t>;  // nodes_

  /// A write of bytes at an offset, or a cut to that size when there are none.
  struct DataChange {
    uint64_t offset = 0;
    std::string bytes;
    bool isCut = false;
  };
  /// A name that is taken away, one that is given, or both at once.
  struct NameChange {
    std::string removed;
    std::string added;
    size_t node = 0;
  };
  struct Node {
    bool isFolder = false;
    std::string safeBytes;
    std::vector<DataChange> dataChanges;
    Names names;  // as the program sees them
    Names safeNames;
    std::vector<NameChange> nameChanges;
  };

  size_t add(const std::filesystem::path& path);
  /// The node of a path, or nodes_.size().
  size_t find(const std::filesystem::path& path) const;
  void change(const std::filesystem::path& parent, NameChange change);
  static void apply(const NameChange& change, Names& names);
  static void apply(const DataChange& change, std::string& bytes);
  static void applyTorn(const DataChange& change, std::mt19937_64& random, std::string& bytes);
  static std::string bytesLeft(const Node& node, Loss loss, std::mt19937_64& random);
  static Names namesLeft(const Node& node, Loss loss, std::mt19937_64& random);
  void write(size_t node, Loss loss, std::mt19937_64& random, const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  std::vector<Node> nodes_;
};

}  // namespace cyto::test
