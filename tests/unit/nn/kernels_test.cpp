// The hand-written loops against the same formulas in double precision, over random shapes, for every instruction set
// that this processor has.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/nn/kernels/kernel_set.h"
#include "tests/support/random_seed.h"

namespace cyto::nn {
namespace {

using Values = std::vector<float>;

uint16_t toBf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
float fromBf16(uint16_t x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Panels of 64 columns of a (rows, columns) matrix.
Values panels(const Values& matrix, int64_t rows, int64_t columns) {
  const int64_t count = panelsFor(columns);
  Values out(static_cast<size_t>(count * rows * kPanelColumns));
  for (int64_t k = 0; k < rows; ++k) {
    for (int64_t n = 0; n < columns; ++n) {
      out[static_cast<size_t>(n / kPanelColumns * rows * kPanelColumns + k * kPanelColumns + n % kPanelColumns)] =
          matrix[static_cast<size_t>(k * columns + n)];
    }
  }
  return out;
}

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }

class Kernels : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ::setenv("CYTOCLICK_KERNELS", GetParam(), 1);
    set_ = kernels();
    if (!set_) GTEST_SKIP() << "this processor has no " << GetParam();
    ASSERT_STREQ(set_->name, GetParam());
  }
  void TearDown() override { ::unsetenv("CYTOCLICK_KERNELS"); }

  Values random(int64_t count, double deviation = 1) {
    Values values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(std::normal_distribution<double>(0, deviation)(random_));
    return values;
  }
  int64_t between(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }

  void checkAttention(bool inBf16);

  const KernelSet* set_ = nullptr;
  const uint64_t seed_ = test::randomSeed(7);
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, test::seedText(seed_)};
  std::mt19937_64 random_{seed_};
};

void Kernels::checkAttention(bool inBf16) {
  const AttentionKernels& attention = inBf16 ? set_->attentionBf16 : set_->attention;
  for (int round = 0; round < 12; ++round) {
    const int64_t span = round == 0 ? 64 : round == 1 ? 14 : between(1, 40);
    const int64_t size = round == 0 ? 64 : round == 1 ? 80 : 2 * between(1, 20);
    const bool isFull = round % 2 == 0;
    const int64_t rows = isFull ? span : between(1, span), columns = isFull ? span : between(1, span);
    SCOPED_TRACE("span " + std::to_string(span) + ", size " + std::to_string(size) + ", " + std::to_string(rows) +
                 " x " + std::to_string(columns) + " tokens");
    Values qkv = random(rows * columns * 3 * size), padding = random(2 * size);
    std::vector<uint16_t> halves, paddingHalves;
    if (inBf16) {
      for (float& x : qkv) x = fromBf16(halves.emplace_back(toBf16(x)));
      for (float& x : padding) x = fromBf16(paddingHalves.emplace_back(toBf16(x)));
    }
    const Values ofRows = random((2 * span - 1) * size, 0.3), ofColumns = random((2 * span - 1) * size, 0.3);
    const int64_t stride = positionTableStride(span);
    Values rowTable(static_cast<size_t>(size * stride)), columnTable(rowTable);
    for (int64_t m = 0; m < 2 * span - 1; ++m) {
      for (int64_t i = 0; i < size; ++i) {
        const auto from = static_cast<size_t>((2 * span - 2 - m) * size + i), to = static_cast<size_t>(i * stride + m);
        rowTable[to] = ofRows[from] * std::sqrt(static_cast<float>(size));
        columnTable[to] = ofColumns[from] * std::sqrt(static_cast<float>(size));
      }
    }
    AttentionHead head;
    const auto at = [&](const Values& floats, const std::vector<uint16_t>& bits, int64_t offset) -> const void* {
      return inBf16 ? static_cast<const void*>(bits.data() + offset) : floats.data() + offset;
    };
    head.query = at(qkv, halves, 0);
    head.key = at(qkv, halves, size);
    head.value = at(qkv, halves, 2 * size);
    head.columnStride = 3 * size;
    head.rowStride = columns * 3 * size;
    head.rows = rows;
    head.columns = columns;
    head.paddingKey = at(padding, paddingHalves, 0);
    head.paddingValue = at(padding, paddingHalves, size);
    head.span = span;
    head.size = size;
    std::vector<char> packed(static_cast<size_t>(attention.packedBytes(span, size)));
    std::vector<char> scratch(static_cast<size_t>(attention.scratchBytes(span, size)));
    attention.pack(head, packed.data());

    const auto token = [&](int64_t y, int64_t x, int64_t part) {
      return y < rows && x < columns ? qkv.data() + ((y * columns + x) * 3 + part) * size
                                     : padding.data() + (part - 1) * size;
    };
    std::vector<int64_t> rowsToCheck = {0, rows - 1, rows / 2};
    for (const int64_t y : rowsToCheck) {
      Values out(static_cast<size_t>(columns * size));
      std::vector<uint16_t> outHalves(out.size());
      attention.attend(head, {rowTable.data(), columnTable.data(), stride}, packed.data(), y,
                       inBf16 ? static_cast<void*>(outHalves.data()) : out.data(), size, scratch.data());
      if (inBf16) {
        for (size_t i = 0; i < out.size(); ++i) out[i] = fromBf16(outHalves[i]);
      }
      for (int64_t x = 0; x < columns; ++x) {
        const float* const q = token(y, x, 0);
        std::vector<double> scores;
        for (int64_t ky = 0; ky < span; ++ky) {
          for (int64_t kx = 0; kx < span; ++kx) {
            double dot = 0, position = 0;
            for (int64_t i = 0; i < size; ++i) {
              dot += q[i] * token(ky, kx, 1)[i];
              position += q[i] * (ofRows[static_cast<size_t>((y - ky + span - 1) * size + i)] +
                                  ofColumns[static_cast<size_t>((x - kx + span - 1) * size + i)]);
            }
            scores.push_back(dot / std::sqrt(static_cast<double>(size)) + position);
          }
        }
        const double highest = *std::max_element(scores.begin(), scores.end());
        double total = 0;
        for (double& score : scores) total += score = std::exp(score - highest);
        for (int64_t i = 0; i < size; ++i) {
          double expected = 0;
          for (int64_t k = 0; k < span * span; ++k) {
            expected += scores[static_cast<size_t>(k)] / total * token(k / span, k % span, 2)[i];
          }
          ASSERT_NEAR(out[static_cast<size_t>(x * size + i)], expected, inBf16 ? 0.03 : 2e-5)
              << "row " << y << ", column " << x << ", element " << i;
        }
      }
    }
  }
}

