#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>
#include <condition_variable>
#include <random>

#include "core/labels/transaction.h"
#include "tests/support/random_seed.h"
#include "ui/views/mask_outline.h"
#include "ui/views/screen_tile_layer.h"
#include "ui/views/tile_content.h"
#include "ui/views/view_transform.h"

namespace cyto::ui {
namespace {

ViewTransform transformOf(Extent2 plane, QSize view) {
  ViewTransform transform;
  transform.setPlane(plane);
  transform.setViewSize(view);
  transform.fit();
  return transform;
}

TEST(ViewTransformTest, FitShowsTheWholePlaneInTheMiddle) {
  const ViewTransform wide = transformOf({100, 400}, {800, 600});
  EXPECT_DOUBLE_EQ(wide.zoom(), 2);
  EXPECT_EQ(wide.originX(), 0);
  EXPECT_EQ(wide.originY(), 200);
  EXPECT_EQ(wide.visible(), (PlaneBox{0, 0, 100, 400}));
  EXPECT_DOUBLE_EQ(transformOf({100, 150}, {900, 600}).zoom(), 6) << "small images fill the view too";
  EXPECT_DOUBLE_EQ(transformOf({10, 10}, {800, 600}).zoom(), 8) << "but their pixels do not become huge";
  EXPECT_DOUBLE_EQ(transformOf({6000, 8000}, {800, 600}).zoom(), 0.1);
}

TEST(ViewTransformTest, SteppedZoomStopsAtOne) {
  ViewTransform transform = transformOf({600, 800}, {800, 600});
  transform.zoomTo(0.9, {0, 0});
  EXPECT_DOUBLE_EQ(transform.steppedZoom(1), 1);
  transform.zoomTo(1, {0, 0});
  EXPECT_DOUBLE_EQ(transform.steppedZoom(1), 1.25);
  EXPECT_DOUBLE_EQ(transform.steppedZoom(-1), 0.8);
  transform.zoomTo(1.1, {0, 0});
  EXPECT_DOUBLE_EQ(transform.steppedZoom(-3), 1);
  EXPECT_DOUBLE_EQ(transform.steppedZoom(0), 1.1);
}

TEST(ViewTransformTest, ZoomHasEnds) {
  ViewTransform transform = transformOf({6000, 8000}, {800, 600});
  transform.zoomTo(1e9, {400, 300});
  EXPECT_DOUBLE_EQ(transform.zoom(), ViewTransform::kMaxZoom);
  transform.zoomTo(1e-9, {400, 300});
  EXPECT_DOUBLE_EQ(transform.zoom(), 0.05) << "half of what fits";
}

TEST(ViewTransformTest, TheImageStaysInSight) {
  ViewTransform transform = transformOf({600, 800}, {800, 600});
  transform.zoomTo(1, {0, 0});
  transform.panBy(1e7, 1e7);
  EXPECT_EQ(transform.visible(), (PlaneBox{0, 0, 64, 64}));
  transform.panBy(-1e7, -1e7);
  EXPECT_EQ(transform.visible(), (PlaneBox{536, 736, 600, 800}));
  ViewTransform tiny = transformOf({3, 5}, {800, 600});
  tiny.zoomTo(1, {0, 0});
  tiny.panBy(-1e7, 1e7);
  EXPECT_EQ(tiny.visible(), (PlaneBox{0, 0, 3, 5})) << "all there is, when it is little";
}

TEST(ViewTransformTest, WhatWasInTheMiddleStaysThereWhenTheViewGrows) {
  ViewTransform transform = transformOf({600, 800}, {800, 600});
  transform.zoomTo(4, {400, 300});
  const ImagePoint before = transform.toImage({400, 300});
  transform.setViewSize({1000, 900});
  const ImagePoint after = transform.toImage({500, 450});
  EXPECT_NEAR(after.y, before.y, 0.5);
  EXPECT_NEAR(after.x, before.x, 0.5);
}

// At the border the image is held in sight instead of under the pointer.
bool isFree(int64_t origin, int64_t extent, double zoom, int view) {
  constexpr double kMargin = 64;
  const double size = static_cast<double>(extent) * zoom;
  const auto at = static_cast<double>(origin);
  return at > std::min(kMargin, size) - size + 1 && at < view - std::min(kMargin, size) - 1;
}

TEST(ViewTransformTest, RandomWalksKeepWhatTheyPromise) {
  const uint64_t seed = cyto::test::randomSeed(41);
  SCOPED_TRACE(cyto::test::seedText(seed));
  std::mt19937_64 random(seed);
  const auto between = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int round = 0; round < 200; ++round) {
    ViewTransform transform =
        transformOf({std::llround(std::exp(between(0, 11))), std::llround(std::exp(between(0, 11)))},
                    QSize(static_cast<int>(between(1, 3000)), static_cast<int>(between(1, 2000))));
    for (int step = 0; step < 20; ++step) {
      const QPointF anchor(between(0, transform.viewSize().width()), between(0, transform.viewSize().height()));
      const ImagePoint under = transform.toImage(anchor);
      switch (static_cast<int>(between(0, 4))) {
        case 0: transform.panBy(between(-500, 500), between(-500, 500)); break;
        case 1: transform.setViewSize({static_cast<int>(between(0, 3000)), static_cast<int>(between(0, 2000))}); break;
        case 2: transform.centreOn(under); break;
        default: {
          const double zoom = transform.steppedZoom(between(-5, 5));
          EXPECT_FALSE((transform.zoom() - 1) * (zoom - 1) < 0) << "jumped over 100 %";
          transform.zoomTo(zoom, anchor);
          const QPointF now = transform.toDevice(under);
          if (isFree(transform.originX(), transform.plane().x, transform.zoom(), transform.viewSize().width())) {
            EXPECT_LE(std::abs(now.x() - anchor.x()), 1);
          }
          if (isFree(transform.originY(), transform.plane().y, transform.zoom(), transform.viewSize().height())) {
            EXPECT_LE(std::abs(now.y() - anchor.y()), 1);
          }
        }
      }
      const QPointF back = transform.toDevice(transform.toImage(anchor));
      ASSERT_NEAR(back.x(), anchor.x(), 1e-6);
      ASSERT_NEAR(back.y(), anchor.y(), 1e-6);
      ASSERT_FALSE(transform.visible().isEmpty()) << "round " << round << ", step " << step;
      ASSERT_GT(transform.zoom(), 0);
      ASSERT_LE(transform.zoom(), ViewTransform::kMaxZoom);
    }
  }
}

// --- outline ---------------------------------------------------------------------------------------------------------

void expectOutlineIs(const PlaneMask& mask, const PlaneBox& window) {
  const QPainterPath path = maskOutline(mask);
  for (int64_t y = window.y0; y < window.y1; ++y) {
    for (int64_t x = window.x0; x < window.x1; ++x) {
      const QPointF centre(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5);
      ASSERT_EQ(path.contains(centre), mask.at(y, x)) << "row " << y << ", column " << x;
    }
  }
}

PlaneMask maskOf(const std::vector<std::string>& rows) {
  const PlaneBox window{0, 0, static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.front().size())};
  return maskWhere(window,
                   [&](int64_t y, int64_t x) { return rows[static_cast<size_t>(y)][static_cast<size_t>(x)] == '#'; });
}

