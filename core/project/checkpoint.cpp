// A checkpoint file, NAME.cyto/checkpoint:
//
//   1. It begins with the 8 bytes "CYTOCKP1"; sections follow in the form of journal records (journal_record.cpp), with
//      sequences 1, 2, 3, … and the kinds below. All of them are read and checked, or the checkpoint is not used.
//   2. kHead: number sequence, integer record time, number record checksum, number next id, 4 integers image shape,
//      number current step.
//   3. kLabels, kProposals: for each chunk integers t, z, row, column and its bytes as a text (packed_chunk.cpp).
//   4. kObjects: objects, in the form of object_format.cpp.
//   5. kDraft: an edit (edit_format.cpp) that makes draft and settings from those of an empty document.
//   6. kSteps: number of the child of the beginning that was visited last, in the first such section only; then for
//      each step number sequence, number parent, number child visited last, integer time, number kind,
//      number automatic, integers t and z, text label.
//   7. kEnd: number of sections before it. Nothing follows.
//   8. It is written beside, synced and renamed, then the folder is synced, after the journal was synced up to the
//      record it names.

#include "core/project/checkpoint.h"

#include <fstream>

#include "core/base/atomic_file.h"
#include "core/journal/crc32c.h"
#include "core/journal/journal_segment.h"
#include "core/project/byte_stream.h"
#include "core/project/edit.h"
#include "core/project/object_format.h"

namespace cyto {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "CYTOCKP1";
constexpr size_t kSectionBytes = size_t{1} << 20;

enum class Section : uint16_t { kHead = 1, kLabels, kProposals, kObjects, kDraft, kSteps, kEnd };

// --- writing ---------------------------------------------------------------------------------------------------------

class CheckpointWriter {
 public:
  explicit CheckpointWriter(const fs::path& path) : file_(path, std::ios::binary | std::ios::trunc) { file_ << kMagic; }

  ByteWriter& content() { return content_; }

  /// Ends a section, when it is full or when it must end.
  void endSection(Section kind, bool isFull) {
    if (isFull ? content_.size() < kSectionBytes : content_.size() == 0) return;
    put(kind, content_.bytes());
    content_.clear();
  }

  void put(Section kind, std::string_view content) {
    // A section is framed as a record is, so that there is one way to check bytes.
    const std::string record = encodeRecord(++sections_, static_cast<RecordKind>(kind), content, 0);
    file_.write(record.data(), static_cast<std::streamsize>(record.size()));
  }

  bool finish() {
    ByteWriter end;
    end.number(sections_);
    put(Section::kEnd, end.bytes());
    file_.close();
    return static_cast<bool>(file_);
  }

 private:
  std::ofstream file_;
  ByteWriter content_;
  uint64_t sections_ = 0;
};

void writeLabels(const LabelVolume& labels, Section kind, CheckpointWriter& out) {
  for (const ChunkKey& key : labels.chunks()) {
    for (const int64_t index : {key.t, key.z, key.row, key.column}) out.content().integer(index);
    out.content().text(labels.packed(key)->bytes());
    out.endSection(kind, true);
  }
  out.endSection(kind, false);
}

void writeSteps(const History& history, CheckpointWriter& out) {
  const std::vector<uint64_t>& lastVisited = history.lastVisited();
  out.content().number(lastVisited[0]);
  for (size_t i = 0; i < history.steps().size(); ++i) {
    const HistoryStep& step = history.steps()[i];
    ByteWriter& content = out.content();
    content.number(step.sequence);
    content.number(step.parent);
    content.number(lastVisited[i + 1]);
    content.integer(step.time_us);
    content.number(static_cast<uint64_t>(step.kind));
    content.number(step.isAutomatic ? 1 : 0);
    content.integer(step.t);
    content.integer(step.z);
    content.text(step.label);
    out.endSection(Section::kSteps, true);
  }
  out.endSection(Section::kSteps, false);
}

bool writeTo(const fs::path& path, const Checkpoint& checkpoint) {
  CheckpointWriter out(path);
  ByteWriter& head = out.content();
  head.number(checkpoint.sequence);
  head.integer(checkpoint.recordTime_us);
  head.number(checkpoint.recordChecksum);
  head.number(checkpoint.nextId);
  const Document& document = checkpoint.document;
  const Shape& shape = document.labels.shape();
  for (const int64_t extent : {shape.t, shape.z, shape.y, shape.x}) head.integer(extent);
  head.number(checkpoint.history.current());
  out.endSection(Section::kHead, false);
  writeLabels(document.labels, Section::kLabels, out);
  writeLabels(document.proposals, Section::kProposals, out);
  for (const auto& [id, object] : document.objects) {
    write(*object, out.content());
    out.endSection(Section::kObjects, true);
  }
  out.endSection(Section::kObjects, false);
  Edit draft;
  draft.draft = Change<Draft>{{}, document.draft};
  draft.settings.emplace().after = document.settings;
  out.put(Section::kDraft, encodeEdit(draft));
  writeSteps(checkpoint.history, out);
  return out.finish();
}

// --- reading ---------------------------------------------------------------------------------------------------------

class CheckpointReader {
 public:
  CheckpointReader(const fs::path& path, const Shape& shape)
      : path_(path), shape_(shape), file_(path, std::ios::binary) {}

