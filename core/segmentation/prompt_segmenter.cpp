#include "core/segmentation/prompt_segmenter.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/base/stopwatch.h"
#include "core/segmentation/mask_prompt.h"

namespace cyto {

namespace {

bool isInside(const PointPrompt& point, const BoxPrompt& box) {
  return point.y >= box.y0 && point.y <= box.y1 && point.x >= box.x0 && point.x <= box.x1;
}

BoxPrompt clipped(const BoxPrompt& box, Extent2 plane) {
  return {std::max(box.y0, 0.0), std::max(box.x0, 0.0), std::min(box.y1, static_cast<double>(plane.y)),
          std::min(box.x1, static_cast<double>(plane.x))};
}

std::vector<PlanePrompts> questionPerBox(const ObjectPrompts& object, Extent2 plane) {
  std::vector<PlanePrompts> questions;
  PlanePrompts outsideBoxes;
  for (const PointPrompt& point : object.points) {
    const bool inAny = std::any_of(object.boxes.begin(), object.boxes.end(),
                                   [&](const BoxPrompt& box) { return isInside(point, box); });
    if (!point.positive || !inAny) outsideBoxes.points.push_back(point);
  }
  for (const BoxPrompt& box : object.boxes) {
    PlanePrompts question{{}, clipped(box, plane), {}};
    for (const PointPrompt& point : object.points) {
      if (!point.positive || isInside(point, box)) question.points.push_back(point);
    }
    questions.push_back(std::move(question));
  }
  const bool asksMore = std::any_of(outsideBoxes.points.begin(), outsideBoxes.points.end(),
                                    [](const PointPrompt& point) { return point.positive; });
  if (asksMore) questions.push_back(std::move(outsideBoxes));
  return questions;
}

/// The prompts in pixels of a tile. Points outside it are dropped, the box is clipped.
Prompts promptsInTile(const PlanePrompts& question, const PlaneBox& tile, const Embedding& embedding) {
  Prompts prompts;
  const Extent2 size{tile.height(), tile.width()};
  for (PointPrompt point : question.points) {
    point.y -= static_cast<double>(tile.y0);
    point.x -= static_cast<double>(tile.x0);
    const bool inside = point.y >= -0.5 && point.x >= -0.5 && point.y <= static_cast<double>(size.y) - 0.5 &&
                        point.x <= static_cast<double>(size.x) - 0.5;
    if (inside) prompts.points.push_back(point);
  }
  if (question.mask) {
    const PlaneMask inTile = translated(cropped(*question.mask, tile), -tile.y0, -tile.x0);
    if (!inTile.isEmpty()) {
      prompts.mask = maskPromptOf(inTile, embedding);
      if (!question.box) prompts.box = processedBox(boxOf(inTile), size);
    }
  }
  if (question.box) {
    const auto& box = *question.box;
    const BoxPrompt inTile =
        processedBox({box.y0 - static_cast<double>(tile.y0), box.x0 - static_cast<double>(tile.x0),
                      box.y1 - static_cast<double>(tile.y0), box.x1 - static_cast<double>(tile.x0)},
                     size);
    if (inTile.y1 > inTile.y0 && inTile.x1 > inTile.x0) prompts.box = inTile;
  }
  return prompts;
}

bool canAnswer(const Prompts& prompts) {
  return prompts.box || prompts.mask ||
         std::any_of(prompts.points.begin(), prompts.points.end(), [](const PointPrompt& p) { return p.positive; });
}

}  // namespace

std::vector<PlanePrompts> questionsOf(const ObjectPrompts& object, Extent2 plane) {
  if (object.boxes.size() > 1) return questionPerBox(object, plane);
  PlanePrompts question{object.points, {}, object.mask};
  if (!object.boxes.empty()) question.box = clipped(object.boxes.front(), plane);
  return {question};
}

Result<TileChoice> PromptSegmenter::choose(const ObjectPrompts& object, const PlanePrompts& question) const {
  const auto choice = chooseTile(embeddings_.tiling(), question,
                                 [&](int64_t tile) { return embeddings_.hasTile(object.t, object.z, tile); });
  if (choice) return *choice;
  return Error(ErrorCode::kNotFound, "no embedding was computed around the prompts of " +
                                         describe(object, embeddings_.imageShape()) +
                                         "; compute the embeddings of the whole image, or leave the store out");
}

PromptSegmenter::PromptSegmenter(EmbeddingProvider& embeddings, PromptDecoder& decoder, int64_t preparedBudget_bytes)
    : embeddings_(embeddings), decoder_(decoder), prepared_(std::max<int64_t>(1, preparedBudget_bytes)) {}

Result<std::shared_ptr<const PreparedEmbedding>> PromptSegmenter::prepared(const TileAddress& tile,
                                                                           const JobContext& job) {
  if (auto found = prepared_.find(tile)) return found;
  EmbeddingPtr embedding;
  {
    const Stopwatch watch(times_.embed_s);
    CYTO_ASSIGN(embedding, embeddings_.embedding(tile.t, tile.z, tile.tile, job));
  }
  const Stopwatch watch(times_.decode_s);
  CYTO_ASSIGN(std::shared_ptr<const PreparedEmbedding> ready, decoder_.prepare(std::move(embedding)));
  prepared_.insertEvenIfTooLarge(tile, ready, ready->size_bytes());
  return ready;
}

Result<std::vector<PromptSegmenter::Piece>> PromptSegmenter::decode(const ObjectPrompts& object,
                                                                    const PlanePrompts& question,
                                                                    const TileChoice& choice, DecodeOptions options,
                                                                    const JobContext& job,
                                                                    std::vector<std::string>& warnings) {
  CYTO_ASSIGN(const auto embedding, prepared({object.t, object.z, choice.tile}, job));
  const PlaneBox tile = embeddings_.tiling().tile(choice.tile);
  const Prompts prompts = promptsInTile(question, tile, embedding->embedding());
  if (!choice.holdsAllPrompts) {
    warnings.push_back(describe(object, embeddings_.imageShape()) +
                       ": no tile holds all prompts, so points outside the tile are ignored and the object ends at the "
                       "tile's border; use larger tiles");
  }
  if (!canAnswer(prompts)) return std::vector<Piece>(1);
  const Stopwatch watch(times_.decode_s);
  CYTO_ASSIGN(MaskPrediction prediction, decoder_.decode(*embedding, prompts, options));
  std::vector<Piece> pieces;
  for (MaskCandidate& candidate : prediction.candidates) {
    const PlaneMask inImage = translated({candidate.box, std::move(candidate.mask)}, tile.y0, tile.x0);
    pieces.push_back({cropped(inImage, tile), candidate.predictedIou});
  }
  return pieces;
}

Result<ObjectMask> PromptSegmenter::segment(const ObjectPrompts& object, const JobContext& job) {
  CYTO_TRY(checkPrompts(object, embeddings_.imageShape()));
  ObjectMask answer{object.id, object.t, object.z, {}, 1, {}, {}};
  for (const PlanePrompts& question : questionsOf(object, embeddings_.tiling().planeShape())) {
    CYTO_TRY(job.cancel.check());
    CYTO_ASSIGN(const TileChoice choice, choose(object, question));
    CYTO_ASSIGN(const auto pieces, decode(object, question, choice, {object.multimask}, job, answer.warnings));
    const Piece& piece = pieces.front();
    answer.mask = answer.mask.isEmpty() ? piece.mask : united(answer.mask, piece.mask);
    answer.predictedIou = answer.tiles.empty() ? piece.predictedIou : std::min(answer.predictedIou, piece.predictedIou);
    answer.tiles.push_back(choice.tile);
  }
  if (answer.mask.isEmpty()) {
    answer.warnings.push_back(describe(object, embeddings_.imageShape()) +
                              ": the model sees no object there, so its mask is empty; move the point or add a box");
  }
  return answer;
}

Result<std::vector<ObjectMask>> PromptSegmenter::alternatives(const ObjectPrompts& object, const JobContext& job) {
  std::vector<ObjectMask> answers(1);
  CYTO_ASSIGN(answers[0], segment(object, job));
  const std::vector<PlanePrompts> questions = questionsOf(object, embeddings_.tiling().planeShape());
  if (questions.size() > 1) return answers;
  CYTO_TRY(job.cancel.check());
  CYTO_ASSIGN(const TileChoice choice, choose(object, questions.front()));
  ObjectMask other{object.id, object.t, object.z, {}, 0, {choice.tile}, {}};
  CYTO_ASSIGN(auto pieces, decode(object, questions.front(), choice, {.allAlternatives = true}, job, other.warnings));
  for (Piece& piece : pieces) {
    const bool isKnown = std::any_of(answers.begin(), answers.end(),
                                     [&](const ObjectMask& earlier) { return earlier.mask == piece.mask; });
    if (piece.mask.isEmpty() || isKnown) continue;
    other.mask = std::move(piece.mask);
    other.predictedIou = piece.predictedIou;
    answers.push_back(other);
  }
  return answers;
}

Result<std::vector<ObjectMask>> PromptSegmenter::segmentAll(const std::vector<ObjectPrompts>& objects,
                                                            const JobContext& job) {
  using Place = std::tuple<int64_t, int64_t, int64_t>;
  std::vector<Place> places;
  for (const ObjectPrompts& object : objects) {
    CYTO_TRY(checkPrompts(object, embeddings_.imageShape()));
    CYTO_ASSIGN(const TileChoice choice,
                choose(object, questionsOf(object, embeddings_.tiling().planeShape()).front()));
    places.emplace_back(object.t, object.z, choice.tile);
  }
  std::vector<size_t> order(objects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
  std::vector<ObjectMask> answers(objects.size());
  ProgressReporter progress(job, "objects", static_cast<int64_t>(objects.size()));
  for (const size_t i : order) {
    CYTO_ASSIGN(answers[i], segment(objects[i], job));
    progress.advance();
  }
  return answers;
}

}  // namespace cyto
