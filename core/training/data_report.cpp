#include "core/training/data_report.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace cyto {

namespace {

constexpr size_t kNamesShown = 5;

template <typename... Values>
std::string line(const char* format, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return std::string(text) + "\n";
}

long long whole(int64_t value) { return value; }

std::string listed(const std::map<std::string, int64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : "; ") + std::to_string(count) + " of " + name;
  }
  return text.empty() ? "none" : text;
}

std::string someOf(const std::string& heading, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string text = heading + ": " + std::to_string(names.size()) + "\n";
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text += "  " + names[i] + "\n";
  if (names.size() > kNamesShown) text += "  and " + std::to_string(names.size() - kNamesShown) + " more\n";
  return text;
}

double megabytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

/// Steps of the whole training and the minutes they take; 0 when unknown.
struct Cost {
  double steps = 0, minutes = 0;
};
Cost costOf(const TrainingOptions& options, const TrainingEstimate* estimate) {
  const double seconds = estimate ? estimate->profile.stepSeconds : 0;
  if (options.steps > 0) return {static_cast<double>(options.steps), static_cast<double>(options.steps) * seconds / 60};
  return {seconds > 0 ? 60 * options.minutes / seconds : 0, options.minutes};
}

std::string kindsText(const TrainingDataReport& report) {
  std::string text;
  for (const auto& [name, kind] : report.kinds) {
    text += line("  %-36s %6lld images (%lld kept back), %8lld objects, %3.0f %% of the draws", name.c_str(),
                 whole(kind.samples), whole(kind.validation), whole(kind.objects), 100 * kind.drawn);
  }
  return text;
}

std::string costText(const TrainingDataReport& report, const TrainingOptions& options,
                     const TrainingEstimate* estimate) {
  std::string text = line("memory: decoded images %.0f MB, of which at most %.0f MB are kept",
                          megabytes(report.decoded_bytes), megabytes(options.imageMemory_bytes));
  if (!estimate) return text;
  const TrainingProfile& profile = estimate->profile;
  const Cost cost = costOf(options, estimate);
  text += line("memory in use during trial steps: %.0f MB", megabytes(estimate->memory_bytes));
  text += line("time: %.2f s a step (network %.0f %%, data %.0f %%, optimiser %.0f %%, waiting %.0f %%)",
               profile.stepSeconds, 100 * profile.network, 100 * profile.data, 100 * profile.optimiser,
               100 * profile.waiting);
  return text + line("whole training: about %.0f steps in %.0f minutes", cost.steps, cost.minutes);
}

}  // namespace

std::string reportText(const TrainingDataReport& report, const TrainingOptions& options,
                       const TrainingEstimate* estimate) {
  std::string text = line("files: %lld; images: %lld, %lld of them kept back; objects: %lld", whole(report.files),
                          whole(report.samples), whole(report.validation), whole(report.objects));
  text += "types of images: " + listed(report.imageTypes) + "\ntypes of labels: " + listed(report.labelTypes) + "\n";
  if (report.samples > 0) {
    text += line("sides of images: %lld to %lld pixels; objects in an image: %lld to %lld", whole(report.smallestSide),
                 whole(report.largestSide), whole(report.fewestObjects), whole(report.mostObjects));
    const std::vector<double>& sides = report.objectSides;
    text += line("sides of objects: %.0f to %.0f pixels, half of them under %.0f, one in twenty over %.0f", sides[0],
                 sides[4], sides[2], sides[3]);
  }
  text += kindsText(report);
  if (report.smallObjects > 0) {
    text += line("objects under %lld pixels, taken as background: %lld", whole(kSmallestTrainingObject),
                 whole(report.smallObjects));
  }
  text += someOf("left out, no object in the labels", report.emptyLabels);
  text += someOf("left out, no labels found", report.imagesWithoutLabels);
  text += someOf("PROBLEMS, nothing can be trained before they are gone", report.problems);
  if (report.validation == 0 && report.samples > 0) {
    text += "nothing is kept back, so there will be no score; give more images or --validation\n";
  }
  text += costText(report, options, estimate);
  text.pop_back();
  return text;
}

std::string reportJson(const TrainingDataReport& report, const TrainingOptions& options,
                       const TrainingEstimate* estimate) {
  nlohmann::ordered_json document = {{"files", report.files},
                                     {"images", report.samples},
                                     {"validation_images", report.validation},
                                     {"objects", report.objects},
                                     {"small_objects", report.smallObjects},
                                     {"image_types", report.imageTypes},
                                     {"label_types", report.labelTypes},
                                     {"image_sides", {report.smallestSide, report.largestSide}},
                                     {"objects_per_image", {report.fewestObjects, report.mostObjects}},
                                     {"object_sides", report.objectSides},
                                     {"empty_labels", report.emptyLabels},
                                     {"images_without_labels", report.imagesWithoutLabels},
                                     {"problems", report.problems},
                                     {"decoded_bytes", report.decoded_bytes},
                                     {"seconds_per_image", report.secondsPerSample}};
  for (const auto& [name, kind] : report.kinds) {
    document["kinds"][name] = {{"images", kind.samples},
                               {"validation_images", kind.validation},
                               {"objects", kind.objects},
                               {"share_of_draws", kind.drawn}};
  }
  if (estimate) {
    const Cost cost = costOf(options, estimate);
    document["estimate"] = {{"step_seconds", estimate->profile.stepSeconds},
                            {"network_share", estimate->profile.network},
                            {"data_share", estimate->profile.data},
                            {"optimiser_share", estimate->profile.optimiser},
                            {"waiting_share", estimate->profile.waiting},
                            {"memory_bytes", estimate->memory_bytes},
                            {"steps", cost.steps},
                            {"minutes", cost.minutes}};
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string samplesCsv(const TrainingData& data) {
  const auto quoted = [](const std::string& text) {
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
    return result + "\"";
  };
  std::string text = "name,kind,rows,columns,objects,weight,validation\n";
  for (const TrainingSample& sample : data.samples()) {
    text += quoted(sample.name) + "," + quoted(sample.kind) +
            line(",%lld,%lld,%lld,%.6g,%d", whole(sample.rows), whole(sample.columns), whole(sample.objects),
                 sample.weight, sample.validation ? 1 : 0);
  }
  return text;
}

}  // namespace cyto
