#include "core/nn/train/training_log.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/base/atomic_file.h"

namespace cyto::nn {

namespace {

constexpr const char* kHeader =
    "seconds,steps,learning_rate,loss,instance_loss,first_iou,gradient_norm,kind,point_iou,box_iou\n";
constexpr double kMemory = 0.98;  // of the running mean

int64_t stepsOf(const std::string& line) {
  const size_t comma = line.find(',');
  return comma == std::string::npos ? 0 : std::strtoll(line.c_str() + comma + 1, nullptr, 10);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

TrainingLog::TrainingLog(std::filesystem::path path, int64_t steps) : path_(std::move(path)) {
  std::string kept = kHeader;
  std::ifstream stream(path_);
  std::string line;
  std::getline(stream, line);  // the header
  while (std::getline(stream, line)) {
    if (!line.empty() && stepsOf(line) <= steps) kept += line + "\n";
  }
  // A log that cannot be written is no reason not to train.
  [[maybe_unused]] const Status written = writeFileAtomically(path_, kept);
}

void TrainingLog::write(const std::string& line) const {
  std::ofstream stream(path_, std::ios::app);
  stream << line << std::flush;
}

void TrainingLog::addStep(const StepResult& step) {
  ++count_;
  sum_.loss += step.loss;
  sum_.instanceLoss += step.instanceLoss;
  sum_.firstIou += step.firstIou;
  sum_.gradientNorm += step.gradientNorm;
  sum_.learningRate = step.learningRate;
  recentLoss_ = recentLoss_ < 0 ? step.loss : kMemory * recentLoss_ + (1 - kMemory) * step.loss;
}

void TrainingLog::writeSteps(const TrainingRun& run) {
  if (count_ == 0) return;
  write(formatted("%.3f,%lld,%.6g,%.5g,%.5g,%.5g,%.5g,,,\n", run.seconds(), static_cast<long long>(run.steps()),
                  sum_.learningRate, sum_.loss / count_, sum_.instanceLoss / count_, sum_.firstIou / count_,
                  sum_.gradientNorm / count_));
  sum_ = {};
  count_ = 0;
}

void TrainingLog::writeValidation(const TrainingRun& run, const std::map<std::string, TrainingScore>& scores) {
  for (const auto& [kind, score] : scores) {
    write(formatted("%.3f,%lld,,,", run.seconds(), static_cast<long long>(run.steps())) +
          (score.crops > 0 ? formatted("%.5g", score.instanceLoss) : "") + ",,," + quoted(kind.empty() ? "all" : kind) +
          (score.objects > 0 ? formatted(",%.5f,%.5f\n", score.pointIou, score.boxIou) : ",,\n"));
  }
  const TrainingScore& all = scores.at("");
  lastScores_ = all.objects > 0 ? formatted(", click %.3f, box %.3f", all.pointIou, all.boxIou) : "";
  if (all.crops > 0) lastScores_ += formatted(", all objects %.3f", all.instanceLoss);
}

std::string TrainingLog::note() const {
  return (recentLoss_ < 0 ? std::string() : formatted("loss %.3f", recentLoss_)) + lastScores_;
}

}  // namespace cyto::nn
