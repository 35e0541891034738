// The bars for labels of large images: 20,000 x 20,000 with a million small objects, 1024 x 1024 x 1024 filled with
// objects, and a million object records: the time of one small edit, a copy, the hash and a window, and the peak of
// memory. Each case runs in a process of its own, so that the peaks are theirs alone.
//
//   labels_benchmark                 all cases
//   labels_benchmark CASE OBJECTS    one, in this process: plane, volume or records

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/labels/transaction.h"
#include "core/project/document.h"
#include "core/project/edit.h"

namespace cyto {

namespace {

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

/// The median of several runs.
double medianMilliseconds(int runs, const std::function<void(int)>& work) {
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) times.push_back(milliseconds([&] { work(i); }));
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<size_t>(runs / 2)];
}

/// A figure of this process, e.g. "VmHWM", in megabytes.
double memory_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::atof(line.c_str() + name.size() + 1) / 1024;
  }
  throw std::runtime_error("no " + name + " in /proc/self/status");
}

void report(const char* what, double value, const char* unit) { std::printf("  %-34s %12.3f %s\n", what, value, unit); }

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

/// One edit that changes the labels, as a session makes it.
void paint(LabelVolume& labels, int64_t t, int64_t z, const PlaneMask& mask, uint32_t id) {
  Transaction transaction(labels);
  transaction.paint(t, z, mask, id, PaintRule::kOverwrite);
  must(apply(transaction.finish(), Direction::kForward, labels));
}

void measure(Document& document) {
  LabelVolume& labels = document.labels;
  const Shape shape = labels.shape();
  std::mt19937_64 random(1);
  const auto below = [&](int64_t end) { return std::uniform_int_distribution<int64_t>(0, end - 1)(random); };
  report("resident", memory_mb("VmRSS"), "MB");
  report("of it labels", static_cast<double>(labels.size_bytes()) / 1e6, "MB");
  report("chunks", static_cast<double>(labels.chunks().size()), "");
  std::vector<LabelVolume> copies(1000);
  report("copy of the volume",
         milliseconds([&] {
           for (LabelVolume& copy : copies) copy = labels;
         }) / static_cast<double>(copies.size()) *
             1000,
         "us");
  copies.clear();
  LabelVolume shown;
  uint32_t id = 0xFFFFFFFFU;
  const auto edit = [&](int64_t z, int64_t y, int64_t x) {
    paint(labels, 0, z, inscribedEllipse({y, x, y + 11, x + 11}), id--);
    shown = labels;  // what a window holds meanwhile
  };
  const auto editAnywhere = [&](int) { edit(below(shape.z), below(shape.y - 11), below(shape.x - 11)); };
  report("a small edit anywhere", medianMilliseconds(1000, editAnywhere), "ms");
  const auto editBeside = [&](int i) { edit(0, shape.y / 2, shape.x / 2 + i % 64); };
  report("a small edit beside the last", medianMilliseconds(1000, editBeside), "ms");
  std::vector<uint32_t> pixels(1024 * 1024);
  const auto read = [&](int) {
    const int64_t y = below(shape.y - 1023);
    const int64_t x = below(shape.x - 1023);
    labels.read(0, below(shape.z), {y, x, y + 1024, x + 1024}, pixels);
  };
  report("read 1024 x 1024 anywhere", medianMilliseconds(50, read), "ms");
  report("hash", milliseconds([&] { stateHash(document); }), "ms");
  report("peak memory", memory_mb("VmHWM"), "MB");
}

/// Discs of some 100 pixels on a grid, as an analysis of a slide gives them.
void measurePlane(int64_t objects) {
  constexpr int64_t kSide = 20000;
  std::printf("20,000 x 20,000 with %lld objects of 97 pixels\n", static_cast<long long>(objects));
  Document document = emptyDocument({1, 1, kSide, kSide}, {});
  const auto perRow = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(objects))));
  const int64_t step = kSide / perRow;
  const double seconds = milliseconds([&] {
                           for (int64_t row = 0, id = 0; id < objects; ++row) {
                             Transaction transaction(document.labels);
                             for (int64_t column = 0; column < perRow && id < objects; ++column) {
                               const int64_t y = row * step + id * 7919 % (step - 10);
                               const int64_t x = column * step + id * 104729 % (step - 10);
                               transaction.paint(0, 0, inscribedEllipse({y, x, y + 11, x + 11}),
                                                 static_cast<uint32_t>(++id), PaintRule::kOnlyBackground);
                             }
                             must(apply(transaction.finish(), Direction::kForward, document.labels));
                           }
                         }) /
                         1000;
  report("painting all, a row at a time", seconds, "s");
  measure(document);
}

