#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "core/project/cbor_reader.h"
#include "core/project/edit.h"
#include "gmock/gmock.h"
#include "tests/support/random_seed.h"
#include "tests/unit/project/document_edits.h"

namespace cyto {
namespace {

using nlohmann::json;
using test::answerEdit;
using test::commitEdit;
using test::kShape;
using test::promptEdit;
using test::square;
using testing::HasSubstr;

std::string cborOf(const json& value) {
  std::string bytes;
  json::to_cbor(value, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

json randomValue(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0: return static_cast<int64_t>(random()) >> (random() % 64);
    case 1:
      return std::ldexp(static_cast<double>(static_cast<int64_t>(random())), static_cast<int>(random() % 400) - 200);
    case 2: return std::string(random() % 300, 'x');
    case 3: return json::binary(std::vector<uint8_t>(random() % 300));
    case 4: return random() % 2 == 0;
    case 5: return nullptr;
    case 6: {
      json list = json::array();
      for (auto left = random() % 40; left > 0; --left) list.push_back(randomValue(random, depth - 1));
      return list;
    }
    default: {
      json map = json::object();
      for (auto left = random() % 40; left > 0; --left) {
        map[std::to_string(random() % 1000)] = randomValue(random, depth - 1);
      }
      return map;
    }
  }
}

/// Reads `expected` with the call for its type, which throws or differs when the reader disagrees.
void expectReads(CborReader& in, const json& expected) {
  if (expected.is_null()) {
    EXPECT_TRUE(in.takeNull());
  } else if (expected.is_boolean()) {
    EXPECT_EQ(in.boolean(), expected.get<bool>());
  } else if (expected.is_number_integer()) {
    EXPECT_EQ(in.integer(), expected.get<int64_t>());
  } else if (expected.is_number_float()) {
    EXPECT_EQ(in.real(), expected.get<double>());
  } else if (expected.is_string()) {
    EXPECT_EQ(in.text(), expected.get<std::string>());
  } else if (expected.is_binary()) {
    EXPECT_EQ(in.bytes().size(), expected.get_binary().size());
  } else if (expected.is_array()) {
    ASSERT_EQ(in.list(), expected.size());
    for (const json& value : expected) expectReads(in, value);
  } else {
    CborMap map(in);
    for (const auto& [key, value] : expected.items()) {
      if (std::hash<std::string>()(key) % 3 == 0) continue;  // passed over
      EXPECT_FALSE(map.find(key.substr(0, key.size() - 1) + "!"));
      expectReads(map.at(key), value);
    }
    map.finish();
  }
}

TEST(CborReaderTest, ReadsWhatTheLibraryWrites) {
  const uint64_t seed = test::randomSeed(20);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const json value = randomValue(random, 4);
    const std::string bytes = cborOf(value);
    CborReader in(bytes);
    ASSERT_NO_THROW(expectReads(in, value)) << value.dump();
    EXPECT_TRUE(in.isAtEnd());
    CborReader past(bytes);
    past.skip();
    EXPECT_TRUE(past.isAtEnd());
  }
}

TEST(CborReaderTest, NumbersAtTheirLimits) {
  for (const double value : {0.0, -0.0, 0.1, std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min()}) {
    const std::string bytes = cborOf(value);
    EXPECT_EQ(CborReader(bytes).real(), value);
  }
  EXPECT_TRUE(std::isnan(CborReader(cborOf(std::nan(""))).real()));
  EXPECT_EQ(CborReader(std::string_view("\xf9\x3c\x00", 3)).real(), 1.0) << "half precision";
  EXPECT_EQ(CborReader(std::string_view("\xf9\x80\x01", 3)).real(), -std::ldexp(1.0, -24)) << "half, subnormal";
  EXPECT_EQ(CborReader(cborOf(INT64_MIN)).integer(), INT64_MIN);
  EXPECT_EQ(CborReader(cborOf(INT64_MAX)).integer(), INT64_MAX);
  EXPECT_THROW(CborReader(cborOf(UINT64_MAX)).integer(), std::exception);
  EXPECT_THROW(CborReader(cborOf(1.5)).integer(), std::exception) << "never rounded";
  EXPECT_THROW(CborReader(cborOf(7)).integer(0, 6), std::exception);
}

Edit editWithEverything() {
  Document document = emptyDocument(kShape, {});
  Edit edit = commitEdit(document, 7, square(250, 250, 20));
  ObjectRecord record = *edit.objects.front().after;
  Provenance& source = record.provenance;
  source.prompts.points = {{1.5, -2.25, true}, {0.1, 1e300, false}};
  source.prompts.boxes = {{1, 2, 3, 4.5}};
  source.prompts.mask = square(3, 4, 5);
  source.prompts.t = -1;
  source.predictedIou = std::numeric_limits<float>::infinity();
  source.preprocessing = "percentiles 1 to 99";
  source.parents = {3, UINT32_MAX};
  source.source = "käse.tif";
  source.handEdits = 4;
  record.id = 8;
  edit.objects.push_back({8, std::make_shared<const ObjectRecord>(record), nullptr});
  edit.proposals = edit.labels;
  edit.isAutomatic = true;
  edit.draft = Change<Draft>{document.draft, document.draft};
  edit.draft->after.refines = 12;
  edit.draft->after.current = std::make_shared<const CurrentObject>(
      CurrentObject{2, 3, square(5, 5, 5), 0.75F, 2, "cyto-small", "0123456789abcdef0123456789abcdef", "raw"});
  edit.settings = Change<ProjectSettings>{};
  edit.settings->after.scale = {1, 2.5, 0.65, 0.65, "micrometer", "second"};
  return edit;
}

TEST(EditFormat, EveryFieldComesBack) {
  const Edit edit = editWithEverything();
  const auto back = decodeEdit(encodeEdit(edit));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(*back, edit);
}

TEST(EditFormat, AnEditComesBackAsItWas) {
  Document document = emptyDocument(kShape, {});
  const Edit prompt = promptEdit(document, {3.25, -0.5, false});
  ASSERT_TRUE(apply(prompt, Direction::kForward, document));
  const Edit answer = answerEdit(document, inscribedEllipse({10, 20, 43, 31}));
  ASSERT_TRUE(apply(answer, Direction::kForward, document));
  const Edit commit = commitEdit(document, 7, square(250, 250, 20));
  for (const Edit& edit : {prompt, answer, commit}) {
    const auto back = decodeEdit(encodeEdit(edit));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, edit) << edit.label;
  }
}

TEST(EditFormat, CutOrChangedBytesAreRefusedNotBelieved) {
  Document document = emptyDocument(kShape, {});
  const std::string whole = encodeEdit(commitEdit(document, 7, square(250, 250, 20)));
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decodeEdit(std::string_view(whole).substr(0, length))) << length;
  }
  const uint64_t seed = test::randomSeed(41);
  SCOPED_TRACE(test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto edit = decodeEdit(damaged);
    if (edit) {
      Document target = emptyDocument(kShape, {});
      [[maybe_unused]] const Status mayFail = apply(*edit, Direction::kForward, target);
    }
  }
}

