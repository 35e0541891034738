#pragma once

#include <cstdint>

namespace cyto::nn {

/// The inner loops of the networks, written by hand for the instruction sets of processors (spec/performance.md §2, §3,
/// §5). Nothing here knows LibTorch, allocates memory or starts threads: pointers come from the caller, who also splits
/// the work. All matrices are row-major; a "panel" holds 64 columns of a matrix together, row after row, so that a
/// product reads it from front to back: element (k, n) lies at (n / 64) * rows * 64 + k * 64 + n % 64.
inline constexpr int64_t kPanelColumns = 64;
constexpr int64_t panelsFor(int64_t columns) { return (columns + kPanelColumns - 1) / kPanelColumns; }

/// One head of a map of tokens, as it lies in the output of the projection to queries, keys and values. The map may be
/// smaller than the square of span * span keys it is attended in; what is missing is a token of paddingKey and
/// paddingValue. Elements are float or bf16.
struct AttentionHead {
  const void* query = nullptr;  ///< of the token in row 0, column 0
  const void* key = nullptr;
  const void* value = nullptr;
  int64_t columnStride = 0;  ///< elements from a token to the next in its row
  int64_t rowStride = 0;
  int64_t rows = 0;  ///< tokens there are
  int64_t columns = 0;
  const void* paddingKey = nullptr;  ///< `size` elements; not read when the map fills the square
  const void* paddingValue = nullptr;
  int64_t span = 0;  ///< side of the square of keys, 1 to 64
  int64_t size = 0;  ///< elements of a head, even, at most 128
};

/// Tables of decomposed relative positions, laid out as (size, stride) fp32, column m holds the
/// entry for query minus key = span - 1 - m, times the square root of the head size.
struct PositionTables {
  const float* rows = nullptr;
  const float* columns = nullptr;
  int64_t stride = 0;
};

/// Columns of a position table for this span: room for every shifted row of keys.
constexpr int64_t positionTableStride(int64_t span) {
  const int64_t slots = (span + 15) / 16 * 16;
  return (span - 1 + slots + 15) / 16 * 16;
}

/// Softmax attention of a square of tokens with relative positions, one head at a time: `pack` orders its keys and
/// values once, `attend` then answers the queries of one row of tokens.
struct AttentionKernels {
  int64_t (*packedBytes)(int64_t span, int64_t size) = nullptr;
  int64_t (*scratchBytes)(int64_t span, int64_t size) = nullptr;
  void (*pack)(const AttentionHead& head, void* packed) = nullptr;
  /// Writes `size` elements for each of the head's columns at `out`, `outStride` elements apart.
  void (*attend)(const AttentionHead& head, const PositionTables& positions, const void* packed, int64_t row, void* out,
                 int64_t outStride, void* scratch) = nullptr;

