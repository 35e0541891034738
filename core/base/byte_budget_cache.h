#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace cyto {

/// Least-recently-used cache that is bounded in bytes, not in entries. Values are shared, so eviction
/// never pulls data from under a reader. Thread-safe.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class ByteBudgetCache {
 public:
  explicit ByteBudgetCache(int64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  /// The value, made the most recent; null when absent.
  std::shared_ptr<const Value> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  /// Whether a value is kept, without making it more recent.
  bool contains(const Key& key) const {
    const std::lock_guard lock(mutex_);
    return index_.contains(key);
  }

  /// How many values are kept.
  int64_t count() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int64_t>(index_.size());
  }

  /// Adds or replaces. A value larger than the whole budget is not kept.
  void insert(const Key& key, std::shared_ptr<const Value> value, int64_t size_bytes) {
    const std::lock_guard lock(mutex_);
    eraseLocked(key);
    if (size_bytes > budget_bytes_) return;
    entries_.push_front({key, std::move(value), size_bytes});
    index_[key] = entries_.begin();
    used_bytes_ += size_bytes;
    while (used_bytes_ > budget_bytes_) eraseLocked(Key(entries_.back().key));
  }

  /// The same, but a value larger than the whole budget is kept too: alone, and counted as the budget. For values that
  /// are dear to make and asked for again at once. The budget must be positive.
  void insertEvenIfTooLarge(const Key& key, std::shared_ptr<const Value> value, int64_t size_bytes) {
    insert(key, std::move(value), std::min(size_bytes, budget_bytes_));
  }

  int64_t used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_bytes_;
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Value> value;
    int64_t size_bytes;
  };

  void eraseLocked(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    used_bytes_ -= found->second->size_bytes;
    entries_.erase(found->second);
    index_.erase(found);
  }

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recent first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
  int64_t budget_bytes_;
  int64_t used_bytes_ = 0;
};

}  // namespace cyto
