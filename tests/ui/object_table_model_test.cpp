#include "ui/models/object_table_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QColor>
#include <QSignalSpy>
#include <chrono>

#include "core/display/label_overlay.h"
#include "tests/ui/shown_widgets.h"
#include "ui/models/row_changes.h"

namespace cyto::ui {
namespace {

using Column = ObjectTableModel::Column;

std::shared_ptr<const ObjectRecord> newRecord(uint32_t id, int64_t area = 100, std::string className = "") {
  auto record = std::make_shared<ObjectRecord>();
  record->id = id;
  record->area = area;
  record->className = std::move(className);
  record->bounds = {{0, 2, 0, 0}, {1, 3, 10, 10}};
  return record;
}

SessionState stateWith(std::initializer_list<uint32_t> ids) {
  SessionState state;
  state.isOpen = true;
  state.reference.shape = {1, 1, 64, 64};
  for (const uint32_t id : ids) state.document.objects.set(id, newRecord(id));
  return state;
}

std::shared_ptr<const SessionState> shared(const SessionState& state) { return std::make_shared<SessionState>(state); }

class ObjectTableModelTest : public AmericanNumbersTest {
 protected:
  QString text(int row, Column column) {
    return model_.index(row, model_.sectionOf(column)).data(Qt::DisplayRole).toString();
  }
  QStringList ids() {
    QStringList all;
    for (int row = 0; row < model_.rowCount(); ++row) all += text(row, Column::kId);
    return all;
  }