  explicit operator bool() const { return attend != nullptr; }
};

/// x += delta (where there is one), out = layer norm of x; rows of `width` values, a multiple of 16. delta and out are
/// float or bf16.
struct AddNorm {
  float* x = nullptr;
  const void* delta = nullptr;  ///< or null
  const float* weight = nullptr;
  const float* bias = nullptr;
  void* out = nullptr;
  int64_t width = 0;
  float epsilon = 0;
};

/// out = layer norm of x; rows of `width` values, a multiple of 16 and at most kWidestNorm. x and out are float or
/// bf16.
struct Norm {
  const void* x = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  void* out = nullptr;
  int64_t width = 0;
  float epsilon = 0;
};
inline constexpr int64_t kWidestNorm = 1024;

/// A linear layer for a few rows: out = act(x W^T + bias), W^T in panels (in, out), out a multiple of 16.
struct RowsLinear {
  const float* weight = nullptr;
  const float* bias = nullptr;
  int64_t in = 0;
  int64_t out = 0;
};

/// A linear layer for many rows: result = x W^T + bias, through GELU if wanted. x (rows, in) and result (rows, out) are
/// contiguous and do not overlap.
struct ManyRowsLinear {
  const float* x = nullptr;
  const float* weight = nullptr;  ///< as `pack` orders it
  const float* bias = nullptr;
  float* result = nullptr;
  int64_t in = 0;
  int64_t out = 0;  ///< a multiple of ManyRowsKernels::columns
  bool withGelu = false;
};
/// Inputs and rows that are multiplied at once: so many that a tile's inputs fit the first cache, and all of these
/// rows' the second.
inline constexpr int64_t kDepthAtOnce = 384;
inline constexpr int64_t kRowsAtOnce = 192;

/// The order of a packed weight belongs to one set of kernels.
struct ManyRowsKernels {
  int64_t columns = 0;  ///< that are multiplied at once
  /// Columns `begin` to `end`, multiples of `columns`, of `weight` (out, in) to `packed`, which holds as many
  /// values.
  void (*pack)(const float* weight, int64_t in, int64_t out, int64_t begin, int64_t end, float* packed) = nullptr;
  /// Rows `begin` to `end`, at most kRowsAtOnce; `scratch` holds kRowsAtOnce * kDepthAtOnce values.
  void (*multiply)(const ManyRowsLinear& work, int64_t begin, int64_t end, float* scratch) = nullptr;
  /// Whether it is faster than what LibTorch brings (oneDNN); not measured yet with AVX512.
  bool isFaster = false;
};

/// Heads of the mask decoder lie side by side for each token: lane = token * kLaneHeads + head. A network with fewer
/// heads leaves lanes empty; an odd number of tokens gets one more that has no share.
inline constexpr int64_t kLaneHeads = 8;
constexpr int64_t lanesFor(int64_t tokens) { return (tokens + 1) / 2 * 2 * kLaneHeads; }

/// Image cells are worked through in blocks of this many; their number must be a multiple of it.
inline constexpr int64_t kCellsAtOnce = 64;

/// Running softmax over the cells for every lane, with the sum of what the shares weigh.
struct LaneSums {
  float* highest = nullptr;   ///< (lanes): logit so far
  float* total = nullptr;     ///< (lanes): of the shares, relative to the highest
  float* weighted = nullptr;  ///< see where it is filled
};

/// Tokens attend to cells whose keys and values were projected before: (cells, inner, kLaneHeads).
struct ProjectedAttention {
  const float* keys = nullptr;
  const float* values = nullptr;
  const float* queries = nullptr;  ///< (inner, lanes), scaled
  int64_t inner = 0;               ///< elements of a head
  int64_t lanes = 0;
};

/// One pass over the image side of a layer: cells attend to the tokens, are normed and stored, and the tokens' next
/// attention to them is summed while they are in the cache. Projections are folded into the tokens.
struct ImagePass {
  const float* imageIn = nullptr;           ///< (cells, channels)
  const float* positions = nullptr;         ///< (cells, channels)
  float* imageOut = nullptr;                ///< (cells, channels); may be imageIn
  const float* projectedQueries = nullptr;  ///< (cells, inner, kLaneHeads), or null when they are folded too
  const float* keys = nullptr;              ///< (inner, lanes), or panels (channels, lanes) when folded; scaled
  const float* constant = nullptr;          ///< (lanes): added to the logits; -1e30 for a token without share
  const float* updates = nullptr;  ///< panels (tokens * kLaneHeads, channels): what a share of one adds to a cell
  const float* updateBias = nullptr;
  const float* normWeight = nullptr;
  const float* normBias = nullptr;
  float epsilon = 0;
  const float* nextQueries = nullptr;  ///< panels (channels, lanes), scaled
  int64_t tokens = 0;
  int64_t inner = 0;
  int64_t lanes = 0;
  int64_t channels = 0;  ///< a multiple of 16
};

/// Cells to logits of masks: two transposed convolutions of stride 2 with norm and GELU, and the product with the
/// vector of each mask.
struct Upscaling {
  RowsLinear first;   ///< channels to 4 children of channels / 4
  RowsLinear second;  ///< channels / 4 to 4 children of channels / 8
  const float* normWeight = nullptr;
  const float* normBias = nullptr;
  float epsilon = 0;
  const float* vectors = nullptr;  ///< (masks, channels / 8)
  int64_t masks = 0;
  int64_t grid = 0;
  float* out = nullptr;  ///< (masks, 4 grid, 4 grid)
};

/// The loops for one instruction set. `begin` and `end` count cells.
struct KernelSet {
  const char* name = "";
  AttentionKernels attention;      ///< fp32
  AttentionKernels attentionBf16;  ///< empty when the processor has no bf16
  void (*addNorm)(const AddNorm& work, int64_t begin, int64_t end) = nullptr;
  void (*addNormBf16)(const AddNorm& work, int64_t begin, int64_t end) = nullptr;  ///< delta and out are bf16
  void (*norm)(const Norm& work, int64_t begin, int64_t end) = nullptr;
  void (*normBf16)(const Norm& work, int64_t begin, int64_t end) = nullptr;  ///< x and out are bf16; or null
  void (*linear)(const RowsLinear& layer, const float* x, int64_t rows, bool withRelu, float* out) = nullptr;
  ManyRowsKernels manyRows;  ///< fp32
  /// Fills `weighted` as (inner, lanes).
  void (*attendProjected)(const ProjectedAttention& work, int64_t begin, int64_t end, const LaneSums& sums,
                          float* scratch) = nullptr;
  /// Fills `weighted` as (lanes, channels).
  void (*imagePass)(const ImagePass& work, int64_t begin, int64_t end, const LaneSums& sums, float* scratch) = nullptr;
  /// `rounds` of multiply-adds in registers; reads and writes three vectors. Returns the operations.
  double (*peakWork)(int64_t rounds, float* values) = nullptr;
  double (*peakWorkBf16)(int64_t rounds, float* values) = nullptr;  ///< or null
  void (*upscale)(const Upscaling& work, const float* image, int64_t begin, int64_t end, float* scratch) = nullptr;
};

/// Floats of scratch for `imagePass`, `attendProjected` and `upscale`.
constexpr int64_t imageScratch(int64_t channels, int64_t lanes) { return kCellsAtOnce * (2 * channels + 2 * lanes); }
constexpr int64_t upscaleScratch(int64_t channels) { return kCellsAtOnce * 3 * channels; }

/// The best loops this processor can run: avx512bf16, avx512 or avx2; null where there are none. The environment
/// variable CYTOCLICK_KERNELS names a lesser set, or "none", for tests and comparisons; a set that the processor lacks
/// is not taken. Read anew at every call, so that a test can change it; models keep what they were made with.
const KernelSet* kernels();

}  // namespace cyto::nn
