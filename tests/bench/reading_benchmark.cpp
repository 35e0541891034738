#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <tiffio.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/image_source.h"
#include "tests/support/temporary_folder.h"

namespace cyto {

namespace {

constexpr uint32_t kSide = 20000;
constexpr uint32_t kTile = 512;

// Every tile has the same texture, so that writing the file takes seconds and not minutes.
void writeTiledTiff(const std::filesystem::path& path) {
  std::vector<uint8_t> tile(kTile * kTile);
  for (uint32_t i = 0; i < tile.size(); ++i) tile[i] = static_cast<uint8_t>((i * 2654435761U) >> 27);
  TIFF* file = TIFFOpen(path.c_str(), "w8");
  if (!file) throw std::runtime_error("the TIFF for the benchmark cannot be written");
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, kSide);
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, kSide);
  TIFFSetField(file, TIFFTAG_TILEWIDTH, kTile);
  TIFFSetField(file, TIFFTAG_TILELENGTH, kTile);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(file, TIFFTAG_ZIPQUALITY, 1);
  for (uint32_t i = 0; i < TIFFNumberOfTiles(file); ++i) {
    TIFFWriteEncodedTile(file, i, tile.data(), static_cast<tmsize_t>(tile.size()));
  }
  TIFFClose(file);
}

double peakMemory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// What a user waits for before the first pixels of a slide scan: opening the file and reading one screen tile.
void BM_FirstTileOf20kTiff(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const auto path = folder / "slide.tif";
  writeTiledTiff(path);
  for (auto _ : state) {
    const auto source = io::openImage(path);
    if (!source) return state.SkipWithError(source.error().message().c_str());
    const auto tile = (*source)->read({{0, 0, 9728, 9728}, {1, 1, 10240, 10240}});
    if (!tile) return state.SkipWithError(tile.error().message().c_str());
    benchmark::DoNotOptimize(tile->data());
  }
  state.counters["peak_memory_mb"] = peakMemory_mb();
}
BENCHMARK(BM_FirstTileOf20kTiff)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace cyto

BENCHMARK_MAIN();
