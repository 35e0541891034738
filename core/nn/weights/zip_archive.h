#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/nn/weights/binary_file.h"

namespace cyto::nn {

/// The directory of a zip file as torch.save writes it: members are stored without compression. Every offset and size
/// is checked against the file and against the other members before anything is read.
class ZipArchive {
 public:
  struct Member {
    uint64_t offset = 0;  ///< of the data in the file
    uint64_t size = 0;
  };

  /// kFormat for compressed members, overlapping members, or a directory that does not fit the file.
  static Result<ZipArchive> open(const BinaryFile& file);

  const std::map<std::string, Member>& members() const { return members_; }
  /// Null when there is no such member.
  const Member* find(const std::string& name) const;

 private:
  std::map<std::string, Member> members_;
};

/// True when the file begins like a zip file.
bool looksLikeZip(const BinaryFile& file);

}  // namespace cyto::nn