/// Every voxel belongs to an object: cells around a point each, a grid that is shaken.
void measureVolume(int64_t objects) {
  constexpr int64_t kSide = 1024;
  const auto perSide = static_cast<int64_t>(std::lround(std::cbrt(static_cast<double>(objects))));
  std::printf("1024 x 1024 x 1024 filled with %lld objects\n", static_cast<long long>(perSide * perSide * perSide));
  Document document = emptyDocument({1, kSide, kSide, kSide}, {});
  const double pitch = static_cast<double>(kSide) / static_cast<double>(perSide);
  const auto cell = [&](double position, double wave) {
    return std::clamp(static_cast<int64_t>(position / pitch + 0.35 * std::sin(wave * 2 * M_PI / pitch)), int64_t{0},
                      perSide - 1);
  };
  const double seconds =
      milliseconds([&] {
        for (int64_t z = 0; z < kSide; ++z) {
          Array plane = *Array::create(Dtype::kUint32, {1, 1, kSide, kSide});
          const auto ids = plane.as<uint32_t>();
          for (int64_t y = 0; y < kSide; ++y) {
            const int64_t inZ = cell(static_cast<double>(z), static_cast<double>(y) * 0.5);
            for (int64_t x = 0; x < kSide; ++x) {
              const int64_t inY = cell(static_cast<double>(y), static_cast<double>(x) * 0.5 + static_cast<double>(z));
              const int64_t inX = cell(static_cast<double>(x), static_cast<double>(y) * 0.5 + static_cast<double>(z));
              ids[static_cast<size_t>(y * kSide + x)] =
                  static_cast<uint32_t>(1 + (inZ * perSide + inY) * perSide + inX);
            }
          }
          const LabelVolume slice = LabelVolume::fromArray(plane);
          LabelDelta delta;
          for (const ChunkKey& key : slice.chunks()) {
            ChunkDelta chunk{{0, z, key.row, key.column}, {}};
            ChunkReader reader = slice.chunk(key);
            for (int64_t i = 0; i < LabelVolume::kChunkSide * LabelVolume::kChunkSide; ++i) {
              const uint32_t id = reader.row(i / LabelVolume::kChunkSide)[i % LabelVolume::kChunkSide];
              if (!chunk.runs.empty() && chunk.runs.back().after == id) {
                ++chunk.runs.back().length;
              } else {
                chunk.runs.push_back({static_cast<uint32_t>(i), 1, 0, id});
              }
            }
            delta.chunks.push_back(std::move(chunk));
          }
          must(apply(delta, Direction::kForward, document.labels));
        }
      }) /
      1000;
  report("making it, a slice at a time", seconds, "s");
  measure(document);
}

/// As a click with a model leaves it.
std::shared_ptr<const ObjectRecord> clickedRecord(uint32_t id) {
  ObjectRecord record{id, {{0, 0, id, id}, {1, 1, id + 11, id + 11}}, 97, "nucleus", ObjectState::kAccepted, {}};
  record.provenance.prompts = {id, 0, 0, {{id + 5.0, id + 5.0, true}}, {}, {}, false};
  record.provenance.predictedIou = 0.9F;
  record.provenance.model = "vit_b_lm";
  record.provenance.weightsHash = "xxh128:00112233445566778899aabbccddeeff";
  record.provenance.preprocessing = "per-plane min-max v1";
  record.provenance.program = "cytoclick 0.1.0";
  record.provenance.user = "somebody";
  record.provenance.time_us = 1;
  return std::make_shared<const ObjectRecord>(std::move(record));
}

void measureRecords(int64_t objects) {
  std::printf("%lld object records\n", static_cast<long long>(objects));
  const double before_mb = memory_mb("VmRSS");
  ObjectTable table;
  const double making = milliseconds([&] {
    for (int64_t id = 1; id <= objects; ++id) {
      table.set(static_cast<uint32_t>(id), clickedRecord(static_cast<uint32_t>(id)));
    }
  });
  report("making them", making, "ms");
  report("bytes a record", (memory_mb("VmRSS") - before_mb) * 1024 * 1024 / static_cast<double>(objects), "");
  std::vector<ObjectTable> copies(1000);
  report("copy of the table",
         milliseconds([&] {
           for (ObjectTable& copy : copies) copy = table;
         }) / static_cast<double>(copies.size()) *
             1000,
         "us");
  copies.clear();
  std::mt19937_64 random(1);
  ObjectTable shown;
  const auto edit = [&](int) {
    const auto id = static_cast<uint32_t>(std::uniform_int_distribution<int64_t>(1, objects)(random));
    table.set(id, clickedRecord(id));
    shown = table;
  };
  report("an edit with a copy kept", medianMilliseconds(1000, edit), "ms");
  int64_t area = 0;
  report("a walk over all", milliseconds([&] {
           for (const auto& [id, record] : table) area += record->area;
         }),
         "ms");
  if (area != 97 * objects) throw std::runtime_error("the walk missed an object");
  Document document = emptyDocument({1, 1, 100, 100}, {});
  document.objects = table;
  report("hash", milliseconds([&] { stateHash(document); }), "ms");
  report("peak memory", memory_mb("VmHWM"), "MB");
}

bool measureCase(const std::string& name, int64_t objects) {
  if (name == "plane") measurePlane(objects);
  if (name == "volume") measureVolume(objects);
  if (name == "records") measureRecords(objects);
  std::fflush(stdout);
  return name == "plane" || name == "volume" || name == "records";
}

void measureInChild(const std::string& name, int64_t objects) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot start a process");
  if (child == 0) ::_exit(measureCase(name, objects) ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("the case " + name + " failed");
}

}  // namespace

}  // namespace cyto

int main(int argc, char** argv) {
  if (argc == 3) {
    if (cyto::measureCase(argv[1], std::atoll(argv[2]))) return 0;
    std::fprintf(stderr, "usage: labels_benchmark [plane|volume|records OBJECTS]\n");
    return 2;
  }
  cyto::measureInChild("plane", 1'000'000);
  cyto::measureInChild("volume", 100'000);
  cyto::measureInChild("volume", 1'000'000);
  cyto::measureInChild("records", 1'000'000);
  return 0;
}