TEST(MaskOutlineTest, ARectangleHasFourSegments) {
  const QPainterPath path = maskOutline(maskWhere({3, 5, 10, 9}, [](int64_t, int64_t) { return true; }));
  EXPECT_EQ(path.elementCount(), 5) << "a start and four lines";
  EXPECT_EQ(path.boundingRect(), QRectF(5, 3, 4, 7));
  EXPECT_EQ(QPointF(path.elementAt(0)), QPointF(path.elementAt(4))) << "closed";
}

TEST(MaskOutlineTest, NothingHasNoOutline) { EXPECT_TRUE(maskOutline({}).isEmpty()); }

TEST(MaskOutlineTest, HolesAndTouchingCorners) {
  const std::vector<std::vector<std::string>> pictures = {
      {"#"},
      {"#.", ".#"},
      {".#", "#."},
      {"###", "#.#", "###"},
      {"#####", "#.#.#", "##.##", "#.#.#", "#####"},
      {".#.", "#.#", ".#."},
      {"#.#.#", ".#.#.", "#.#.#"},
      {"##..", "##..", "..##", "..##"},
      {"####", "#..#", "#.##", "###."},
  };
  for (const auto& rows : pictures) {
    SCOPED_TRACE(rows.front());
    expectOutlineIs(maskOf(rows), {-1, -1, 8, 8});
  }
}

