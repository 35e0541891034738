#include "app/cli/evaluate/interactive_results.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cyto::cli {

using nlohmann::json;
using Means = GroupedMeans::Means;

namespace {

constexpr std::array kFirstPrompts = {FirstPrompt::kPoint, FirstPrompt::kBox};
constexpr int kCardClicks = 3;

std::string nameOf(FirstPrompt first) { return first == FirstPrompt::kPoint ? "point" : "box"; }

std::string baselineName(FirstPrompt first) {
  return first == FirstPrompt::kPoint ? "otsu_at_click" : "ellipse_in_box";
}

std::string baselineTitle(FirstPrompt first) {
  return first == FirstPrompt::kPoint ? "Otsu component at the click" : "ellipse in the box";
}

std::string startTitle(FirstPrompt first) { return first == FirstPrompt::kPoint ? "one click" : "a box"; }

json named(const std::vector<std::string>& names, const std::vector<double>& values) {
  json object = json::object();
  for (size_t i = 0; i < names.size(); ++i) object[names[i]] = values[i];
  return object;
}

json summary(const InteractiveProtocol& protocol, const Means& iou, const Means& msa) {
  return {{"images", iou.images},
          {"objects", iou.items},
          {"mean_iou", named(protocol.measures(), iou.ofItems)},
          {"mean_of_image_means", named(protocol.measures(), iou.ofImages)},
          {"msa", named(protocol.courseMeasures(), msa.ofItems)}};
}

std::string correctionsName(Corrections corrections) {
  switch (corrections) {
    case Corrections::kCentrePair: return "pair";
    case Corrections::kRandom: return "random";
    default: return "centre";
  }
}

/// The table of one course: rounds across, groups down.
TextTable courseTable(const InteractiveResults& results, size_t course) {
  const InteractiveProtocol& protocol = results.protocol;
  const Course& asked = protocol.courses[course];
  TextTable table{{"IoU from " + startTitle(asked.first) + (asked.feedsBackMask ? "" : ", without mask"), "objects"},
                  {}};
  for (const int round : protocol.reported) table.columns.push_back(std::to_string(round));
  if (protocol.hasBaselines) table.columns.push_back(asked.first == FirstPrompt::kPoint ? "Otsu" : "ellipse");
  const auto add = [&](const std::string& name, const std::string& count, const std::vector<double>& values,
                       bool hasBaseline) {
    std::vector<std::string> row{name, count};
    for (size_t i = 0; i < protocol.reported.size(); ++i) {
      row.push_back(measureText(values[protocol.measureOf(course, i)]));
    }
    if (protocol.hasBaselines) row.push_back(hasBaseline ? measureText(values[protocol.baselineOf(asked.first)]) : "");
    table.rows.push_back(std::move(row));
  };
  for (const auto& [group, means] : results.iou.groups()) add(group, std::to_string(means.items), means.ofItems, true);
  const Means all = results.iou.all();
  add("all objects", std::to_string(all.items), all.ofItems, true);
  add("mean of image means", std::to_string(all.images) + " images", all.ofImages, true);
  add("mSA of the images", std::to_string(all.images) + " images", results.msa.all().ofItems, false);
  return table;
}

ChartSeries courseSeries(const InteractiveProtocol& protocol, size_t course, const std::string& name,
                         const Means& means, SeriesStyle style) {
  ChartSeries series{name, {}, style, ""};
  if (!protocol.courses[course].feedsBackMask) {
    const bool hasBoth = std::any_of(protocol.courses.begin(), protocol.courses.end(),
                                     [](const Course& other) { return other.feedsBackMask; });
    if (hasBoth) series = {name + ", without mask", {}, SeriesStyle::kDashed, name};
  }
  for (size_t i = 0; i < protocol.reported.size(); ++i) {
    series.points.push_back({static_cast<double>(protocol.reported[i]), means.ofItems[protocol.measureOf(course, i)]});
  }
  return series;
}

ChartPanel startPanel(const InteractiveResults& results, FirstPrompt first) {
  const InteractiveProtocol& protocol = results.protocol;
  ChartPanel panel{"Start: " + startTitle(first), "prompts", "mean IoU", {}, 0, 1, {}};
  for (const int round : protocol.reported) panel.xTicks.push_back(round);
  if (panel.xTicks.size() == 1) panel.xTicks.push_back(panel.xTicks.front() + 1);
  const Means all = results.iou.all();
  for (size_t course = 0; course < protocol.courses.size(); ++course) {
    if (protocol.courses[course].first != first) continue;
    panel.series.push_back(courseSeries(protocol, course, "all objects", all, SeriesStyle::kEmphasised));
    for (const auto& [group, means] : results.iou.groups()) {
      panel.series.push_back(courseSeries(protocol, course, group, means, SeriesStyle::kLine));
    }
  }
  if (protocol.hasBaselines) {
    panel.series.push_back({baselineTitle(first) + ", all objects",
                            {{1, all.ofItems[protocol.baselineOf(first)]}},
                            SeriesStyle::kMarkers,
                            "all objects"});
  }
  return panel;
}

}  // namespace