TEST_P(Kernels, AttentionWithPositions) { checkAttention(false); }

TEST_P(Kernels, AttentionInBf16) {
  if (!set_->attentionBf16) GTEST_SKIP() << GetParam() << " has no bf16";
  checkAttention(true);
}

TEST_P(Kernels, AddNorm) {
  for (const int64_t width : {16, 32, 768, 1280}) {
    SCOPED_TRACE(width);
    const int64_t rows = 5;
    Values x = random(rows * width, 3), out(x.size());
    const Values before = x, delta = random(rows * width), weight = random(width), bias = random(width);
    for (const bool adds : {false, true}) {
      x = before;
      set_->addNorm({x.data(), adds ? delta.data() : nullptr, weight.data(), bias.data(), out.data(), width, 1e-6F}, 1,
                    rows);
      for (int64_t row = 1; row < rows; ++row) {
        double mean = 0, variance = 0;
        const auto sum = [&](int64_t i) {
          const auto at = static_cast<size_t>(row * width + i);
          return static_cast<double>(before[at] + (adds ? delta[at] : 0));
        };
        for (int64_t i = 0; i < width; ++i) mean += sum(i) / static_cast<double>(width);
        for (int64_t i = 0; i < width; ++i) variance += std::pow(sum(i) - mean, 2) / static_cast<double>(width);
        for (int64_t i = 0; i < width; ++i) {
          const auto at = static_cast<size_t>(row * width + i), column = static_cast<size_t>(i);
          ASSERT_FLOAT_EQ(x[at], static_cast<float>(sum(i)));
          ASSERT_NEAR(out[at], (sum(i) - mean) / std::sqrt(variance + 1e-6) * weight[column] + bias[column], 2e-5);
        }
      }
    }
  }
}

