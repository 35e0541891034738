#include "core/base/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace cyto {
namespace {

TEST(ProgressReporter, IsMonotoneAndReportsTheLastItem) {
  std::vector<Progress> seen;
  JobContext job;
  job.progress = [&](const Progress& progress) { seen.push_back(progress); };
  ProgressReporter reporter(job, "tiles", 1000);
  for (int i = 0; i < 1000; ++i) reporter.advance();
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.front().done, 0);
  EXPECT_EQ(seen.back().done, 1000);
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_GE(seen[i].done, seen[i - 1].done);
}

TEST(ProgressReporter, NeverClaimsMoreThanItsTotal) {
  Progress last;
  JobContext job;
  job.progress = [&](const Progress& progress) { last = progress; };
  ProgressReporter reporter(job, "tiles", 3);
  reporter.advance(10);
  EXPECT_EQ(last.done, 3);
}

TEST(CancelToken, IsSharedByCopies) {
  const CancelSource source;
  const CancelToken token = source.token();
  EXPECT_TRUE(token.check());
  source.cancel();
  EXPECT_EQ(token.check().error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(CancelToken().isCancelled());
}

}  // namespace
}  // namespace cyto
