#include "core/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace cyto {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error(ErrorCode::kInvalidArgument, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  CYTO_ASSIGN(const int once, half(number));
  CYTO_ASSIGN(const int twice, half(once));
  return twice;
}

Status mustBeEven(int number) {
  CYTO_TRY(half(number));
  return {};
}

TEST(Result, CarriesAValueThroughAChain) {
  const Result<int> result = quarter(12);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 3);
}

TEST(Result, TheFirstErrorOfAChainComesOut) {
  const Result<int> result = quarter(6);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().message(), "3 is odd");
}

TEST(Result, StatusReportsSuccessAndFailure) {
  EXPECT_TRUE(mustBeEven(2));
  EXPECT_FALSE(mustBeEven(3));
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(Error, DuringPutsThePhraseInFront) {
  const Error error = Error(ErrorCode::kIo, "no space left").during("saving labels").during("closing");
  EXPECT_EQ(error.message(), "closing: saving labels: no space left");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace cyto
