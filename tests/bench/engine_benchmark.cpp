// How long a network takes on this machine: encoding a 1024 x 1024 image, and a click on it from the prompt to the mask
// in full resolution. Weights are made by a formula, or read from $CYTOCLICK_BENCHMARK_CHECKPOINT (a vit_b).
//
// usage: engine_benchmark [--benchmark_filter=REGEX] [--benchmark_repetitions=N]
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "core/nn/devices.h"
#include "core/nn/loaded_model.h"
#include "core/nn/parallel_tasks.h"
#include "core/nn/processor_peak.h"
#include "core/nn/sam/packed_linear.h"
#include "core/nn/sam/sam_model.h"
#include "tests/support/shared_data.h"
#include "tests/unit/nn/fixture.h"

namespace cyto::nn {
namespace {

constexpr int64_t kSide = 1024;

NamedTensors weightsOf(const std::string& architecture) {
  if (const char* path = std::getenv("CYTOCLICK_BENCHMARK_CHECKPOINT"); path && architecture == "vit_b") {
    auto checkpoint = readCheckpoint(path);
    if (checkpoint) return std::move(checkpoint->model);
    std::fprintf(stderr, "%s\n", checkpoint.error().message().c_str());
    std::exit(1);
  }
  const auto keys = [](const char* name) { return test::inRepository(std::string("tests/golden/sam1/") + name); };
  NamedTensors sam = test::formulaWeights(keys("sam_vit_b.txt"));
  if (architecture == "vit_b") return sam;
  NamedTensors mobile = test::formulaWeights(keys("mobilesam_image_encoder.txt"));
  for (auto& [name, tensor] : sam) {
    if (name.rfind("image_encoder.", 0) != 0) mobile.emplace_back(name, tensor);
  }
  return mobile;
}

/// A model that stays loaded for all benchmarks that use it.
Model& model(const std::string& architecture, Precision precision) {
  static std::map<std::pair<std::string, Precision>, std::unique_ptr<Model>> loaded;
  std::unique_ptr<Model>& entry = loaded[{architecture, precision}];
  if (!entry) {
    ModelIdentity identity;
    identity.architecture = identity.name = architecture;
    identity.precision = precision;
    identity.device = "cpu";
    identity.threads = useThreads(0);
    auto network =
        makeSamModel(architecture, weightsOf(architecture), precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat);
    if (!network) std::exit(1);
    entry = wrapModel(*std::move(network), identity);
  }
  return *entry;
}

RgbImage smoothNoise() {
  std::mt19937 random(1);
  RgbImage image{kSide, kSide, std::vector<uint8_t>(kSide * kSide * 3)};
  double value = 128;
  for (uint8_t& pixel : image.pixels) {
    value = std::clamp(value + std::normal_distribution<double>(0, 6)(random), 0.0, 255.0);
    pixel = static_cast<uint8_t>(value);
  }
  return image;
}

void encode(benchmark::State& state, const char* architecture, Precision precision) {
  ImageEncoder& encoder = model(architecture, precision).encoder();
  const RgbImage image = smoothNoise();
  for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(image, {}));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peakMB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK_CAPTURE(encode, vit_b_fp32, "vit_b", Precision::kFp32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, vit_b_bf16, "vit_b", Precision::kBf16)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, vit_t_fp32, "vit_t", Precision::kFp32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, vit_t_bf16, "vit_t", Precision::kBf16)->Unit(benchmark::kMillisecond)->UseRealTime();

/// One linear layer of ViT-B for all tokens of a frame: by oneDNN, or by our kernels also where they are not chosen.
void linear(benchmark::State& state, bool byKernels, int64_t in, int64_t out, bool withGelu) {
  const c10::InferenceMode inference;
  useThreads(0);
  constexpr int64_t kRows = 4096;
  const at::Tensor x = at::randn({kRows, in}), weight = at::randn({out, in}), bias = at::randn({out});
  if (!byKernels) ::setenv("CYTOCLICK_KERNELS", "none", 1);
  const KernelSet* const set = kernels();
  const PackedLinear layer(weight, bias, at::kFloat);
  ::unsetenv("CYTOCLICK_KERNELS");
  if (byKernels && !set) return state.SkipWithError("this processor has no kernels");
  at::Tensor packed = at::empty_like(weight), result = at::empty({kRows, out});
  at::Tensor scratch = at::empty({workersFor(kRows), kRowsAtOnce * kDepthAtOnce});
  if (byKernels) set->manyRows.pack(weight.const_data_ptr<float>(), in, out, 0, out, packed.mutable_data_ptr<float>());
  const ManyRowsLinear work{x.const_data_ptr<float>(),
                            packed.const_data_ptr<float>(),
                            bias.const_data_ptr<float>(),
                            result.mutable_data_ptr<float>(),
                            in,
                            out,
                            withGelu};
  for (auto _ : state) {
    if (!byKernels) {
      benchmark::DoNotOptimize(withGelu ? layer.withGelu(x) : layer(x));
      continue;
    }
    runTasks((kRows + kRowsAtOnce - 1) / kRowsAtOnce, [&](int64_t task, int64_t worker) {
      set->manyRows.multiply(work, task * kRowsAtOnce, std::min(kRows, (task + 1) * kRowsAtOnce),
                             scratch[worker].mutable_data_ptr<float>());
    });
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * kRows * static_cast<double>(in * out), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(linear, qkv_onednn, false, 768, 2304, false)->UseRealTime();
BENCHMARK_CAPTURE(linear, qkv_kernels, true, 768, 2304, false)->UseRealTime();
BENCHMARK_CAPTURE(linear, mlp_gelu_onednn, false, 768, 3072, true)->UseRealTime();
BENCHMARK_CAPTURE(linear, mlp_gelu_kernels, true, 768, 3072, true)->UseRealTime();
BENCHMARK_CAPTURE(linear, mlp_back_onednn, false, 3072, 768, false)->UseRealTime();
BENCHMARK_CAPTURE(linear, mlp_back_kernels, true, 3072, 768, false)->UseRealTime();

/// An embedding of plausible numbers; what it shows does not matter to the time.
std::unique_ptr<PreparedEmbedding> preparedNoise(Model& model) {
  Embedding embedding;
  embedding.originalSize = embedding.inputSize = {kSide, kSide};
  FeatureMap map{"features", 256, 64, 64, std::vector<float>(256 * 64 * 64)};
  std::mt19937 random(2);
  for (float& value : map.values) value = std::normal_distribution<float>(0, 0.5f)(random);
  embedding.maps.push_back(std::move(map));
  return *model.decoder().prepare(std::make_shared<const Embedding>(std::move(embedding)));
}

void click(benchmark::State& state, bool withBox) {
  Model& sam = model("vit_b", Precision::kFp32);
  const auto prepared = preparedNoise(sam);
  std::mt19937 random(3);
  std::uniform_real_distribution<double> anywhere(0, kSide - 1);
  for (auto _ : state) {
    Prompts prompts;
    if (withBox) {
      prompts.box = BoxPrompt{200, 200, 500, 500};
    } else {
      prompts.points = {{anywhere(random), anywhere(random), true}};
    }
    benchmark::DoNotOptimize(sam.decoder().decode(*prepared, prompts, {}));
  }
}
BENCHMARK_CAPTURE(click, point, false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(click, box, true)->Unit(benchmark::kMillisecond)->UseRealTime();

/// How long a click waits for its mask while an encode runs: for what is left of the step that it falls into, and for
/// itself. Over clicks at any moment of the encode.
void clickDuringEncode(benchmark::State& state, Precision precision) {
  using Clock = std::chrono::steady_clock;
  Model& sam = model("vit_b", precision);
  const RgbImage image = smoothNoise();
  const auto prepared = preparedNoise(sam);
  std::vector<double> waits_ms;
  for (auto _ : state) {
    std::vector<Clock::time_point> pauses = {Clock::now()};
    benchmark::DoNotOptimize(sam.encoder().encode(image, {}, [&] { pauses.push_back(Clock::now()); }));
    pauses.push_back(Clock::now());
    const auto before = Clock::now();
    benchmark::DoNotOptimize(sam.decoder().decode(*prepared, {{{500, 500, true}}, {}, {}}, {}));
    const double click_ms = std::chrono::duration<double, std::milli>(Clock::now() - before).count();
    for (size_t i = 1; i < pauses.size(); ++i) {
      const double step_ms = std::chrono::duration<double, std::milli>(pauses[i] - pauses[i - 1]).count();
      for (double left_ms = step_ms; left_ms > 0; left_ms -= 1) waits_ms.push_back(left_ms + click_ms);
    }
  }
  std::sort(waits_ms.begin(), waits_ms.end());
  state.counters["p50_ms"] = waits_ms[waits_ms.size() / 2];
  state.counters["p95_ms"] = waits_ms[waits_ms.size() * 95 / 100];
  state.counters["longest_ms"] = waits_ms.back();
}
BENCHMARK_CAPTURE(clickDuringEncode, vit_b_fp32, Precision::kFp32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(clickDuringEncode, vit_b_bf16, Precision::kBf16)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 1024 points of a grid, all three masks of each, as automatic mask generation asks.
void manyPoints(benchmark::State& state, float minPredictedIou) {
  Model& sam = model("vit_b", Precision::kFp32);
  const auto prepared = preparedNoise(sam);
  std::vector<Prompts> prompts;
  for (int i = 0; i < 1024; ++i) prompts.push_back({{{i / 32 * 32.0 + 16, i % 32 * 32.0 + 16, true}}, {}, {}});
  for (auto _ : state) {
    benchmark::DoNotOptimize(sam.decoder().decodeMany(*prepared, prompts, {minPredictedIou, 0}, {}));
  }
  state.counters["a_point"] =
      benchmark::Counter(1024, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(manyPoints, all, 0.0F)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(manyPoints, none_good_enough, 1e9F)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

void prepare(benchmark::State& state) {
  Model& sam = model("vit_b", Precision::kFp32);
  for (auto _ : state) benchmark::DoNotOptimize(preparedNoise(sam));
}
BENCHMARK(prepare)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The yardstick: what the processor reaches at the same time when nothing waits for memory.
void peak(benchmark::State& state, Precision precision) {
  useThreads(0);
  for (auto _ : state) state.counters["GFLOP/s"] = measurePeak_gflops(precision);
}
BENCHMARK_CAPTURE(peak, fp32, Precision::kFp32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(peak, bf16, Precision::kBf16)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace cyto::nn

BENCHMARK_MAIN();
