// A chunk of 256 x 256 labels as bytes; a part of the project format. Numbers are little-endian.
//
//   1. u32 number of ids, u32 number of runs.
//   2. 32 bytes: bit y % 8 of byte y / 8 marks row y when it differs from the row above it. Above row 0 is background.
//   3. u32 each id, in the order of their first run. The background is one of them where it is left of another id.
//   4. u16 for each marked row: its first run. Its runs end where those of the next marked row begin.
//   5. u8 for each run: its length less one. The runs of a row go from left to right without gaps, from column 0;
//      what is right of the last one is background.
//   6. For each run which id of 3 it has, counted from 0: u8 when there are at most 256 ids, else u16.
//
// Pixels have exactly one such form: rows are marked only where 2 says so, neighbouring runs have different ids, the
// last run of a row is not background, no id is there twice or without a run. A blank chunk has no form.
//
// There is no compression over it on purpose: rows can be read where they lie, so a zoomed-out view needs a few rows of
// each chunk and no memory for unpacked ones. Who writes the bytes to a file may compress them there.

#include "core/labels/packed_chunk.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <vector>

namespace cyto {

namespace {

constexpr int64_t kSide = kLabelChunkSide;
constexpr size_t kMarks = 8;
constexpr size_t kIds = kMarks + kSide / 8;
constexpr uint32_t kMostRuns = kSide * kSide;
constexpr uint32_t kMostShortNumbers = 256;

constexpr std::array<uint32_t, kSide> kBackground{};

Error damaged(const char* what) {
  return {ErrorCode::kFormat, std::string("a packed chunk of labels is damaged: ") + what};
}

uint32_t twoBytes(const uint8_t* bytes) { return bytes[0] | uint32_t{bytes[1]} << 8; }

uint32_t fourBytes(const uint8_t* bytes) { return twoBytes(bytes) | twoBytes(bytes + 2) << 16; }

void put(std::string& bytes, uint32_t number, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
}

size_t bytesPerNumber(uint32_t ids) { return ids <= kMostShortNumbers ? 1 : 2; }

/// Numbers ids in the order in which they come.
class IdNumbers {
 public:
  IdNumbers() : slots_(512, kFree) {}

  const std::vector<uint32_t>& ids() const { return ids_; }

  /// The number of an id; of one that is new, how many there were.
  uint32_t of(uint32_t id) {
    if (2 * ids_.size() >= slots_.size()) grow();
    uint32_t& slot = slotOf(id);
    if (slot == kFree) {
      slot = static_cast<uint32_t>(ids_.size());
      ids_.push_back(id);
    }
    return slot;
  }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFFU;

  /// Where the number of an id is, or belongs.
  uint32_t& slotOf(uint32_t id) {
    const size_t mask = slots_.size() - 1;
    // Multiplying spreads ids that follow each other; the upper bits are the best.
    size_t i = (id * 0x9E3779B1U >> 11) & mask;
    while (slots_[i] != kFree && ids_[slots_[i]] != id) i = (i + 1) & mask;
    return slots_[i];
  }

  void grow() {
    slots_.assign(2 * slots_.size(), kFree);
    for (uint32_t number = 0; number < ids_.size(); ++number) slotOf(ids_[number]) = number;
  }

  std::vector<uint32_t> slots_;
  std::vector<uint32_t> ids_;
};

/// The runs of a chunk on their way to bytes.
class Packing {
 public:
  void add(const LabelChunk& chunk) {
    const uint32_t* above = kBackground.data();
    for (size_t y = 0; y < kSide; ++y) {
      const uint32_t* row = chunk.data() + y * kSide;
      if (std::memcmp(row, above, kSide * sizeof(uint32_t)) != 0) {
        marks_[y / 8] = static_cast<uint8_t>(marks_[y / 8] | 1U << (y % 8));
        firstRuns_.push_back(static_cast<uint32_t>(lengths_.size()));
        addRow(row);
      }
      above = row;
    }
  }

  bool isBlank() const { return lengths_.empty(); }