  Result<Checkpoint> read() {
    if (!file_) return Error(ErrorCode::kNotFound, "there is no checkpoint '" + path_.string() + "'");
    try {
      if (bytes(kMagic.size()) != kMagic) return damaged("it does not begin as a checkpoint does");
      while (!isEnded_) take(section());
      if (file_.peek() != std::char_traits<char>::eof()) return damaged("there is more after its end");
      return assemble();
    } catch (const std::bad_alloc&) {
      return Error(ErrorCode::kOutOfMemory, "there is too little memory to read the checkpoint");
    } catch (const std::exception& failure) {
      return damaged(failure.what());
    }
  }

 private:
  struct FramedSection {
    Section kind;
    std::string content;
  };
  using PackedChunks = std::vector<std::pair<ChunkKey, std::shared_ptr<const PackedChunk>>>;

  Error damaged(const std::string& what) const {
    return Error(ErrorCode::kFormat, Damage{path_, sectionOffset_, what, 0, 0}.text());
  }

  std::string bytes(size_t count) {
    // In pieces: a length that is not true must not take gigabytes.
    constexpr size_t kPiece = size_t{1} << 24;
    std::string content;
    while (content.size() < count) {
      const size_t before = content.size();
      content.resize(before + std::min(kPiece, count - before));
      file_.read(content.data() + before, static_cast<std::streamsize>(content.size() - before));
      if (!file_) throw std::runtime_error("it ends too early");
    }
    offset_ += count;
    return content;
  }

  FramedSection section() {
    sectionOffset_ = offset_;
    std::string framed = bytes(RecordHeader::kBytes);
    const RecordHeader header = RecordHeader::parse(framed);
    std::string stored = bytes(header.storedBytes);
    const uint32_t checksum = crc32c(stored, crc32c(std::string_view(framed).substr(RecordHeader::kChecksumEnd)));
    if (checksum != header.checksum) throw std::runtime_error("a checksum does not fit");
    if (header.sequence != ++sections_) throw std::runtime_error("a section is missing");
    auto content = decodePayload(header, std::move(stored));
    if (!content) throw std::runtime_error(content.error().message());
    return {static_cast<Section>(header.kind), *std::move(content)};
  }

  void take(const FramedSection& section) {
    ByteReader in(section.content);
    if ((sections_ == 1) != (section.kind == Section::kHead)) throw std::runtime_error("its head is missing");
    switch (section.kind) {
      case Section::kHead: return takeHead(in);
      case Section::kLabels: return takeChunks(in, labels_);
      case Section::kProposals: return takeChunks(in, proposals_);
      case Section::kObjects: return takeObjects(in);
      case Section::kDraft: return takeDraft(section.content);
      case Section::kSteps: return takeSteps(in);
      case Section::kEnd:
        if (in.number() != sections_ - 1) throw std::runtime_error("a section is missing");
        isEnded_ = true;
        return;
    }
    throw std::runtime_error("a section of an unknown kind");
  }