TEST_P(Kernels, Norm) {
  for (const int64_t width : {16, 48, 192, 1024}) {
    SCOPED_TRACE(width);
    const int64_t rows = 5;
    const Values x = random(rows * width, 3), weight = random(width), bias = random(width);
    Values out(x.size(), 77.0F);
    set_->norm({x.data(), weight.data(), bias.data(), out.data(), width, 1e-3F}, 1, rows);
    EXPECT_EQ(out[static_cast<size_t>(width - 1)], 77.0F) << "the first row is not asked for";
    for (int64_t row = 1; row < rows; ++row) {
      const auto value = [&](int64_t i) { return static_cast<double>(x[static_cast<size_t>(row * width + i)]); };
      double mean = 0, variance = 0;
      for (int64_t i = 0; i < width; ++i) mean += value(i) / static_cast<double>(width);
      for (int64_t i = 0; i < width; ++i) variance += std::pow(value(i) - mean, 2) / static_cast<double>(width);
      for (int64_t i = 0; i < width; ++i) {
        const auto column = static_cast<size_t>(i);
        ASSERT_NEAR(out[static_cast<size_t>(row * width + i)],
                    (value(i) - mean) / std::sqrt(variance + 1e-3) * weight[column] + bias[column], 2e-5);
      }
    }
    if (!set_->normBf16) continue;
    std::vector<uint16_t> halves(x.size()), outHalves(x.size());
    Values rounded(x.size());
    std::transform(x.begin(), x.end(), halves.begin(), toBf16);
    std::transform(halves.begin(), halves.end(), rounded.begin(), fromBf16);
    set_->normBf16({halves.data(), weight.data(), bias.data(), outHalves.data(), width, 1e-3F}, 0, rows);
    set_->norm({rounded.data(), weight.data(), bias.data(), out.data(), width, 1e-3F}, 0, rows);
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(fromBf16(outHalves[i]), out[i], std::abs(out[i]) / 256 + 1e-6F);
    }
  }
}

TEST_P(Kernels, LinearForAFewRows) {
  for (int round = 0; round < 8; ++round) {
    const int64_t rows = between(1, 14), in = between(1, 90), out = 16 * between(1, 11);
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(in) + " x " + std::to_string(out));
    const Values x = random(rows * in), weight = random(in * out), bias = random(out);
    const Values packed = panels(weight, in, out);
    for (const bool withRelu : {false, true}) {
      Values result(static_cast<size_t>(rows * out));
      set_->linear({packed.data(), bias.data(), in, out}, x.data(), rows, withRelu, result.data());
      for (int64_t m = 0; m < rows; ++m) {
        for (int64_t n = 0; n < out; ++n) {
          double expected = bias[static_cast<size_t>(n)];
          for (int64_t k = 0; k < in; ++k)
            expected += x[static_cast<size_t>(m * in + k)] * weight[static_cast<size_t>(k * out + n)];
          if (withRelu) expected = std::max(0.0, expected);
          ASSERT_NEAR(result[static_cast<size_t>(m * out + n)], expected, 1e-4);
        }
      }
    }
  }
}

TEST_P(Kernels, LinearForManyRows) {
  for (int round = 0; round < 6; ++round) {
    const int64_t rows = between(1, 200), in = round == 0 ? 2 * kDepthAtOnce : between(1, 2 * kDepthAtOnce + 9);
    const int64_t out = kPanelColumns * between(1, 3), begin = between(0, rows / 2);
    const int64_t end = std::min(rows, begin + kRowsAtOnce);
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(in) + " x " + std::to_string(out));
    const Values x = random(rows * in), weight = random(out * in, 1 / std::sqrt(static_cast<double>(in))),
                 bias = random(out);
    Values packed(weight.size()), scratch(static_cast<size_t>(kRowsAtOnce * kDepthAtOnce));
    set_->manyRows.pack(weight.data(), in, out, kPanelColumns, out, packed.data());
    set_->manyRows.pack(weight.data(), in, out, 0, kPanelColumns, packed.data());
    for (const bool withGelu : {false, true}) {
      Values result(static_cast<size_t>(rows * out), 77.0F);
      set_->manyRows.multiply({x.data(), packed.data(), bias.data(), result.data(), in, out, withGelu}, begin, end,
                              scratch.data());
      for (int64_t m = 0; m < rows; ++m) {
        for (int64_t n = 0; n < out; n += m < begin || m >= end ? out - 1 : 1) {
          const float given = result[static_cast<size_t>(m * out + n)];
          if (m < begin || m >= end) {
            ASSERT_EQ(given, 77.0F) << "row " << m << " is not asked for";
            continue;
          }
          double expected = bias[static_cast<size_t>(n)];
          for (int64_t k = 0; k < in; ++k) {
            expected +=
                static_cast<double>(x[static_cast<size_t>(m * in + k)]) * weight[static_cast<size_t>(n * in + k)];
          }
          if (withGelu) expected = gelu(expected);
          ASSERT_NEAR(given, expected, 2e-5) << "row " << m << ", column " << n;
        }
      }
    }
  }
}

