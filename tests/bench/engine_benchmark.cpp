// How long a network takes on this machine: encoding a 1024 x 1024 image, and a click on it from the prompt to the mask
// in full resolution. Weights are made by a formula, or read from $CYTOCLICK_BENCHMARK_CHECKPOINT (a vit_b).
//
// usage: engine_benchmark [--benchmark_filter=REGEX] [--benchmark_repetitions=N]
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "core/nn/devices.h"
#include "core/nn/loaded_model.h"
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

void prepare(benchmark::State& state) {
  Model& sam = model("vit_b", Precision::kFp32);
  for (auto _ : state) benchmark::DoNotOptimize(preparedNoise(sam));
}
BENCHMARK(prepare)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The yardstick: what one large matrix product reaches at the same time on the same machine.
void peak(benchmark::State& state, at::ScalarType type) {
  const c10::InferenceMode inference;
  useThreads(0);
  const at::Tensor a = at::randn({4096, 768}).to(type);
  const at::Tensor b = at::randn({3072, 768}).to(type);
  for (auto _ : state) benchmark::DoNotOptimize(at::linear(a, b));
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * 4096 * 768 * 3072, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(peak, fp32, at::kFloat)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(peak, bf16, at::kBFloat16)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace cyto::nn

BENCHMARK_MAIN();
