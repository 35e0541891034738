#pragma once

#include <functional>
#include <vector>

#include "core/array/shape.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/io/label_reader.h"
#include "core/measure/overlap_table.h"

namespace cyto::cli {

/// Fills `ids` with the predicted ids of a box, in the order (t, z, y, x): from a file, or from whatever predicts.
using PredictedIds = std::function<Status(const Box& box, std::vector<uint64_t>& ids, const JobContext& job)>;

/// Compares a prediction with the truth, a table for each frame; slices of a frame belong together. With
/// `separatesComponents` every connected piece of a true label is an object, and whole frames are held in memory; else
/// blocks of some 4 million pixels are.
Result<std::vector<OverlapTable>> compareLabels(const io::LabelReader& truth, const PredictedIds& prediction,
                                                bool separatesComponents, const JobContext& job);

}  // namespace cyto::cli
