#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cyto::nn {

/// A value of a pickle stream. Objects of classes we do not know become kOpaque: they are never built, and what is
/// inside them cannot be reached.
struct PickleValue {
  enum class Kind { kNone, kBool, kInteger, kFloat, kText, kSequence, kMapping, kGlobal, kStorage, kTensor, kOpaque };

  Kind kind = Kind::kNone;
  int64_t integer = 0;              ///< kInteger, kBool
  std::string text;                 ///< kText; kGlobal as "module name"; kStorage: member key
  std::vector<PickleValue*> items;  ///< kSequence (list, tuple, set)
  std::vector<std::pair<PickleValue*, PickleValue*>> entries;  ///< kMapping

  std::string storageType;         ///< kStorage: "FloatStorage", …
  int64_t storageElements = 0;     ///< kStorage
  PickleValue* storage = nullptr;  ///< kTensor
  int64_t storageOffset = 0;       ///< kTensor, in elements
  std::vector<int64_t> sizes;      ///< kTensor
  std::vector<int64_t> strides;    ///< kTensor

  /// The value under a text key of a mapping, or null.
  const PickleValue* find(const std::string& key) const;
};

/// A parsed stream; owns all its values.
class Pickle {
 public:
  /// Runs the opcodes of protocols 2 to 5 that describe data. Calls are made for four functions only, all of which
  /// describe tensors or ordered dictionaries; every other call yields an opaque value. Nothing is imported or
  /// executed. Errors: kFormat with what is wrong ("the pickle …").
  static Result<Pickle> parse(const std::string& stream);

  const PickleValue& root() const { return *root_; }

 private:
  friend class PickleMachine;
  // Values refer to each other by plain pointers, so a deep or cyclic stream cannot overflow the stack when it dies.
  std::vector<std::unique_ptr<PickleValue>> values_;
  PickleValue* root_ = nullptr;
};

}  // namespace cyto::nn