TEST(MaskOutlineTest, RandomMasksAreTheFillingOfTheirOutline) {
  const uint64_t seed = cyto::test::randomSeed(43);
  SCOPED_TRACE(cyto::test::seedText(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const double density = std::uniform_real_distribution<double>(0.02, 0.98)(random);
    const int64_t height = std::uniform_int_distribution<int64_t>(1, 14)(random);
    const int64_t width = std::uniform_int_distribution<int64_t>(1, 14)(random);
    const PlaneBox window{7, 90, 7 + height, 90 + width};
    std::bernoulli_distribution inside(density);
    const PlaneMask mask = maskWhere(window, [&](int64_t, int64_t) { return inside(random); });
    expectOutlineIs(mask, {6, 89, 8 + height, 91 + width});
  }
}

// --- what tiles look like --------------------------------------------------------------------------------------------

std::shared_ptr<SessionState> labelled(const LabelVolume& labels) {
  auto state = std::make_shared<SessionState>();
  state->document.labels = labels;
  return state;
}

LabelVolume withSquare(const LabelVolume& labels, int64_t y, int64_t x, int64_t t = 0, int64_t z = 0) {
  Transaction transaction(labels);
  transaction.paint(t, z, maskWhere({y, x, y + 10, x + 10}, [](int64_t, int64_t) { return true; }), 1,
                    PaintRule::kOverwrite);
  LabelVolume after = labels;
  EXPECT_TRUE(apply(transaction.finish(), Direction::kForward, after));
  return after;
}

TEST(LabelContentTest, OnlyTilesNearAChangedChunkLookDifferent) {
  const LabelVolume blank({2, 2, 2000, 2000});
  const LabelVolume one = withSquare(blank, 300, 300);  // chunk (1, 1)
  const LabelContent before(labelled(blank), LabelContent::Of::kObjects, {});
  const LabelContent after(labelled(one), LabelContent::Of::kObjects, {});
  const auto looksSame = [&](double zoom, int64_t row, int64_t column, int64_t t = 0, int64_t z = 0) {
    return after.looksAsBefore(before, {t, z, zoom, row, column});
  };
  EXPECT_FALSE(looksSame(1, 1, 1));
  EXPECT_FALSE(looksSame(1, 0, 0)) << "a halo reaches over the border of the tile";
  EXPECT_FALSE(looksSame(1, 2, 1));
  EXPECT_TRUE(looksSame(1, 3, 1));
  EXPECT_TRUE(looksSame(1, 1, 3));
  EXPECT_TRUE(looksSame(1, 1, 1, 1, 0)) << "another frame";
  EXPECT_TRUE(looksSame(1, 1, 1, 0, 1)) << "another slice";
  EXPECT_FALSE(looksSame(0.25, 0, 0));
  EXPECT_TRUE(looksSame(0.25, 1, 1));
  EXPECT_FALSE(looksSame(8, 8, 8));
  EXPECT_TRUE(looksSame(8, 6, 8));
  EXPECT_TRUE(looksSame(8, 20, 8));
}

TEST(LabelContentTest, StyleShapeAndKindCount) {
  const LabelVolume one = withSquare(LabelVolume({1, 1, 600, 600}), 10, 10);
  const LabelContent content(labelled(one), LabelContent::Of::kObjects, {});
  LabelStyle contour;
  contour.shape = LabelStyle::Shape::kContour;
  EXPECT_TRUE(content.looksAsBefore(LabelContent(labelled(one), LabelContent::Of::kObjects, {}), {}));
  EXPECT_FALSE(content.looksAsBefore(LabelContent(labelled(one), LabelContent::Of::kObjects, contour), {}));
  EXPECT_FALSE(content.looksAsBefore(LabelContent(labelled(LabelVolume({1, 1, 601, 600})), LabelContent::Of::kObjects, {}), {0, 0, 1, 2, 2}));
  EXPECT_FALSE(content.looksAsBefore(ImageContent(nullptr, {}), {}));
}

TEST(LabelContentTest, AVerifiedObjectLooksDifferentWhereItIs) {
  const LabelVolume one = withSquare(LabelVolume({1, 1, 600, 600}), 300, 300);
  const auto inState = [&](ObjectState state) {
    auto object = std::make_shared<ObjectRecord>();
    object->id = 1;
    object->state = state;
    object->bounds = {{0, 0, 300, 300}, {1, 1, 310, 310}};
    auto shown = std::make_shared<SessionState>();
    shown->document.labels = one;
    shown->document.objects.set(1, object);
    return shown;
  };
  const auto accepted = inState(ObjectState::kAccepted);
  const LabelContent before(accepted, LabelContent::Of::kObjects, {});
  const LabelContent after(inState(ObjectState::kVerified), LabelContent::Of::kObjects, {});
  EXPECT_FALSE(after.looksAsBefore(before, {0, 0, 1, 1, 1}));
  EXPECT_TRUE(after.looksAsBefore(before, {0, 0, 1, 0, 0}));
  EXPECT_TRUE(LabelContent(inState(ObjectState::kAccepted), LabelContent::Of::kObjects, {})
                  .looksAsBefore(before, {0, 0, 1, 1, 1}));
  EXPECT_FALSE(LabelContent(accepted, LabelContent::Of::kProposals, {}).looksAsBefore(before, {0, 0, 1, 1, 1}));
}

TEST(ImageContentTest, TheSameChannelsLookTheSame) {
  ChannelDisplay bright;
  bright.high = 5;
  const ImageContent before(nullptr, {ChannelDisplay{}});
  EXPECT_TRUE(ImageContent(nullptr, {ChannelDisplay{}}).looksAsBefore(before, {}));
  EXPECT_FALSE(ImageContent(nullptr, {bright}).looksAsBefore(before, {}));
  EXPECT_FALSE(ImageContent(nullptr, {}).looksAsBefore(before, {}));
}

// --- layer -----------------------------------------------------------------------------------------------------------

/// Lets a test decide when a tile may be drawn.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return isOpen_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    isOpen_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool isOpen_ = false;
};

