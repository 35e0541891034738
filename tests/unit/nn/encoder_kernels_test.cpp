// The loops of the image encoder against the same formulas in double precision, over random shapes, for every
// instruction set that this processor has.
#include <algorithm>

#include "tests/unit/nn/kernels_fixture.h"

namespace cyto::nn {
namespace {

using namespace test;

class EncoderKernels : public KernelsTest {
 protected:
  void checkAttention(bool inBf16);
};

void EncoderKernels::checkAttention(bool inBf16) {
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

TEST_P(EncoderKernels, AttentionWithPositions) { checkAttention(false); }

TEST_P(EncoderKernels, AttentionInBf16) {
  if (!set_->attentionBf16) GTEST_SKIP() << GetParam() << " has no bf16";
  checkAttention(true);
}

TEST_P(EncoderKernels, AddNorm) {
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

TEST_P(EncoderKernels, Norm) {
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

TEST_P(EncoderKernels, LinearForManyRows) {
  for (int round = 0; round < 6; ++round) {
    const int64_t rows = between(1, 200), in = round == 0 ? 2 * kDepthAtOnce : between(1, 2 * kDepthAtOnce + 9);
    const int64_t columns = set_->manyRows.columns, out = columns * between(1, 3), begin = between(0, rows / 2);
    const int64_t end = std::min(rows, begin + kRowsAtOnce);
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(in) + " x " + std::to_string(out));
    const Values x = random(rows * in), weight = random(out * in, 1 / std::sqrt(static_cast<double>(in))),
                 bias = random(out);
    Values packed(weight.size()), scratch(static_cast<size_t>(kRowsAtOnce * kDepthAtOnce));
    set_->manyRows.pack(weight.data(), in, out, columns, out, packed.data());
    set_->manyRows.pack(weight.data(), in, out, 0, columns, packed.data());
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

INSTANTIATE_TEST_SUITE_P(EveryInstructionSet, EncoderKernels, kInstructionSets,
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace cyto::nn
