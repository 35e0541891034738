// The loops of the mask decoder against the same formulas in double precision, over random shapes, for every
// instruction set that this processor has.
#include <algorithm>

#include "tests/unit/nn/kernels_fixture.h"

namespace cyto::nn {
namespace {

using namespace test;

class DecoderKernels : public KernelsTest {};

TEST_P(DecoderKernels, LinearForAFewRows) {
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

TEST_P(DecoderKernels, TokensAttendToProjectedCells) {
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

TEST_P(DecoderKernels, PassOverTheImage) {
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

TEST_P(DecoderKernels, Upscaling) {
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

INSTANTIATE_TEST_SUITE_P(EveryInstructionSet, DecoderKernels, kInstructionSets,
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