bool InteractiveProtocol::asksFor(FirstPrompt first) const {
  return std::any_of(courses.begin(), courses.end(), [first](const Course& course) { return course.first == first; });
}

size_t InteractiveProtocol::courseOf(FirstPrompt first) const {
  return static_cast<size_t>(
      std::find_if(courses.begin(), courses.end(), [first](const Course& course) { return course.first == first; }) -
      courses.begin());
}

size_t InteractiveProtocol::baselineOf(FirstPrompt first) const {
  const bool isSecond = first == FirstPrompt::kBox && asksFor(FirstPrompt::kPoint);
  return courses.size() * reported.size() + (isSecond ? 1 : 0);
}

std::vector<std::string> InteractiveProtocol::courseMeasures() const {
  const bool hasBoth = std::any_of(courses.begin(), courses.end(), [](const Course& c) { return c.feedsBackMask; }) &&
                       std::any_of(courses.begin(), courses.end(), [](const Course& c) { return !c.feedsBackMask; });
  std::vector<std::string> names;
  for (const Course& course : courses) {
    for (const int round : reported) {
      names.push_back(nameOf(course.first) + (round == 1 ? "" : "_round_" + std::to_string(round)) +
                      (hasBoth && !course.feedsBackMask ? "_without_mask" : ""));
    }
  }
  return names;
}

std::vector<std::string> InteractiveProtocol::measures() const {
  std::vector<std::string> names = courseMeasures();
  for (const FirstPrompt first : kFirstPrompts) {
    if (hasBaselines && asksFor(first)) names.push_back(baselineName(first));
  }
  return names;
}

std::vector<int> reportedRounds(int rounds) {
  std::vector<int> reported;
  for (const int round : {1, 2, 3, 4, 8}) {
    if (round < rounds) reported.push_back(round);
  }
  reported.push_back(rounds);
  return reported;
}

json asJson(const InteractiveResults& results) {
  json document = summary(results.protocol, results.iou.all(), results.msa.all());
  document["model"] = results.model.name;
  document["model_hash"] = results.model.weightsHash;
  document["device"] = results.model.device;
  document["precision"] = precisionName(results.model.precision);
  document["seed"] = results.seed;
  document["corrections"] = correctionsName(results.protocol.corrections);
  document["prompts"] = results.protocol.reported;
  document["groups"] = json::object();
  const auto msa = results.msa.groups();
  for (const auto& [group, means] : results.iou.groups()) {
    document["groups"][group] = summary(results.protocol, means, msa.at(group));
  }
  return document;
}

std::string asText(const InteractiveResults& results) {
  std::string text;
  for (size_t course = 0; course < results.protocol.courses.size(); ++course) {
    text += (course == 0 ? "" : "\n\n") + alignedText(courseTable(results, course));
  }
  return text;
}

