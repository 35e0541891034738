#include "core/nn/weights/pickle.h"

#include <unordered_map>

#include "core/nn/weights/binary_file.h"

namespace cyto::nn {

using Kind = PickleValue::Kind;

namespace {

// The largest real checkpoints have some ten thousand; each value takes about 200 bytes.
constexpr size_t kMostValues = 500'000;
constexpr size_t kMostDimensions = 16;

/// Ends the parse; caught in Pickle::parse.
struct Malformed {
  std::string what;
};

/// Reads the operands of opcodes; every read is checked.
class Operands {
 public:
  explicit Operands(const std::string& stream) : stream_(stream) {}

  const char* take(uint64_t bytes) {
    if (bytes > stream_.size() - at_) throw Malformed{"ends too early"};
    const char* data = stream_.data() + at_;
    at_ += bytes;
    return data;
  }
  uint64_t number(int bytes) { return littleEndian(take(static_cast<uint64_t>(bytes)), bytes); }
  std::string text(uint64_t bytes) { return {take(bytes), static_cast<size_t>(bytes)}; }
  std::string line() {
    const size_t end = stream_.find('\n', at_);
    if (end == std::string::npos) throw Malformed{"ends too early"};
    std::string text = stream_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

 private:
  const std::string& stream_;
  size_t at_ = 0;
};

}  // namespace

class PickleMachine {
 public:
  explicit PickleMachine(const std::string& stream) : operands_(stream) {}

  Pickle run() {
    while (step(static_cast<unsigned char>(*operands_.take(1)))) {
    }
    pickle_.root_ = pop();
    return std::move(pickle_);
  }

 private:
  PickleValue* make(Kind kind) {
    if (pickle_.values_.size() >= kMostValues) throw Malformed{"holds too many values"};
    pickle_.values_.push_back(std::make_unique<PickleValue>());
    pickle_.values_.back()->kind = kind;
    return pickle_.values_.back().get();
  }
  void push(PickleValue* value) { stack_.push_back(value); }
  void pushInteger(int64_t number, Kind kind = Kind::kInteger) {
    push(make(kind));
    stack_.back()->integer = number;
  }
  void pushText(std::string text, Kind kind = Kind::kText) {
    push(make(kind));
    stack_.back()->text = std::move(text);
  }