/// Softmax over cells in double precision: shares (cells, lanes) from logits.
std::vector<double> sharesOverCells(const std::vector<double>& logits, int64_t cells, int64_t lanes) {
  std::vector<double> shares(logits.size());
  for (int64_t lane = 0; lane < lanes; ++lane) {
    double highest = -1e300, total = 0;
    for (int64_t cell = 0; cell < cells; ++cell)
      highest = std::max(highest, logits[static_cast<size_t>(cell * lanes + lane)]);
    for (int64_t cell = 0; cell < cells; ++cell) {
      const auto at = static_cast<size_t>(cell * lanes + lane);
      total += shares[at] = std::exp(logits[at] - highest);
    }
    for (int64_t cell = 0; cell < cells; ++cell) shares[static_cast<size_t>(cell * lanes + lane)] /= total;
  }
  return shares;
}

TEST_P(Kernels, TokensAttendToProjectedCells) {
  for (int round = 0; round < 6; ++round) {
    const int64_t tokens = between(1, 9), inner = between(1, 18), cells = kCellsAtOnce * between(1, 5);
    const int64_t lanes = lanesFor(tokens);
    SCOPED_TRACE(std::to_string(tokens) + " tokens, inner " + std::to_string(inner));
    const Values keys = random(cells * inner * 8, 2), values = random(cells * inner * 8),
                 queries = random(inner * lanes);
    Values highest(static_cast<size_t>(lanes), -1e30F), total(static_cast<size_t>(lanes)),
        weighted(static_cast<size_t>(inner * lanes)), scratch(static_cast<size_t>(imageScratch(16, lanes)));
    set_->attendProjected({keys.data(), values.data(), queries.data(), inner, lanes}, 0, cells,
                          {highest.data(), total.data(), weighted.data()}, scratch.data());
    std::vector<double> logits(static_cast<size_t>(cells * lanes));
    for (int64_t cell = 0; cell < cells; ++cell) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        for (int64_t i = 0; i < inner; ++i) {
          logits[static_cast<size_t>(cell * lanes + lane)] +=
              keys[static_cast<size_t>((cell * inner + i) * 8 + lane % 8)] *
              static_cast<double>(queries[static_cast<size_t>(i * lanes + lane)]);
        }
      }
    }
    const auto shares = sharesOverCells(logits, cells, lanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      for (int64_t i = 0; i < inner; ++i) {
        double expected = 0;
        for (int64_t cell = 0; cell < cells; ++cell) {
          expected += shares[static_cast<size_t>(cell * lanes + lane)] *
                      values[static_cast<size_t>((cell * inner + i) * 8 + lane % 8)];
        }
        ASSERT_NEAR(weighted[static_cast<size_t>(i * lanes + lane)] / total[static_cast<size_t>(lane)], expected, 2e-5);
      }
    }
  }
}

