#pragma once

#include <QMainWindow>
#include <QTimer>
#include <memory>
#include <optional>

#include "ui/bridge/session_bridge.h"
#include "ui/models/display_model.h"
#include "ui/models/recent_projects.h"
#include "ui/panels/notice_bar.h"
#include "ui/window/command_registry.h"

class QDockWidget;
class QLabel;
class QStackedWidget;
class QToolBar;

namespace cyto::ui {

class AxisBar;
class CommandPalette;
class HeaderBar;
class HistoryPanel;
class JobsButton;
class KeyMapSheet;
class LayersPanel;
class LabelOffer;
class ObjectPanel;
class ProjectBanner;
class PromptPanel;
class ProvenancePanel;
class Review;
class SliceView;
class StartPage;
class StatusReadout;
class ToolBox;

/// One window, one project (../ui.md of the design). It arranges the parts and passes on what they ask for; what a user
/// can do is in window_commands.cpp, object_commands.cpp and exchange_commands.cpp.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  /// `sampleImage`: what "Open sample" opens. The default model is loaded in the background.
  MainWindow(ModelLoader loader, std::filesystem::path autosaveFolder, QString sampleImage);
  ~MainWindow() override;

  /// An image, or a project folder.
  void open(const QString& path);
  void openSample() { open(sampleImage_); }

  SessionBridge& bridge() { return bridge_; }
  DisplayModel& display() { return display_; }
  CommandRegistry& commands() { return *commands_; }
  SliceView& view() { return *view_; }
  ToolBox& tools() { return *tools_; }
  AxisBar& axisBar() { return *axisBar_; }
  NoticeBar& notices() { return *notices_; }
  JobsButton& jobs() { return *jobs_; }
  HistoryPanel& history() { return *history_; }
  ProvenancePanel& provenance() { return *provenance_; }
  ProjectBanner& banner() { return *banner_; }
  Review& review() { return *review_; }
  LabelOffer& labelOffer() { return *labelOffer_; }

  /// Shows a sentence over the view. The id of an action is a command with its arguments.
  void tell(cyto::Notice::Severity severity, const QString& sentence, const QList<NoticeAction>& actions = {});

  /// Asks for the next mask of the same prompts.
  void changeAlternative(int delta);
  void selectObject(quint32 id, bool goThere);
  /// Goes there when it is not on screen.
  void revealObject(quint32 id);
  /// Those that commands are about, ascending: the selected rows of the table, or the one that was chosen last.
  QList<quint32> selectedObjects() const;
  void deleteObjects(const QList<quint32>& ids);
  /// Merges with the object that is clicked next; any command in between gives it up.
  void mergeWithNext(quint32 id);
  /// Edits the class of the selected object in the table. Whether there is one.
  bool editClass();
  void focusView();

  /// Whether the answers to everything that was asked for are on screen.
  bool showsAnswers() const;
  /// Whether nothing is left to do: the same, and the window has looked for label files and drawn the history too.
  bool isIdle() const;

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void buildCentre();
  void buildDocks();
  void buildMenusAndToolBar();
  void buildStatusBar();
  QDockWidget* addDock(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area);
  void connectSession();
  void connectPanels();
  void connectObjects();
  /// What the user can do about a refusal, as buttons of its notice.
  static QList<NoticeAction> waysOut(const QString& sentence);

  void takeState();
  void refreshPanels();
  void refreshNextPanel();
  void takeModel();
  void takeJobs();
  void showTitle();
  void showProvenance();
  void updateCommands();
  void showPointer(bool isInside, double y, double x);
  void rememberThumbnail();
  void restoreLayout();

  QString sampleImage_;
  DisplayModel display_;
  SessionBridge bridge_;
  RecentProjects recent_;
  std::unique_ptr<CommandRegistry> commands_;
  std::unique_ptr<ToolBox> tools_;
  std::shared_ptr<const io::ImageSource> shownImage_;
  QString shownProject_;
  PixelScale shownScale_;
  uint64_t shownHistory_ = 0;
  int panelsToRefresh_ = 0;
  std::optional<int> askedAlternative_;
  quint32 mergesWith_ = 0;  // the object that waits for a click on another one
  Review* review_ = nullptr;
  LabelOffer* labelOffer_ = nullptr;
  std::optional<QPointF> pointer_;  // in the image, as x and y

  QStackedWidget* pages_ = nullptr;
  StartPage* start_ = nullptr;
  QWidget* workspace_ = nullptr;
  HeaderBar* header_ = nullptr;
  SliceView* view_ = nullptr;
  AxisBar* axisBar_ = nullptr;
  NoticeBar* notices_ = nullptr;
  LayersPanel* layers_ = nullptr;
  PromptPanel* prompts_ = nullptr;
  ObjectPanel* objects_ = nullptr;
  HistoryPanel* history_ = nullptr;
  ProvenancePanel* provenance_ = nullptr;
  ProjectBanner* banner_ = nullptr;
  StatusReadout* readout_ = nullptr;
  JobsButton* jobs_ = nullptr;
  CommandPalette* palette_ = nullptr;
  KeyMapSheet* keyMap_ = nullptr;
  QToolBar* toolBar_ = nullptr;
  friend void addWindowCommands(MainWindow& window);
};

}  // namespace cyto::ui
