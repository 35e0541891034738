#include "tests/unit/embedding/store_tree.h"

#include <fstream>
#include <iterator>

namespace cyto::test {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void overwrite(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

std::map<std::string, std::string> treeOf(const fs::path& folder) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) tree[fs::relative(entry.path(), folder).string()] = contentOf(entry.path());
  }
  return tree;
}

StoreDescription describe(const io::ImageSource& image, const Model& model, const LayoutRequest& layout) {
  return {*planLayout(image.info(), layout, {}), identityOf(*fingerprintOf(image, {}), model.identity(), "test 1")};
}

Result<PrecomputeReport> precomputeStore(const fs::path& path, const io::ImageSource& image, Model& model,
                                         const LayoutRequest& layout, const StoreOptions& options,
                                         const JobContext& job) {
  CYTO_ASSIGN(const auto store, EmbeddingStore::openToWrite(path, describe(image, model, layout), options));
  return precomputeEmbeddings(image, *store, model.encoder(), job);
}

}  // namespace cyto::test
