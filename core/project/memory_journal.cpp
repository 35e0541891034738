#include "core/project/journal.h"

namespace cyto {

namespace {

class MemoryJournal : public Journal {
 public:
  Result<uint64_t> append(RecordKind, std::string_view payload, int64_t) override {
    payloads_.emplace_back(payload);
    return static_cast<uint64_t>(payloads_.size());
  }

  Result<std::string> payload(uint64_t sequence) const override {
    if (sequence < 1 || sequence > payloads_.size()) {
      return Error(ErrorCode::kNotFound, "the journal has no record " + std::to_string(sequence));
    }
    return payloads_[sequence - 1];
  }

 private:
  std::vector<std::string> payloads_;
};

}  // namespace

std::unique_ptr<Journal> createMemoryJournal() { return std::make_unique<MemoryJournal>(); }

}  // namespace cyto