/// Tiles of one colour; contents of the same colour look the same.
class Plain : public TileContent {
 public:
  explicit Plain(uint32_t colour, std::shared_ptr<Gate> gate = nullptr) : colour_(colour), gate_(std::move(gate)) {}
  Result<ScreenTile> render(const ScreenTileKey&, const JobContext&) const override {
    if (gate_) gate_->wait();
    ++renders;
    if (colour_ == 0) return Error(ErrorCode::kIo, "the disk is gone");
    if (colour_ == kBlank) return ScreenTile();
    return ScreenTile{std::vector<uint32_t>(static_cast<size_t>(kScreenTileSide * kScreenTileSide), colour_)};
  }
  bool looksAsBefore(const TileContent& before, const ScreenTileKey&) const override {
    return dynamic_cast<const Plain&>(before).colour_ == colour_;
  }

  static constexpr uint32_t kBlank = 1;
  mutable std::atomic<int> renders = 0;

 private:
  uint32_t colour_;
  std::shared_ptr<Gate> gate_;
};

class ScreenTileLayerTest : public testing::Test {
 protected:
  static constexpr uint32_t kRed = 0xffff0000;
  static constexpr uint32_t kBlue = 0xff0000ff;

  ~ScreenTileLayerTest() override {
    queue_.cancelAll();
    queue_.waitUntilIdle();
  }
  std::shared_ptr<Plain> show(uint32_t colour, std::shared_ptr<Gate> gate = nullptr) {
    auto content = std::make_shared<Plain>(colour, std::move(gate));
    layer_.setContent(content);
    return content;
  }
  /// 0: nothing.
  uint32_t ask(const ScreenTileKey& key = {}) {
    const auto tile = layer_.tile(key, JobPriority::kVisible);
    return tile.image ? tile.image->pixel(3, 3) : 0;
  }
  bool settles() {
    return QTest::qWaitFor([&] { return layer_.isSettled(); }, 20'000);
  }
  void deliver() {
    queue_.waitUntilIdle();
    QCoreApplication::processEvents();
  }

  JobQueue queue_{2};
  ScreenTileLayer layer_{queue_, QImage::Format_RGB32};
};

TEST_F(ScreenTileLayerTest, AStaleTileStaysUntilTheNewOneIsThere) {
  show(kRed);
  EXPECT_EQ(ask(), 0u);
  EXPECT_FALSE(layer_.isSettled());
  ASSERT_TRUE(settles());
  EXPECT_EQ(ask(), kRed);
  const auto gate = std::make_shared<Gate>();
  show(kBlue, gate);
  EXPECT_EQ(ask(), kRed);
  EXPECT_FALSE(layer_.isSettled());
  gate->open();
  ASSERT_TRUE(settles());
  EXPECT_EQ(ask(), kBlue);
}

TEST_F(ScreenTileLayerTest, ATileThatLooksTheSameIsNotDrawnAgain) {
  show(kRed);
  ask();
  ASSERT_TRUE(settles());
  const auto again = show(kRed);
  EXPECT_EQ(ask(), kRed);
  ASSERT_TRUE(settles());
  EXPECT_EQ(ask(), kRed);
  EXPECT_TRUE(layer_.isSettled());
  EXPECT_EQ(again->renders, 0);
}

TEST_F(ScreenTileLayerTest, BlankTilesAreKnown) {
  show(Plain::kBlank);
  ask();
  ASSERT_TRUE(settles());
  EXPECT_TRUE(layer_.peek({}).isKnown);
  EXPECT_EQ(layer_.peek({}).image, nullptr);
  EXPECT_FALSE(layer_.peek({0, 1, 1, 0, 0}).isKnown);
}

TEST_F(ScreenTileLayerTest, WithoutContentNothingIsShownOrAskedFor) {
  show(kRed);
  ask();
  ASSERT_TRUE(settles());
  layer_.setContent(nullptr);
  EXPECT_EQ(ask(), 0u);
  EXPECT_TRUE(layer_.tile({}, JobPriority::kVisible).isKnown);
  EXPECT_FALSE(layer_.peek({}).isKnown);
  EXPECT_TRUE(layer_.isSettled());
}

TEST_F(ScreenTileLayerTest, OldTilesMakeRoom) {
  show(Plain::kBlank);
  const auto key = [](int64_t row) { return ScreenTileKey{0, 0, 1, row, 0}; };
  ask(key(0));
  ask(key(1));
  ASSERT_TRUE(settles());
  for (int64_t row = 2; row < 400; ++row) {
    ask(key(row));
    if (row % 50 == 0) {
      ASSERT_TRUE(settles());
      ask(key(0));  // in use
    }
  }
  ASSERT_TRUE(settles());
  EXPECT_TRUE(layer_.peek(key(399)).isKnown);
  EXPECT_TRUE(layer_.peek(key(0)).isKnown);
  EXPECT_FALSE(layer_.peek(key(1)).isKnown);
}

TEST_F(ScreenTileLayerTest, AFailureIsToldOnceForEachContentAndComesToRest) {
  QSignalSpy failures(&layer_, &ScreenTileLayer::failed);
  show(0);
  for (int64_t row = 0; row < 5; ++row) ask({0, 0, 1, row, 0});
  ASSERT_TRUE(settles()) << "a tile that cannot be read is done too";
  ASSERT_EQ(failures.count(), 1);
  EXPECT_EQ(failures[0][0].toString(), "the disk is gone");
  const auto again = show(0);
  ask();
  ASSERT_TRUE(settles());
  for (int frame = 0; frame < 5; ++frame) ask();
  deliver();
  EXPECT_EQ(failures.count(), 2);
  EXPECT_EQ(again->renders, 1) << "not asked for in every frame";
  layer_.dropRequests();
  ask();
  ASSERT_TRUE(settles());
  EXPECT_EQ(again->renders, 2) << "but again after a change of look";
  EXPECT_EQ(failures.count(), 2);
  EXPECT_TRUE(layer_.peek({}).image == nullptr);
}

// Red, then blue that is slow, then red again before the blue is there: the last one looks as the first did, but what
// is on screen by then is blue.
TEST_F(ScreenTileLayerTest, ATileThatWasOvertakenIsDrawnAgain) {
  show(kRed);
  ask();
  ASSERT_TRUE(settles());
  const auto slowBlue = std::make_shared<Gate>();
  show(kBlue, slowBlue);
  ask();
  show(kRed);
  slowBlue->open();
  queue_.waitUntilIdle();  // the blue tile is drawn, its delivery waits
  ask();                   // decides by what was there before: red
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        ask();
        return layer_.isSettled();
      },
      20'000));
  EXPECT_EQ(ask(), kRed);
}

TEST_F(ScreenTileLayerTest, AnswersAfterTheEndAreDropped) {
  const auto gate = std::make_shared<Gate>();
  {
    ScreenTileLayer shortLived(queue_, QImage::Format_RGB32);
    shortLived.setContent(std::make_shared<Plain>(kRed, gate));
    shortLived.tile({}, JobPriority::kVisible);
  }
  gate->open();
  deliver();
}

}  // namespace
}  // namespace cyto::ui