  ObjectTableModel model_;
  QAbstractItemModelTester tester_{&model_, QAbstractItemModelTester::FailureReportingMode::Fatal};
  QSignalSpy resets_{&model_, &QAbstractItemModel::modelReset};
  QSignalSpy inserts_{&model_, &QAbstractItemModel::rowsInserted};
  QSignalSpy removals_{&model_, &QAbstractItemModel::rowsRemoved};
  QSignalSpy changes_{&model_, &QAbstractItemModel::dataChanged};
};

TEST(RowChanges, FindsRunsToRemoveAndInsert) {
  const std::vector<int> before{1, 2, 3, 7, 9};
  const std::vector<int> after{0, 3, 4, 5, 9, 10};
  const RowChanges changes = rowChanges(before, after, [](int key) { return key; });
  EXPECT_EQ(changes.removed, (std::vector<RowRun>{{3, 1}, {0, 2}}));
  EXPECT_EQ(changes.inserted, (std::vector<RowRun>{{0, 1}, {2, 2}, {5, 1}}));
  std::vector<int> rows = before;
  for (const RowRun& run : changes.removed) {
    rows.erase(rows.begin() + run.first, rows.begin() + run.first + run.count);
  }
  for (const RowRun& run : changes.inserted) {
    rows.insert(rows.begin() + run.first, after.begin() + run.first, after.begin() + run.first + run.count);
  }
  EXPECT_EQ(rows, after);
}

TEST_F(ObjectTableModelTest, ShowsWhatIsKnownOfAnObject) {
  SessionState state = stateWith({});
  auto record = std::make_shared<ObjectRecord>(*newRecord(12, 1234, "mitotic"));
  record->state = ObjectState::kVerified;
  record->provenance.model = "cyto-small";
  state.document.objects.set(12, record);
  model_.setState(shared(state));
  ASSERT_EQ(model_.rowCount(), 1);
  EXPECT_EQ(text(0, Column::kId), "12");
  EXPECT_EQ(text(0, Column::kArea), "1,234");
  EXPECT_EQ(text(0, Column::kClass), "mitotic");
  EXPECT_EQ(text(0, Column::kState), "Verified");
  EXPECT_EQ(text(0, Column::kModel), "cyto-small");
  const auto colour = labelColour(12);
  EXPECT_EQ(model_.index(0, 0).data(Qt::DecorationRole).value<QColor>(), QColor(colour[0], colour[1], colour[2]));
  const auto alignment = model_.index(0, model_.sectionOf(Column::kArea)).data(Qt::TextAlignmentRole).toInt();
  EXPECT_TRUE(alignment & Qt::AlignRight);
  EXPECT_EQ(model_.headerData(model_.sectionOf(Column::kArea), Qt::Horizontal, Qt::DisplayRole).toString(),
            "Area (px²)");
}

TEST_F(ObjectTableModelTest, AreaIsInSquareMicrometresWhenThePixelSizeIsKnown) {
  SessionState state = stateWith({1});
  state.reference.scale = {0, 0, 0.5, 0.5, "micrometer", ""};
  model_.setState(shared(state));
  EXPECT_EQ(text(0, Column::kArea), "25.0");
  EXPECT_EQ(model_.headerData(model_.sectionOf(Column::kArea), Qt::Horizontal, Qt::DisplayRole).toString(),
            "Area (µm²)");
}

TEST_F(ObjectTableModelTest, SliceAndFrameAreThereOnlyWhenTheImageHasThem) {
  model_.setState(shared(stateWith({1})));
  EXPECT_EQ(model_.sectionOf(Column::kSlice), -1);
  EXPECT_EQ(model_.sectionOf(Column::kFrame), -1);
  const int without = model_.columnCount();
  SessionState volume = stateWith({1});
  volume.reference.shape = {3, 5, 64, 64};
  model_.setState(shared(volume));
  EXPECT_EQ(model_.columnCount(), without + 2);
  // Counted from 1, as where people read it.
  EXPECT_EQ(text(0, Column::kSlice), "3");
  EXPECT_EQ(text(0, Column::kFrame), "1");
}

TEST_F(ObjectTableModelTest, OneObjectMoreIsOneInsertion) {
  SessionState state = stateWith({1, 5, 9});
  model_.setState(shared(state));
  resets_.clear();
  inserts_.clear();
  state.document.objects.set(7, newRecord(7));
  model_.setState(shared(state));
  EXPECT_EQ(resets_.count() + removals_.count() + changes_.count(), 0);
  ASSERT_EQ(inserts_.count(), 1);
  EXPECT_EQ(inserts_[0][1].toInt(), 2);
  EXPECT_EQ(inserts_[0][2].toInt(), 2);
  EXPECT_EQ(ids(), QStringList({"1", "5", "7", "9"}));
}

TEST_F(ObjectTableModelTest, GoneObjectsAreRemovedAndChangedOnesChanged) {
  SessionState state = stateWith({1, 2, 3, 4});
  model_.setState(shared(state));
  inserts_.clear();
  resets_.clear();
  state.document.objects.erase(2);
  state.document.objects.set(4, newRecord(4, 999));
  model_.setState(shared(state));
  EXPECT_EQ(resets_.count() + inserts_.count(), 0);
  EXPECT_EQ(removals_.count(), 1);
  ASSERT_EQ(changes_.count(), 1);
  EXPECT_EQ(changes_[0][0].toModelIndex().row(), 2);
  EXPECT_EQ(changes_[0][1].toModelIndex().row(), 2);
  EXPECT_EQ(text(2, Column::kArea), "999");
}

TEST_F(ObjectTableModelTest, TheSameStateChangesNothing) {
  const SessionState state = stateWith({1, 2, 3});
  model_.setState(shared(state));
  inserts_.clear();
  model_.setState(shared(state));
  EXPECT_EQ(resets_.count() + inserts_.count() + removals_.count() + changes_.count(), 0);
}

TEST_F(ObjectTableModelTest, ChangesInManyPlacesAreNoFlood) {
  SessionState all = stateWith({}), odd = stateWith({});
  for (uint32_t id = 1; id <= 400; ++id) {
    all.document.objects.set(id, newRecord(id));
    if (id % 2 == 1) odd.document.objects.set(id, all.document.objects.at(id));
  }
  model_.setState(shared(all));
  model_.setState(shared(odd));
  EXPECT_EQ(resets_.count(), 1);
  EXPECT_EQ(removals_.count(), 0);
  EXPECT_EQ(model_.rowCount(), 200);
  model_.setState(nullptr);
  EXPECT_EQ(model_.rowCount(), 0);
}

TEST_F(ObjectTableModelTest, FindsRowsById) {
  model_.setState(shared(stateWith({3, 8})));
  EXPECT_EQ(model_.rowOf(8), 1);
  EXPECT_EQ(model_.rowOf(4), -1);
  EXPECT_EQ(model_.rowOf(9), -1);
}

TEST_F(ObjectTableModelTest, FiltersByIdAndClass) {
  SessionState state = stateWith({});
  state.document.objects.set(1, newRecord(1, 10, "mitotic"));
  state.document.objects.set(12, newRecord(12, 10, "Interphase"));
  state.document.objects.set(123, newRecord(123, 10, "stage 12"));
  state.document.objects.set(21, newRecord(21, 10, "type 1"));
  model_.setState(shared(state));
  ObjectFilterModel shown(model_);
  const auto shownIds = [&](const QString& filter) {
    shown.setFilterText(filter);
    QStringList found;
    for (int row = 0; row < shown.rowCount(); ++row) {
      found += QString::number(shown.index(row, 0).data(ObjectTableModel::kIdRole).toUInt());
    }
    return found;
  };
  EXPECT_EQ(shownIds("#12"), QStringList({"12", "123"}));
  EXPECT_EQ(shownIds("inter"), QStringList({"12"}));
  EXPECT_EQ(shownIds("1"), QStringList({"1", "12", "21", "123"}));
  EXPECT_EQ(shownIds("12"), QStringList({"12", "123"}));
  EXPECT_EQ(shownIds("#x"), QStringList());
  EXPECT_EQ(shownIds("  "), QStringList({"1", "12", "21", "123"}));
}

TEST_F(ObjectTableModelTest, SortsNumbersAsNumbers) {
  SessionState state = stateWith({});
  state.document.objects.set(1, newRecord(1, 900));
  state.document.objects.set(2, newRecord(2, 1000));
  state.document.objects.set(10, newRecord(10, 80));
  model_.setState(shared(state));
  ObjectFilterModel shown(model_);
  shown.sort(model_.sectionOf(Column::kArea), Qt::AscendingOrder);
  const auto idAt = [&](int row) { return shown.index(row, 0).data(ObjectTableModel::kIdRole).toUInt(); };
  EXPECT_EQ(idAt(0), 10u);
  EXPECT_EQ(idAt(1), 1u);
  EXPECT_EQ(idAt(2), 2u);
  shown.sort(model_.sectionOf(Column::kId), Qt::DescendingOrder);
  EXPECT_EQ(idAt(0), 10u);
  // A new object comes in its place.
  state.document.objects.set(5, newRecord(5));
  model_.setState(shared(state));
  EXPECT_EQ(idAt(1), 5u);
}

TEST(ObjectTableModelSpeed, OneMoreOfTenThousandIsQuick) {
  SessionState state = stateWith({});
  for (uint32_t id = 1; id <= 10'000; ++id) state.document.objects.set(id, newRecord(id, id * 7 % 997));
  ObjectTableModel model;
  ObjectFilterModel shown(model);
  shown.sort(model.sectionOf(Column::kArea), Qt::AscendingOrder);
  model.setState(shared(state));
  state.document.objects.set(10'001, newRecord(10'001));
  const auto more = shared(state);
  const auto start = std::chrono::steady_clock::now();
  model.setState(more);
  const auto took_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("took_us", static_cast<int>(took_us));
  EXPECT_EQ(shown.rowCount(), 10'001);
  // 4 ms is what a window has; sanitizers and a busy machine get more.
  EXPECT_LT(took_us, 40'000);
}

}  // namespace
}  // namespace cyto::ui