TEST_P(Kernels, PassOverTheImage) {
  for (int round = 0; round < 8; ++round) {
    const bool isProjected = round % 2;
    const int64_t tokens = between(1, 9), inner = between(1, 16), channels = 16 * between(1, 5);
    const int64_t cells = kCellsAtOnce * between(1, 3), lanes = lanesFor(tokens), used = tokens * 8;
    SCOPED_TRACE(std::to_string(tokens) + " tokens, " + std::to_string(channels) + " channels, inner " +
                 std::to_string(inner) + (isProjected ? ", projected" : ", folded"));
    const Values image = random(cells * channels), positions = random(cells * channels);
    const Values projected = random(cells * inner * 8);
    const Values keys = isProjected ? random(inner * lanes) : random(channels * lanes, 0.3);
    Values constant = random(lanes);
    for (int64_t lane = used; lane < lanes; ++lane) constant[static_cast<size_t>(lane)] = -1e30F;
    const Values updates = random(used * channels), updateBias = random(channels);
    const Values normWeight = random(channels), normBias = random(channels), next = random(channels * lanes, 0.3);
    const Values packedKeys = isProjected ? keys : panels(keys, channels, lanes),
                 packedNext = panels(next, channels, lanes);
    ImagePass pass;
    Values out(image.size());
    pass.imageIn = image.data();
    pass.positions = positions.data();
    pass.imageOut = out.data();
    pass.projectedQueries = isProjected ? projected.data() : nullptr;
    pass.keys = packedKeys.data();
    pass.constant = constant.data();
    const Values packedUpdates = panels(updates, used, channels);
    pass.updates = packedUpdates.data();
    pass.updateBias = updateBias.data();
    pass.normWeight = normWeight.data();
    pass.normBias = normBias.data();
    pass.epsilon = 1e-5F;
    pass.nextQueries = packedNext.data();
    pass.tokens = tokens;
    pass.inner = inner;
    pass.lanes = lanes;
    pass.channels = channels;
    Values highest(static_cast<size_t>(lanes), -1e30F), total(static_cast<size_t>(lanes)),
        weighted(static_cast<size_t>(lanes * channels)), scratch(static_cast<size_t>(imageScratch(channels, lanes)));
    set_->imagePass(pass, 0, cells, {highest.data(), total.data(), weighted.data()}, scratch.data());

    std::vector<double> nextLogits(static_cast<size_t>(cells * lanes));
    for (int64_t cell = 0; cell < cells; ++cell) {
      std::vector<double> x(static_cast<size_t>(channels));
      for (int64_t c = 0; c < channels; ++c)
        x[static_cast<size_t>(c)] =
            static_cast<double>(image[static_cast<size_t>(cell * channels + c)]) + updateBias[static_cast<size_t>(c)];
      for (int64_t h = 0; h < 8; ++h) {
        std::vector<double> logits;
        for (int64_t t = 0; t < tokens; ++t) {
          const int64_t lane = t * 8 + h;
          double sum = constant[static_cast<size_t>(lane)];
          if (isProjected) {
            for (int64_t i = 0; i < inner; ++i)
              sum += projected[static_cast<size_t>((cell * inner + i) * 8 + h)] *
                     keys[static_cast<size_t>(i * lanes + lane)];
          } else {
            for (int64_t c = 0; c < channels; ++c) {
              const auto at = static_cast<size_t>(cell * channels + c);
              sum += (image[at] + positions[at]) * keys[static_cast<size_t>(c * lanes + lane)];
            }
          }
          logits.push_back(sum);
        }
        const double most = *std::max_element(logits.begin(), logits.end());
        double sum = 0;
        for (double& logit : logits) sum += logit = std::exp(logit - most);
        for (int64_t t = 0; t < tokens; ++t) {
          for (int64_t c = 0; c < channels; ++c) {
            x[static_cast<size_t>(c)] +=
                logits[static_cast<size_t>(t)] / sum * updates[static_cast<size_t>((t * 8 + h) * channels + c)];
          }
        }
      }
      double mean = 0, variance = 0;
      for (const double value : x) mean += value / static_cast<double>(channels);
      for (const double value : x) variance += (value - mean) * (value - mean) / static_cast<double>(channels);
      for (int64_t c = 0; c < channels; ++c) {
        const auto column = static_cast<size_t>(c), at = static_cast<size_t>(cell * channels + c);
        x[column] = (x[column] - mean) / std::sqrt(variance + 1e-5) * normWeight[column] + normBias[column];
        ASSERT_NEAR(out[at], x[column], 1e-4);
        for (int64_t lane = 0; lane < lanes; ++lane) {
          nextLogits[static_cast<size_t>(cell * lanes + lane)] +=
              (x[column] + positions[at]) * next[static_cast<size_t>(c * lanes + lane)];
        }
      }
    }
    const auto shares = sharesOverCells(nextLogits, cells, lanes);
    for (int64_t lane = 0; lane < used; ++lane) {
      for (int64_t c = 0; c < channels; ++c) {
        double expected = 0;
        for (int64_t cell = 0; cell < cells; ++cell)
          expected += shares[static_cast<size_t>(cell * lanes + lane)] * out[static_cast<size_t>(cell * channels + c)];
        ASSERT_NEAR(weighted[static_cast<size_t>(lane * channels + c)] / total[static_cast<size_t>(lane)], expected,
                    1e-4);
      }
    }
  }
}