// A later program may write more than this one knows.
TEST(EditFormat, UnknownKeysArePassedOver) {
  const Edit edit = commitEdit(emptyDocument(kShape, {}), 7, square(250, 250, 20));
  json value = json::from_cbor(encodeEdit(edit));
  value["a new one"] = {{"with", {1, 2, {{"depth", 3}}}}};
  value["zz"] = "last";
  value["objects"][0][2]["confidence"] = 0.5;
  const auto back = decodeEdit(cborOf(value));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(*back, edit);
}

TEST(EditFormat, WhatIsMissingOrOfAnotherTypeIsNamed) {
  const Edit edit = commitEdit(emptyDocument(kShape, {}), 7, square(250, 250, 20));
  const json whole = json::from_cbor(encodeEdit(edit));
  for (const auto& [key, unused] : whole.items()) {
    json changed = whole;
    changed.erase(key);
    const auto back = decodeEdit(cborOf(changed));
    const bool isOptional = key == "draft" || key == "labels" || key == "objects";
    EXPECT_EQ(bool(back), isOptional) << key;
    if (!back) {
      EXPECT_THAT(back.error().message(), HasSubstr("'" + key + "' is missing"));
    }
    changed = whole;
    changed[key] = 1.5;
    EXPECT_FALSE(decodeEdit(cborOf(changed))) << key;
  }
  EXPECT_FALSE(decodeEdit(encodeEdit(edit) + '\x01')) << "something follows";
}

}  // namespace
}  // namespace cyto