  void takeHead(ByteReader& in) {
    checkpoint_.sequence = in.number();
    checkpoint_.recordTime_us = in.integer();
    checkpoint_.recordChecksum = static_cast<uint32_t>(in.number(UINT32_MAX));
    checkpoint_.nextId = static_cast<uint32_t>(in.number(UINT32_MAX));
    Shape shape;
    for (int64_t* extent : {&shape.t, &shape.z, &shape.y, &shape.x}) *extent = in.integer();
    if (shape != shape_) throw std::runtime_error("it is of an image of another size");
    current_ = in.number();
    checkpoint_.document = emptyDocument(shape_, {});
  }

  static void takeChunks(ByteReader& in, PackedChunks& chunks) {
    while (!in.isAtEnd()) {
      ChunkKey key;
      for (int64_t* index : {&key.t, &key.z, &key.row, &key.column}) *index = in.integer();
      auto chunk = PackedChunk::fromBytes(in.text());
      if (!chunk) throw std::runtime_error(chunk.error().message());
      chunks.emplace_back(key, *std::move(chunk));
    }
  }

  void takeObjects(ByteReader& in) {
    while (!in.isAtEnd()) {
      auto object = std::make_shared<const ObjectRecord>(readObject(in));
      checkpoint_.document.objects.set(object->id, object);
    }
  }

  void takeDraft(const std::string& content) {
    const auto edit = decodeEdit(content);
    if (!edit) throw std::runtime_error(edit.error().message());
    if (Status applied = apply(*edit, Direction::kForward, checkpoint_.document); !applied) {
      throw std::runtime_error(applied.error().message());
    }
    hasDraft_ = true;
  }

  void takeSteps(ByteReader& in) {
    if (lastVisited_.empty()) lastVisited_.push_back(in.number());
    while (!in.isAtEnd()) {
      HistoryStep step;
      step.sequence = in.number();
      step.parent = in.number();
      lastVisited_.push_back(in.number());
      step.time_us = in.integer();
      step.kind = static_cast<EditKind>(in.number(UINT8_MAX));
      step.isAutomatic = in.number(1) == 1;
      step.t = in.integer();
      step.z = in.integer();
      step.label = in.text();
      steps_.push_back(std::move(step));
    }
  }

  Result<Checkpoint> assemble() {
    if (!hasDraft_) return damaged("a section is missing");
    auto history = History::restored(std::move(steps_), std::move(lastVisited_), current_);
    if (!history) return damaged(history.error().message());
    checkpoint_.history = *std::move(history);
    auto labels = LabelVolume::fromPacked(shape_, std::move(labels_));
    if (!labels) return damaged(labels.error().message());
    auto proposals = LabelVolume::fromPacked(shape_, std::move(proposals_));
    if (!proposals) return damaged(proposals.error().message());
    checkpoint_.document.labels = *std::move(labels);
    checkpoint_.document.proposals = *std::move(proposals);
    return std::move(checkpoint_);
  }

  const fs::path& path_;
  const Shape& shape_;
  std::ifstream file_;
  uint64_t offset_ = 0;
  uint64_t sectionOffset_ = 0;
  uint64_t sections_ = 0;
  bool isEnded_ = false;
  bool hasDraft_ = false;
  uint64_t current_ = 0;
  Checkpoint checkpoint_;
  PackedChunks labels_;
  PackedChunks proposals_;
  std::vector<HistoryStep> steps_;
  std::vector<uint64_t> lastVisited_;
};

}  // namespace

Status writeCheckpoint(const fs::path& path, const Checkpoint& checkpoint) {
  return writeFileAtomically(path, [&](const fs::path& temporary) -> Status {
    if (writeTo(temporary, checkpoint)) return {};
    return Error(ErrorCode::kIo, "the checkpoint '" + path.string() + "' cannot be written");
  });
}

Result<Checkpoint> readCheckpoint(const fs::path& path, const Shape& shape) {
  return CheckpointReader(path, shape).read();
}

}  // namespace cyto
