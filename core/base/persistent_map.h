#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace cyto {

/// A map in key order whose copies share what neither side has changed. Copying costs the same for any size; a write
/// copies only the nodes between the root and its entry that a copy still holds: some hundred entries of a million.
/// Values are copied with their node, so let them be numbers or shared pointers.
///
/// Distinct maps may be used from distinct threads, copies of each other included. Iterators, and references to values,
/// are valid until their map changes.
//
// A B+ tree: entries are in leaves, all at the same depth, and an inner node has a separator between each two children.
// A node is written in place when nobody else holds it, which is known because the way to it is made ours from the root
// down: copying a node makes its children shared.
template <typename Key, typename Value>
class PersistentMap {
  struct Node;

 public:
  using value_type = std::pair<Key, Value>;

  class const_iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = PersistentMap::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return leaf_->entries[index_]; }
    pointer operator->() const { return &leaf_->entries[index_]; }

    const_iterator& operator++() {
      if (++index_ == leaf_->entries.size()) *this = firstAfter(root_, leaf_->entries.back().first, false);
      return *this;
    }
    const_iterator& operator--() {
      if (leaf_ && index_ > 0) {
        --index_;
      } else {
        *this = leaf_ ? lastBefore(root_, leaf_->entries.front().first) : lastOf(root_, root_);
      }
      return *this;
    }
    const_iterator operator++(int) { return std::exchange(*this, std::next(*this)); }
    const_iterator operator--(int) { return std::exchange(*this, std::prev(*this)); }
    bool operator==(const const_iterator& other) const { return leaf_ == other.leaf_ && index_ == other.index_; }

   private:
    friend class PersistentMap;
    const_iterator(const Node* root, const Node* leaf, size_t index) : root_(root), leaf_(leaf), index_(index) {}

    const Node* root_ = nullptr;
    const Node* leaf_ = nullptr;  // null behind the last entry
    size_t index_ = 0;
  };
  using iterator = const_iterator;

  PersistentMap() = default;
  PersistentMap(const PersistentMap&) = default;
  PersistentMap& operator=(const PersistentMap&) = default;
  PersistentMap(PersistentMap&& other) noexcept : root_(std::move(other.root_)), size_(std::exchange(other.size_, 0)) {}
  PersistentMap& operator=(PersistentMap&& other) noexcept {
    root_ = std::move(other.root_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~PersistentMap() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  const_iterator begin() const { return firstOf(root_.get(), root_.get()); }
  const_iterator end() const { return {root_.get(), nullptr, 0}; }

  const_iterator find(const Key& key) const {
    const const_iterator found = lower_bound(key);
    return found != end() && found->first == key ? found : end();
  }
  bool contains(const Key& key) const { return find(key) != end(); }

  /// The first entry whose key is not less, or greater.
  const_iterator lower_bound(const Key& key) const { return firstAfter(root_.get(), key, true); }
  const_iterator upper_bound(const Key& key) const { return firstAfter(root_.get(), key, false); }

  /// The value for writing; made when missing.
  Value& operator[](const Key& key) {
    if (!root_) root_ = std::make_shared<Node>();
    if (root_->isFull()) {
      auto top = std::make_shared<Node>();
      top->reserveChildren();
      top->children.push_back(root_);
      root_ = std::move(top);
      splitChild(*root_, 0, key);
    }
    Node* node = &own(root_);
    while (!node->isLeaf()) {
      if (node->children[node->childOf(key)]->isFull()) splitChild(*node, node->childOf(key), key);
      node = &own(node->children[node->childOf(key)]);
    }
    auto place = node->entryFor(key);
    if (place == node->entries.end() || place->first != key) {
      node->entries.reserve(kMost);
      place = node->entries.insert(node->entryFor(key), {key, Value()});
      ++size_;
    }
    return place->second;
  }

  /// Whether there was one.
  bool erase(const Key& key) {
    if (!contains(key)) return false;
    eraseBelow(root_, key);
    --size_;
    if (root_->count() == 0) root_.reset();
    while (root_ && root_->children.size() == 1) root_ = std::shared_ptr<Node>(root_->children.front());
    return true;
  }

 private:
  static constexpr size_t kMost = 32;
  static constexpr size_t kFew = kMost / 4;

  struct Node {
    std::vector<value_type> entries;  // of a leaf
    std::vector<std::shared_ptr<Node>> children;
    std::vector<Key> separators;  // keys from separators[i] on are in children[i + 1] or later

    Node() = default;
    Node(const Node& other) {
      if (other.isLeaf()) {
        entries.reserve(kMost);
        entries = other.entries;
      } else {
        reserveChildren();
        children = other.children;
        separators = other.separators;
      }
    }

    void reserveChildren() {
      children.reserve(kMost);
      separators.reserve(kMost);
    }

    bool isLeaf() const { return children.empty(); }
    size_t count() const { return isLeaf() ? entries.size() : children.size(); }
    bool isFull() const { return count() >= kMost; }

    size_t childOf(const Key& key) const {
      return static_cast<size_t>(std::upper_bound(separators.begin(), separators.end(), key) - separators.begin());
    }

    /// Where the entry of a key is in a leaf, or would be.
    auto entryFor(const Key& key) {
      return std::lower_bound(entries.begin(), entries.end(), key,
                              [](const value_type& entry, const Key& wanted) { return entry.first < wanted; });
    }

    void removeChild(size_t i) {
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
      if (!separators.empty()) separators.erase(separators.begin() + static_cast<std::ptrdiff_t>(i > 0 ? i - 1 : 0));
    }
  };

  /// The node for writing: copied first when somebody else holds it. Its parent must be ours.
  static Node& own(std::shared_ptr<Node>& held) {
    if (held.use_count() != 1) {
      held = std::make_shared<Node>(*held);
    } else {
      // use_count is a relaxed read. Counting up and down is an acquire: it orders our writes after the reads of a
      // thread that has just dropped its copy.
      std::shared_ptr<Node>(held).reset();
    }
    return *held;
  }

  /// Makes two of a full child. Keys that come in ascending order leave full nodes behind, not half-full ones.
  static void splitChild(Node& parent, size_t i, const Key& key) {
    Node& left = own(parent.children[i]);
    auto right = std::make_shared<Node>();
    const bool isAppended = left.isLeaf() ? left.entries.back().first < key : !(key < left.separators.back());
    const size_t cut = isAppended ? left.count() - 1 : left.count() / 2;
    const auto offset = static_cast<std::ptrdiff_t>(cut);
    Key separator{};
    if (left.isLeaf()) {
      right->entries.reserve(kMost);
      right->entries.assign(left.entries.begin() + offset, left.entries.end());
      left.entries.erase(left.entries.begin() + offset, left.entries.end());
      separator = right->entries.front().first;
    } else {
      right->reserveChildren();
      right->children.assign(left.children.begin() + offset, left.children.end());
      right->separators.assign(left.separators.begin() + offset, left.separators.end());
      separator = left.separators[cut - 1];
      left.children.erase(left.children.begin() + offset, left.children.end());
      left.separators.erase(left.separators.begin() + offset - 1, left.separators.end());
    }
    parent.separators.insert(parent.separators.begin() + static_cast<std::ptrdiff_t>(i), separator);
    parent.children.insert(parent.children.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(right));
  }

  static void eraseBelow(std::shared_ptr<Node>& held, const Key& key) {
    Node& node = own(held);
    if (node.isLeaf()) {
      node.entries.erase(node.entryFor(key));
      return;
    }
    const size_t i = node.childOf(key);
    eraseBelow(node.children[i], key);
    if (node.children[i]->count() == 0) {
      node.removeChild(i);
    } else if (node.children[i]->count() < kFew) {
      mergeWithNeighbour(node, i);
    }
  }

  static void mergeWithNeighbour(Node& parent, size_t i) {
    const size_t first = i > 0 ? i - 1 : 0;
    if (first + 1 >= parent.children.size()) return;
    // Not quite full, or the next entry would split them again.
    if (parent.children[first]->count() + parent.children[first + 1]->count() > kMost * 3 / 4) return;
    Node& left = own(parent.children[first]);
    const Node& right = *parent.children[first + 1];
    if (!left.isLeaf()) left.separators.push_back(parent.separators[first]);
    left.entries.insert(left.entries.end(), right.entries.begin(), right.entries.end());
    left.children.insert(left.children.end(), right.children.begin(), right.children.end());
    left.separators.insert(left.separators.end(), right.separators.begin(), right.separators.end());
    parent.removeChild(first + 1);
  }

  static const_iterator firstOf(const Node* root, const Node* below) {
    if (!below) return {root, nullptr, 0};
    while (!below->isLeaf()) below = below->children.front().get();
    return {root, below, 0};
  }

  static const_iterator lastOf(const Node* root, const Node* below) {
    if (!below) return {root, nullptr, 0};
    while (!below->isLeaf()) below = below->children.back().get();
    return {root, below, below->entries.size() - 1};
  }

  /// The first entry whose key is greater, or equal when `orEqual`.
  static const_iterator firstAfter(const Node* root, const Key& key, bool orEqual) {
    const Node* beside = nullptr;  // the subtree right of the way down
    const Node* node = root;
    if (!node) return {root, nullptr, 0};
    while (!node->isLeaf()) {
      const size_t i = node->childOf(key);
      if (i + 1 < node->children.size()) beside = node->children[i + 1].get();
      node = node->children[i].get();
    }
    const auto found = std::find_if(node->entries.begin(), node->entries.end(), [&](const value_type& entry) {
      return orEqual ? !(entry.first < key) : key < entry.first;
    });
    if (found == node->entries.end()) return firstOf(root, beside);
    return {root, node, static_cast<size_t>(found - node->entries.begin())};
  }

  /// The last entry whose key is less.
  static const_iterator lastBefore(const Node* root, const Key& key) {
    const Node* beside = nullptr;  // the subtree left of the way down
    const Node* node = root;
    while (!node->isLeaf()) {
      const size_t i = node->childOf(key);
      if (i > 0) beside = node->children[i - 1].get();
      node = node->children[i].get();
    }
    const auto above = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&](const value_type& entry) { return !(entry.first < key); });
    if (above == node->entries.begin()) return lastOf(root, beside);
    return {root, node, static_cast<size_t>(above - node->entries.begin()) - 1};
  }

  std::shared_ptr<Node> root_;
  size_t size_ = 0;
};

}  // namespace cyto