TextTable asTable(const InteractiveResults& results) {
  TextTable table{{"level", "name", "group", "images", "objects"}, {}};
  for (const std::string& measure : results.protocol.measures()) table.columns.push_back("iou_" + measure);
  for (const std::string& measure : results.protocol.courseMeasures()) table.columns.push_back("msa_" + measure);
  const auto add = [&](std::vector<std::string> row, const std::vector<double>& iou, const std::vector<double>& msa) {
    for (const double value : iou) row.push_back(figureText(value));
    for (const double value : msa) row.push_back(figureText(value));
    table.rows.push_back(std::move(row));
  };
  const auto images = results.iou.images(), msaOfImages = results.msa.images();
  for (size_t i = 0; i < images.size(); ++i) {
    add({"image", images[i].image, images[i].group, "1", std::to_string(images[i].items)}, images[i].means,
        msaOfImages[i].means);
  }
  const auto addMeans = [&](const std::string& level, const std::string& name, const Means& iou, const Means& msa) {
    const std::string count = std::to_string(iou.images), objects = std::to_string(iou.items);
    add({level + ", mean of objects", name, name, count, objects}, iou.ofItems, msa.ofItems);
    add({level + ", mean of images", name, name, count, objects}, iou.ofImages, msa.ofItems);
  };
  const auto msaOfGroups = results.msa.groups();
  for (const auto& [group, means] : results.iou.groups()) addMeans("group", group, means, msaOfGroups.at(group));
  addMeans("all", "", results.iou.all(), results.msa.all());
  return table;
}

TextTable asModelCard(const InteractiveResults& results) {
  const InteractiveProtocol& protocol = results.protocol;
  TextTable table{{"stratum", "objects"}, {}};
  std::vector<size_t> measures;
  const auto column = [&](const std::string& title, size_t measure) {
    table.columns.push_back(title);
    measures.push_back(measure);
  };
  const auto clicks = std::find(protocol.reported.begin(), protocol.reported.end(), kCardClicks);
  for (const FirstPrompt first : kFirstPrompts) {
    if (!protocol.asksFor(first)) continue;
    const bool isPoint = first == FirstPrompt::kPoint;
    column(isPoint ? "click" : "box", protocol.measureOf(protocol.courseOf(first), 0));
    if (protocol.hasBaselines) column(baselineTitle(first), protocol.baselineOf(first));
    if (!isPoint || clicks == protocol.reported.end()) continue;
    const bool isOneAtATime = protocol.corrections == Corrections::kCentre;
    column(isOneAtATime ? "three clicks" : "click and two corrections",
           protocol.measureOf(protocol.courseOf(first), static_cast<size_t>(clicks - protocol.reported.begin())));
  }
  const auto add = [&](const std::string& name, const std::string& objects, const std::vector<double>& values,
                       const std::string& mark) {
    std::vector<std::string> row{mark + name + mark, objects};
    for (const size_t measure : measures) row.push_back(mark + measureText(values[measure]) + mark);
    table.rows.push_back(std::move(row));
  };
  for (const auto& [group, means] : results.iou.groups()) add(group, std::to_string(means.items), means.ofItems, "");
  const Means all = results.iou.all();
  add("all objects", std::to_string(all.items), all.ofItems, "**");
  add("all, mean of image means", "", all.ofImages, "");
  return table;
}

LineChart asChart(const InteractiveResults& results) {
  const Means all = results.iou.all();
  LineChart chart{results.model.name + ": mean IoU after each prompt, " + std::to_string(all.items) + " objects of " +
                      std::to_string(all.images) + " images",
                  {}};
  for (const FirstPrompt first : kFirstPrompts) {
    if (results.protocol.asksFor(first)) chart.panels.push_back(startPanel(results, first));
  }
  return chart;
}

}  // namespace cyto::cli
