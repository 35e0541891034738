#include "core/segmentation/automatic/instance_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cyto {
namespace {

using ::testing::HasSubstr;

TEST(InstanceParameters, AreSetByTheirNames) {
  InstanceParameters parameters;
  EXPECT_TRUE(setParameter(parameters, "center_distance_threshold=0.3"));
  EXPECT_TRUE(setParameter(parameters, "boundary_distance_threshold=0.35"));
  EXPECT_TRUE(setParameter(parameters, "distance_smoothing=2.5"));
  EXPECT_TRUE(setParameter(parameters, "foreground_smoothing=0"));
  EXPECT_TRUE(setParameter(parameters, "boundary_weight=3"));
  EXPECT_TRUE(setParameter(parameters, "min_confidence=1e-1"));
  EXPECT_DOUBLE_EQ(parameters.distance.centerDistanceThreshold, 0.3);
  EXPECT_DOUBLE_EQ(parameters.distance.boundaryDistanceThreshold, 0.35);
  EXPECT_DOUBLE_EQ(parameters.distance.distanceSmoothing, 2.5);
  EXPECT_DOUBLE_EQ(parameters.distance.foregroundSmoothing, 0);
  EXPECT_DOUBLE_EQ(parameters.centroid.boundaryWeight, 3);
  EXPECT_DOUBLE_EQ(parameters.centroid.minConfidence, 0.1);
}

TEST(InstanceParameters, WhatBothKindsOfMapsHaveIsSetInBoth) {
  InstanceParameters parameters;
  EXPECT_TRUE(setParameter(parameters, "min_size=77"));
  EXPECT_TRUE(setParameter(parameters, "foreground_threshold=0.25"));
  EXPECT_EQ(parameters.distance.minSize, 77);
  EXPECT_EQ(parameters.centroid.minSize, 77);
  EXPECT_EQ(parameters.grid.minSize, 77);
  EXPECT_DOUBLE_EQ(parameters.distance.foregroundThreshold, 0.25);
  EXPECT_DOUBLE_EQ(parameters.centroid.foregroundThreshold, 0.25);
}

TEST(InstanceParameters, RefusalsSayWhatIsWrong) {
  InstanceParameters parameters;
  const auto refusal = [&](const std::string& assignment) {
    const Status status = setParameter(parameters, assignment);
    EXPECT_FALSE(status) << assignment;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    return status.error().message();
  };
  EXPECT_THAT(refusal("min_sice=3"), HasSubstr("there are boundary_distance_threshold"));
  for (const char* malformed : {"", "min_size", "=3", "min_size=", "min_size=3x", "min_size= 3", "min_size=3,5"}) {
    EXPECT_THAT(refusal(malformed), HasSubstr("name=value")) << malformed;
  }
  EXPECT_THAT(refusal("min_size=2.5"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("foreground_threshold=1.5"), HasSubstr("0..1"));
  EXPECT_THAT(refusal("points_per_side=0"), HasSubstr("1..256"));
  for (const char* outside : {"min_size=-1", "min_size=inf", "min_size=nan", "distance_smoothing=1e9"}) {
    EXPECT_THAT(refusal(outside), HasSubstr("must lie in")) << outside;
  }
  EXPECT_EQ(parameters.distance.minSize, InstanceParameters().distance.minSize) << "a refusal changes nothing";
}

TEST(InstanceParameters, PublishedModelsHaveMicroSamsPresets) {
  const InstanceParameters preset = presetFor("vit_b_lm");
  EXPECT_DOUBLE_EQ(preset.distance.centerDistanceThreshold, 0.4);
  EXPECT_DOUBLE_EQ(preset.distance.boundaryDistanceThreshold, 0.5);
  EXPECT_DOUBLE_EQ(preset.distance.distanceSmoothing, 2.0);
  EXPECT_EQ(preset.distance.minSize, 100);
  EXPECT_DOUBLE_EQ(preset.grid.minPredictedIou, 0.65);
  EXPECT_DOUBLE_EQ(preset.grid.minStability, 0.7);
  EXPECT_DOUBLE_EQ(presetFor("vit_b").distance.distanceSmoothing, 1.6);
  EXPECT_EQ(presetFor("vit_b").distance.minSize, 0);
}

}  // namespace
}  // namespace cyto
