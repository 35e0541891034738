#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/project/document.h"

namespace cyto {

/// "2025-03-09T13:05:12.000250Z", UTC to the microsecond; empty for 0, which means that the time is not known.
std::string isoTime(int64_t time_us);

/// What `isoTime` writes; nothing for anything else.
std::optional<int64_t> timeFromIso(const std::string& text);

/// "proposal", "accepted" or "verified".
std::string stateName(ObjectState state);

/// All that is known of an object but its pixels, as files for people and programs have it:
///   {"id", "class", "state", "area", "bounds": {"begin": [t, z, y, x], "end": [t, z, y, x]},
///    "prompts": null or {"t", "z", "points": [[y, x, 1 or 0]…], "boxes": [[y0, x0, y1, x1]…],
///                        "mask": null or {"box": [y0, x0, y1, x1], "counts": […]}, "multimask"},
///    "model", "weights_hash", "preprocessing", "predicted_iou", "alternative",
///    "program", "user", "time": isoTime, "parents": [id…], "source"}
/// The counts of a mask are the lengths of runs, row by row, outside and inside by turns, outside first. What is not
/// known is null.
nlohmann::json objectJson(const ObjectRecord& object);

/// Class and provenance from `objectJson`'s text; nothing when it is something else. State, area and bounds belong to
/// the pixels and are not taken.
std::optional<ObjectRecord> recordFromJson(const std::string& text);

}  // namespace cyto
