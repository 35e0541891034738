#include "tests/unit/nn_train/synthetic_cells.h"

#include <array>

namespace cyto::test {

TrainingImage syntheticCells(int64_t side) {
  struct Disc {
    double x, y, radius;
  };
  constexpr std::array kDiscs = {Disc{0.25, 0.3, 0.14}, Disc{0.7, 0.25, 0.1}, Disc{0.6, 0.7, 0.18},
                                 Disc{0.2, 0.8, 0.08}};
  TrainingImage image;
  image.name = "discs";
  image.image.rows = image.image.columns = side;
  const auto size = static_cast<double>(side);
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      uint32_t id = 0;
      for (size_t i = 0; i < kDiscs.size(); ++i) {
        const double dx = (static_cast<double>(x) + 0.5) / size - kDiscs[i].x;
        const double dy = (static_cast<double>(y) + 0.5) / size - kDiscs[i].y;
        if (dx * dx + dy * dy < kDiscs[i].radius * kDiscs[i].radius) id = static_cast<uint32_t>(10 * (i + 1));
      }
      image.labels.push_back(id);
      const auto level = static_cast<uint8_t>(id == 0 ? 20 : 200);
      image.image.pixels.insert(image.image.pixels.end(), 3, level);
    }
  }
  return image;
}

SyntheticDataset::SyntheticDataset(int learned, int kept) {
  for (int i = 0; i < learned + kept; ++i) {
    TrainingSample sample;
    sample.name = "discs " + std::to_string(i);
    sample.kind = "discs";
    sample.validation = i >= learned;
    sample.rows = sample.columns = 96;
    sample.objects = 4;
    samples_.push_back(sample);
  }
}

Result<TrainingImage> SyntheticDataset::read(size_t index) const {
  TrainingImage image = syntheticCells();
  image.name = samples_.at(index).name;
  return image;
}

}  // namespace cyto::test
