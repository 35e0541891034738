#pragma once

#include <gtest/gtest.h>

#include "core/inference/fake_model.h"
#include "core/io/label_writer.h"
#include "core/session/annotation_session.h"
#include "tests/support/temporary_folder.h"

namespace cyto::test {

/// A session with a model without a network and an image file: bright squares of 20 pixels at rows and
/// columns 15 to 34 of each field of 50, 100 x 150 in all.
class SessionFixture : public testing::Test {
 protected:
  void SetUp() override {
    Array picture = *Array::create(Dtype::kUint8, {1, 1, 100, 150});
    for (int64_t y = 0; y < 100; ++y) {
      for (int64_t x = 0; x < 150; ++x) {
        const bool inside = y % 50 >= 15 && y % 50 < 35 && x % 50 >= 15 && x % 50 < 35;
        picture.as<uint8_t>()[static_cast<size_t>(y * 150 + x)] = inside ? 200 : 0;
      }
    }
    ASSERT_TRUE(io::writePng(imagePath(), picture));
  }

  std::filesystem::path imagePath() const { return folder_ / "cells 细胞.png"; }

  Result<std::unique_ptr<Model>> load(const std::string& name) {
    loaded_.push_back(name);
    if (name == "broken") return Error(ErrorCode::kModel, "the weights are broken");
    return std::unique_ptr<Model>(std::make_unique<FakeModel>());
  }

  TemporaryFolder folder_;
  std::vector<std::string> loaded_;  ///< what was asked of the loader
  InferenceWorker worker_{[this](const std::string& name, const JobContext&) { return load(name); }, {}};
  AnnotationSession session_{worker_};
};

}  // namespace cyto::test
