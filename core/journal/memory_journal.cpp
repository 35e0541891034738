#include "core/journal/journal.h"

namespace cyto {

namespace {

class MemoryJournal : public Journal {
 public:
  uint64_t lastSequence() const override { return records_.size(); }

  uint64_t size_bytes() const override { return 0; }
  uint64_t segment_bytes() const override { return 0; }

  Result<uint64_t> append(RecordKind kind, std::string_view payload, int64_t time_us) override {
    records_.push_back({records_.size() + 1, time_us, kind, std::string(payload)});
    return records_.size();
  }

  Status sync() override { return {}; }

  Result<Record> read(uint64_t sequence) const override {
    if (sequence < 1 || sequence > records_.size()) {
      return Error(ErrorCode::kNotFound, "the journal has no record " + std::to_string(sequence));
    }
    return records_[sequence - 1];
  }

  Status readFrom(uint64_t first, const std::function<Status(const Record&)>& visit,
                  std::vector<Damage>&) const override {
    for (uint64_t sequence = std::max<uint64_t>(first, 1); sequence <= records_.size(); ++sequence) {
      CYTO_TRY(visit(records_[sequence - 1]));
    }
    return {};
  }

  Status startSegment() override { return {}; }
  std::unique_ptr<SegmentPacking> nextPacking() const override { return nullptr; }
  Status finishPacking(SegmentPacking&) override { return {}; }

 private:
  std::vector<Record> records_;
};

}  // namespace

std::unique_ptr<Journal> createMemoryJournal() { return std::make_unique<MemoryJournal>(); }

}  // namespace cyto