  std::string bytes() const {
    const std::vector<uint32_t>& ids = ids_.ids();
    const size_t numberBytes = bytesPerNumber(static_cast<uint32_t>(ids.size()));
    std::string bytes;
    bytes.reserve(kIds + 4 * ids.size() + 2 * firstRuns_.size() + (1 + numberBytes) * lengths_.size());
    put(bytes, static_cast<uint32_t>(ids.size()), 4);
    put(bytes, static_cast<uint32_t>(lengths_.size()), 4);
    bytes.append(reinterpret_cast<const char*>(marks_.data()), marks_.size());
    for (const uint32_t id : ids) put(bytes, id, 4);
    for (const uint32_t run : firstRuns_) put(bytes, run, 2);
    bytes.append(lengths_);
    for (const uint16_t number : numbers_) put(bytes, number, static_cast<int>(numberBytes));
    return bytes;
  }

 private:
  void addRow(const uint32_t* row) {
    int64_t width = kSide;
    while (width > 0 && row[width - 1] == 0) --width;
    for (int64_t x = 0; x < width;) {
      const int64_t start = x;
      const uint32_t id = row[x];
      while (x < width && row[x] == id) ++x;
      lengths_.push_back(static_cast<char>(x - start - 1));
      numbers_.push_back(static_cast<uint16_t>(ids_.of(id)));
    }
  }

