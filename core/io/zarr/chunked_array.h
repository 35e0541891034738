#pragma once

#include <memory>

#include "core/io/nd_source.h"
#include "core/io/zarr/array_layout.h"
#include "core/io/zarr/chunk_store.h"

namespace cyto::io {

/// One zarr or N5 array. Reads touch only the chunks that meet the box; missing chunks hold the fill value.
class ChunkedArray : public NdArray {
 public:
  ChunkedArray(std::shared_ptr<const ChunkStore> store, std::string key, ArrayLayout layout);

  Status read(std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out,
              const JobContext& job) const override;

 private:
  using Index = std::vector<int64_t>;

  std::string objectKey(const Index& position) const;
  Status readObject(const Index& position, std::span<const int64_t> begin, std::span<const int64_t> count,
                    std::span<std::byte> out) const;
  Status readShard(const StoredObject& shard, const Index& origin, std::span<const int64_t> begin,
                   std::span<const int64_t> count, std::span<std::byte> out) const;
  /// The elements of one chunk in C order and native byte order; `extent` is their shape.
  Result<std::vector<std::byte>> decode(std::vector<std::byte> stored, Index& extent) const;
  Status stripBlockHeader(std::vector<std::byte>& stored, Index& extent) const;
  void paste(const std::vector<std::byte>& chunk, const Index& extent, const Index& origin,
             std::span<const int64_t> begin, std::span<const int64_t> count, std::span<std::byte> out) const;
  Error failure(const std::string& key, const Error& error) const;

  std::shared_ptr<const ChunkStore> store_;
  std::string key_;
  ArrayLayout layout_;
};

}  // namespace cyto::io
