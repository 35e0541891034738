#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/embedding/precompute.h"
#include "tests/unit/embedding/memory_image.h"

namespace cyto::test {

/// Every file below a folder with its content.
std::map<std::string, std::string> treeOf(const std::filesystem::path& folder);

std::string contentOf(const std::filesystem::path& file);
void overwrite(const std::filesystem::path& file, const std::string& content);

/// Plans, opens, encodes and completes in one call, as the program does.
Result<PrecomputeReport> precomputeStore(const std::filesystem::path& path, const io::ImageSource& image, Model& model,
                                         const LayoutRequest& layout = {}, const StoreOptions& options = {},
                                         const JobContext& job = {});

/// What `precomputeStore` asks the store to be.
StoreDescription describe(const io::ImageSource& image, const Model& model, const LayoutRequest& layout = {});

}  // namespace cyto::test