  std::array<uint8_t, kSide / 8> marks_{};
  IdNumbers ids_;
  std::vector<uint32_t> firstRuns_;
  std::string lengths_;
  std::vector<uint16_t> numbers_;
};

}  // namespace

PackedChunk::PackedChunk(std::string bytes) : bytes_(std::move(bytes)) {
  ids_ = fourBytes(at(0));
  runs_ = fourBytes(at(4));
  for (size_t i = kMarks; i < kIds; ++i) marks_ += std::popcount(*at(i));
  firstRuns_ = kIds + size_t{4} * ids_;
  lengths_ = firstRuns_ + 2 * static_cast<size_t>(marks_);
  numbers_ = lengths_ + runs_;
}

std::shared_ptr<const PackedChunk> PackedChunk::pack(const LabelChunk& chunk) {
  Packing packing;
  packing.add(chunk);
  if (packing.isBlank()) return nullptr;
  return std::shared_ptr<const PackedChunk>(new PackedChunk(packing.bytes()));
}

Result<std::shared_ptr<const PackedChunk>> PackedChunk::fromBytes(std::string_view bytes) {
  if (bytes.size() < kIds) return damaged("it is cut off");
  std::shared_ptr<const PackedChunk> chunk(new PackedChunk(std::string(bytes)));
  CYTO_TRY(chunk->check());
  return chunk;
}

Extent2 PackedChunk::extent() const {
  Extent2 extent;
  Runs runs;
  for (int64_t y = 0, mark = 0; y < kSide; ++y) {
    if (isMarked(y)) {
      runs = runsOfMark(mark++);
      int64_t width = 0;
      for (uint32_t run = runs.begin; run < runs.end; ++run) width += length(run);
      extent.x = std::max(extent.x, width);
    }
    if (runs.begin < runs.end) extent.y = y + 1;
  }
  return extent;
}

void PackedChunk::readRow(int64_t y, int64_t x, std::span<uint32_t> out) const {
  const int64_t end = x + static_cast<int64_t>(out.size());
  assert(y >= 0 && y < kSide && x >= 0 && end <= kSide);
  const Runs runs = runsOfRow(y);
  int64_t from = 0;
  for (uint32_t run = runs.begin; run < runs.end && from < end; ++run) {
    const int64_t to = from + length(run);
    if (to > x) {
      const int64_t first = std::max(from, x);
      std::fill_n(out.begin() + (first - x), std::min(to, end) - first, id(number(run)));
    }
    from = to;
  }
  const int64_t first = std::clamp(from, x, end);
  std::fill_n(out.begin() + (first - x), end - first, 0U);
}

std::shared_ptr<LabelChunk> PackedChunk::unpack() const {
  std::array<Runs, kSide> rows;
  int64_t used = 0;
  for (int64_t y = 0, mark = 0; y < kSide; ++y) {
    Runs& row = rows[static_cast<size_t>(y)];
    row = isMarked(y) ? runsOfMark(mark++) : y > 0 ? rows[static_cast<size_t>(y) - 1] : Runs();
    used += row.begin < row.end ? 1 : 0;
  }
  const bool isMostlyUsed = used > kSide / 2;
  std::shared_ptr<LabelChunk> chunk = isMostlyUsed ? unsetChunk() : blankChunk();
  for (size_t y = 0; y < kSide; ++y) {
    const std::span<uint32_t> row = std::span(*chunk).subspan(y * kSide, kSide);
    auto out = row.begin();
    for (uint32_t run = rows[y].begin; run < rows[y].end; ++run) out = std::fill_n(out, length(run), id(number(run)));
    if (isMostlyUsed) std::fill(out, row.end(), 0U);
  }
  return chunk;
}

uint32_t PackedChunk::id(uint32_t number) const { return fourBytes(at(kIds + size_t{4} * number)); }

uint32_t PackedChunk::number(uint32_t run) const {
  return ids_ <= kMostShortNumbers ? *at(numbers_ + run) : twoBytes(at(numbers_ + size_t{2} * run));
}

PackedChunk::Runs PackedChunk::runsOfMark(int64_t mark) const {
  const uint8_t* first = at(firstRuns_ + 2 * static_cast<size_t>(mark));
  return {twoBytes(first), mark + 1 < marks_ ? twoBytes(first + 2) : runs_};
}

PackedChunk::Runs PackedChunk::runsOfRow(int64_t y) const {
  const auto last = static_cast<size_t>(y) / 8;
  int64_t marks = std::popcount(*at(kMarks + last) & ((2U << (y % 8)) - 1));
  for (size_t i = 0; i < last; ++i) marks += std::popcount(*at(kMarks + i));
  return marks == 0 ? Runs{} : runsOfMark(marks - 1);
}

bool PackedChunk::areAlike(const Runs& a, const Runs& b) const {
  const size_t count = a.end - a.begin;
  const size_t numberBytes = bytesPerNumber(ids_);
  return count == b.end - b.begin && std::memcmp(at(lengths_ + a.begin), at(lengths_ + b.begin), count) == 0 &&
         std::memcmp(at(numbers_ + numberBytes * a.begin), at(numbers_ + numberBytes * b.begin), numberBytes * count) ==
             0;
}

Status PackedChunk::check() const {
  if (ids_ == 0 || ids_ > runs_ || runs_ > kMostRuns || marks_ == 0) return damaged("its counts are impossible");
  if (bytes_.size() != numbers_ + bytesPerNumber(ids_) * runs_) return damaged("it is too short or too long");
  if (twoBytes(at(firstRuns_)) != 0) return damaged("its first row does not begin with the first run");
  IdNumbers numbers;
  for (uint32_t i = 0; i < ids_; ++i) {
    if (numbers.of(id(i)) != i) return damaged("an id is there twice");
  }
  Runs above;
  uint32_t known = 0;
  for (int64_t mark = 0; mark < marks_; ++mark) {
    const Runs row = runsOfMark(mark);
    if (row.end < row.begin || row.end > runs_) return damaged("its rows are out of order");
    CYTO_TRY(checkRow(row, known));
    if (areAlike(row, above)) return damaged("a row is there twice");
    above = row;
  }
  return known == ids_ ? Status() : damaged("an id is not used");
}

// `known` counts the ids that runs had so far.
Status PackedChunk::checkRow(const Runs& row, uint32_t& known) const {
  uint32_t width = 0;
  for (uint32_t run = row.begin; run < row.end; ++run) {
    width += length(run);
    if (width > kSide) return damaged("a row is too long");
    if (number(run) > known || number(run) >= ids_) return damaged("its ids are out of order");
    if (number(run) == known) ++known;
    if (run > row.begin && number(run) == number(run - 1)) return damaged("neighbouring runs are alike");
  }
  if (row.begin < row.end && id(number(row.end - 1)) == 0) return damaged("a row ends in background");
  return {};
}

}  // namespace cyto