TEST_P(Kernels, Upscaling) {
  for (const int64_t channels : {32, 64, 256}) {
    SCOPED_TRACE(channels);
    const int64_t grid = 8, quarter = channels / 4, eighth = channels / 8, masks = 3, side = 4 * grid;
    const Values image = random(grid * grid * channels), first = random(channels * channels, 0.3),
                 firstBias = random(channels), second = random(quarter * 4 * eighth, 0.3),
                 secondBias = random(4 * eighth), normWeight = random(quarter), normBias = random(quarter),
                 vectors = random(masks * eighth);
    const Values packedFirst = panels(first, channels, channels), packedSecond = panels(second, quarter, 4 * eighth);
    Values out(static_cast<size_t>(masks * side * side)), scratch(static_cast<size_t>(upscaleScratch(channels)));
    set_->upscale({{packedFirst.data(), firstBias.data(), channels, channels},
                   {packedSecond.data(), secondBias.data(), quarter, 4 * eighth},
                   normWeight.data(),
                   normBias.data(),
                   1e-6F,
                   vectors.data(),
                   masks,
                   grid,
                   out.data()},
                  image.data(), 0, grid * grid, scratch.data());
    for (int64_t cell = 0; cell < grid * grid; ++cell) {
      for (int64_t child = 0; child < 4; ++child) {
        std::vector<double> x(static_cast<size_t>(quarter));
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < quarter; ++i) {
          double& value = x[static_cast<size_t>(i)] = firstBias[static_cast<size_t>(child * quarter + i)];
          for (int64_t c = 0; c < channels; ++c)
            value += image[static_cast<size_t>(cell * channels + c)] *
                     first[static_cast<size_t>(c * channels + child * quarter + i)];
          mean += value / static_cast<double>(quarter);
        }
        for (const double value : x) variance += (value - mean) * (value - mean) / static_cast<double>(quarter);
        for (int64_t i = 0; i < quarter; ++i) {
          double& value = x[static_cast<size_t>(i)];
          value = gelu((value - mean) / std::sqrt(variance + 1e-6) * normWeight[static_cast<size_t>(i)] +
                       normBias[static_cast<size_t>(i)]);
        }
        for (int64_t grandchild = 0; grandchild < 4; ++grandchild) {
          std::vector<double> sums(static_cast<size_t>(masks));
          for (int64_t i = 0; i < eighth; ++i) {
            double value = secondBias[static_cast<size_t>(grandchild * eighth + i)];
            for (int64_t k = 0; k < quarter; ++k)
              value +=
                  x[static_cast<size_t>(k)] * second[static_cast<size_t>(k * 4 * eighth + grandchild * eighth + i)];
            for (int64_t mask = 0; mask < masks; ++mask)
              sums[static_cast<size_t>(mask)] += gelu(value) * vectors[static_cast<size_t>(mask * eighth + i)];
          }
          const int64_t y = cell / grid * 4 + child / 2 * 2 + grandchild / 2,
                        column = cell % grid * 4 + child % 2 * 2 + grandchild % 2;
          for (int64_t mask = 0; mask < masks; ++mask) {
            ASSERT_NEAR(out[static_cast<size_t>((mask * side + y) * side + column)], sums[static_cast<size_t>(mask)],
                        2e-4);
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryInstructionSet, Kernels, ::testing::Values("avx2", "avx512", "avx512bf16"),
                         [](const auto& info) { return std::string(info.param); });

TEST(KernelChoice, NoneAndUnknownNamesGiveNoKernels) {
  for (const char* name : {"none", "avx1024"}) {
    ::setenv("CYTOCLICK_KERNELS", name, 1);
    EXPECT_EQ(kernels(), nullptr);
  }
  ::unsetenv("CYTOCLICK_KERNELS");
}

}  // namespace
}  // namespace cyto::nn