  size_t floorOfStack() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* pop() {
    if (stack_.size() <= floorOfStack()) throw Malformed{"takes more values than there are"};
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue* top() {
    if (stack_.size() <= floorOfStack()) throw Malformed{"takes more values than there are"};
    return stack_.back();
  }
  std::vector<PickleValue*> popToMark() {
    if (marks_.empty()) throw Malformed{"has a group without beginning"};
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue*> group(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return group;
  }

  void pushSequence(std::vector<PickleValue*> items) {
    PickleValue* value = make(Kind::kSequence);
    value->items = std::move(items);
    push(value);
  }
  void pushTupleOf(size_t count) {
    std::vector<PickleValue*> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    pushSequence(std::move(items));
  }
  void append(const std::vector<PickleValue*>& items) {
    PickleValue* list = top();
    if (list->kind == Kind::kOpaque) return;
    if (list->kind != Kind::kSequence) throw Malformed{"appends to something that is no list"};
    list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void setItems(const std::vector<PickleValue*>& items) {
    PickleValue* mapping = top();
    if (mapping->kind == Kind::kOpaque) return;
    if (mapping->kind != Kind::kMapping || items.size() % 2 != 0)
      throw Malformed{"sets items of something that is no dictionary"};
    for (size_t i = 0; i < items.size(); i += 2) mapping->entries.emplace_back(items[i], items[i + 1]);
  }

  void memoize(uint64_t index) { memo_[index] = top(); }
  void recall(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw Malformed{"refers to a value that does not exist"};
    push(found->second);
  }

  void call() {
    const PickleValue* arguments = pop();
    const PickleValue* function = pop();
    const std::string name = function->kind == Kind::kGlobal ? function->text : "";
    if (name == "collections OrderedDict") {
      push(make(Kind::kMapping));
    } else if (name == "torch._utils _rebuild_tensor_v2") {
      push(rebuildTensor(*arguments));
    } else if (name == "torch._utils _rebuild_parameter" && arguments->kind == Kind::kSequence &&
               !arguments->items.empty()) {
      push(arguments->items[0]);
    } else if (name == "torch Size" && arguments->kind == Kind::kSequence && arguments->items.size() == 1) {
      push(arguments->items[0]);
    } else {
      push(make(Kind::kOpaque));
    }
  }

  static std::vector<int64_t> integers(const PickleValue* value) {
    if (value->kind != Kind::kSequence || value->items.size() > kMostDimensions)
      throw Malformed{"has a tensor without a shape"};
    std::vector<int64_t> numbers;
    for (const PickleValue* item : value->items) {
      if (item->kind != Kind::kInteger) throw Malformed{"has a tensor without a shape"};
      numbers.push_back(item->integer);
    }
    return numbers;
  }

  PickleValue* rebuildTensor(const PickleValue& arguments) {
    const auto& items = arguments.items;
    if (arguments.kind != Kind::kSequence || items.size() < 4 || items[0]->kind != Kind::kStorage ||
        items[1]->kind != Kind::kInteger) {
      throw Malformed{"describes a tensor wrongly"};
    }
    PickleValue* tensor = make(Kind::kTensor);
    tensor->storage = items[0];
    tensor->storageOffset = items[1]->integer;
    tensor->sizes = integers(items[2]);
    tensor->strides = integers(items[3]);
    return tensor;
  }

  void pushStorage() {
    const PickleValue* id = pop();
    const auto& items = id->items;
    if (id->kind != Kind::kSequence || items.size() < 5 || items[0]->text != "storage" ||
        items[1]->kind != Kind::kGlobal || items[2]->kind != Kind::kText || items[4]->kind != Kind::kInteger) {
      throw Malformed{"describes a storage wrongly"};
    }
    PickleValue* storage = make(Kind::kStorage);
    storage->text = items[2]->text;
    const std::string& type = items[1]->text;
    storage->storageType = type.substr(type.rfind(' ') + 1);
    storage->storageElements = items[4]->integer;
    push(storage);
  }

  void pushLong(uint64_t bytes) {
    const char* data = operands_.take(bytes);
    if (bytes > 8) {
      push(make(Kind::kOpaque));
      return;
    }
    uint64_t value = littleEndian(data, static_cast<int>(bytes));
    if (bytes > 0 && bytes < 8 && (data[bytes - 1] & 0x80)) value |= ~uint64_t{0} << (8 * bytes);
    pushInteger(static_cast<int64_t>(value));
  }

  bool step(unsigned char opcode);
  bool stepValue(unsigned char opcode);
  bool stepContainer(unsigned char opcode);
  bool stepObject(unsigned char opcode);

  Operands operands_;
  Pickle pickle_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

/// Numbers, texts and constants.
bool PickleMachine::stepValue(unsigned char opcode) {
  switch (opcode) {
    case 'N': push(make(Kind::kNone)); return true;
    case 0x88: pushInteger(1, Kind::kBool); return true;
    case 0x89: pushInteger(0, Kind::kBool); return true;
    case 'J': pushInteger(static_cast<int32_t>(operands_.number(4))); return true;
    case 'K': pushInteger(static_cast<int64_t>(operands_.number(1))); return true;
    case 'M': pushInteger(static_cast<int64_t>(operands_.number(2))); return true;
    case 0x8a: pushLong(operands_.number(1)); return true;
    case 0x8b: pushLong(operands_.number(4)); return true;
    case 'G':
      operands_.take(8);
      push(make(Kind::kFloat));
      return true;
    case 'X': pushText(operands_.text(operands_.number(4))); return true;
    case 0x8c: pushText(operands_.text(operands_.number(1))); return true;
    case 0x8d: pushText(operands_.text(operands_.number(8))); return true;
    case 'T':
    case 'B':
      operands_.take(operands_.number(4));
      push(make(Kind::kOpaque));
      return true;
    case 'U':
    case 'C':
      operands_.take(operands_.number(1));
      push(make(Kind::kOpaque));
      return true;
    case 0x8e:
    case 0x96:
      operands_.take(operands_.number(8));
      push(make(Kind::kOpaque));
      return true;
    default: return false;
  }
}

/// Lists, tuples, dictionaries, sets, marks and the memo.
bool PickleMachine::stepContainer(unsigned char opcode) {
  switch (opcode) {
    case '(': marks_.push_back(stack_.size()); return true;
    case '0': pop(); return true;
    case '1': popToMark(); return true;
    case '2': push(top()); return true;
    case ']':
    case ')':
    case 0x8f: pushSequence({}); return true;
    case 'l':
    case 't':
    case 0x91: pushSequence(popToMark()); return true;
    case 0x85: pushTupleOf(1); return true;
    case 0x86: pushTupleOf(2); return true;
    case 0x87: pushTupleOf(3); return true;
    case '}': push(make(Kind::kMapping)); return true;
    case 'a': {
      PickleValue* item = pop();
      append({item});
      return true;
    }
    case 'e':
    case 0x90: append(popToMark()); return true;
    case 's': {
      PickleValue* value = pop();
      PickleValue* key = pop();
      setItems({key, value});
      return true;
    }
    case 'u': setItems(popToMark()); return true;
    case 'd': {
      const auto items = popToMark();
      push(make(Kind::kMapping));
      setItems(items);
      return true;
    }
    case 'q': memoize(operands_.number(1)); return true;
    case 'r': memoize(operands_.number(4)); return true;
    case 0x94: memoize(memo_.size()); return true;
    case 'h': recall(operands_.number(1)); return true;
    case 'j': recall(operands_.number(4)); return true;
    default: return false;
  }
}

/// Classes, calls and storages.
bool PickleMachine::stepObject(unsigned char opcode) {
  switch (opcode) {
    case 'c': {
      const std::string module = operands_.line();
      pushText(module + " " + operands_.line(), Kind::kGlobal);
      return true;
    }
    case 0x93: {
      const PickleValue* name = pop();
      const PickleValue* module = pop();
      pushText(module->text + " " + name->text, Kind::kGlobal);
      return true;
    }
    case 'R': call(); return true;
    case 0x81:
      pop();
      pop();
      push(make(Kind::kOpaque));
      return true;
    case 0x92:
      pop();
      pop();
      pop();
      push(make(Kind::kOpaque));
      return true;
    case 'o':
      popToMark();
      push(make(Kind::kOpaque));
      return true;
    case 'i':
      operands_.line();
      operands_.line();
      popToMark();
      push(make(Kind::kOpaque));
      return true;
    case 'b':
      pop();
      return true;  // the state of an object: ordered dictionaries carry one, and it holds no tensors we want
    case 'Q': pushStorage(); return true;
    default: return false;
  }
}

bool PickleMachine::step(unsigned char opcode) {
  switch (opcode) {
    case '.': return false;
    case 0x80:
      if (operands_.number(1) > 5) throw Malformed{"has an unknown protocol"};
      return true;
    case 0x95: operands_.take(8); return true;
    default: break;
  }
  if (stepValue(opcode) || stepContainer(opcode) || stepObject(opcode)) return true;
  throw Malformed{"has the unknown instruction " + std::to_string(opcode)};
}

const PickleValue* PickleValue::find(const std::string& key) const {
  if (kind != Kind::kMapping) return nullptr;
  for (const auto& [name, value] : entries) {
    if (name->kind == Kind::kText && name->text == key) return value;
  }
  return nullptr;
}

Result<Pickle> Pickle::parse(const std::string& stream) {
  try {
    return PickleMachine(stream).run();
  } catch (const Malformed& malformed) {
    return Error(ErrorCode::kFormat, "the pickle " + malformed.what);
  }
}

}  // namespace cyto::nn
