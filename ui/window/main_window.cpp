#include "ui/window/main_window.h"

#include <QDateTime>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenuBar>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>
#include <cmath>

#include "ui/bridge/command_text.h"
#include "ui/panels/axis_bar.h"
#include "ui/panels/header_bar.h"
#include "ui/panels/history/history_panel.h"
#include "ui/panels/jobs_popover.h"
#include "ui/panels/layers_panel.h"
#include "ui/panels/notice_bar.h"
#include "ui/panels/objects/object_panel.h"
#include "ui/panels/project/project_banner.h"
#include "ui/panels/prompt_panel.h"
#include "ui/panels/provenance/provenance_panel.h"
#include "ui/panels/start_page.h"
#include "ui/panels/status_readout.h"
#include "ui/theme/icon.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/key_map_sheet.h"
#include "ui/window/label_offer.h"
#include "ui/window/review.h"
#include "ui/window/scale_popover.h"
#include "ui/window/window_commands.h"

namespace cyto::ui {

namespace {

/// Room for the values of a pixel: at most four channels are read out side by side.
QString widestValue(const ImageReference& image) {
  const QString one = image.dtype == Dtype::kUint8 || image.dtype == Dtype::kInt8 ? QStringLiteral("255")
                      : isFloat(image.dtype)                                      ? QStringLiteral("-0.00000")
                                                                                  : QStringLiteral("65535");
  QStringList all;
  for (int64_t c = 0; c < std::min<int64_t>(image.channels, 4); ++c) all.append(one);
  return all.join(QStringLiteral(", "));
}

}  // namespace

MainWindow::MainWindow(ModelLoader loader, std::filesystem::path autosaveFolder, QString sampleImage)
    : sampleImage_(std::move(sampleImage)), bridge_(std::move(loader), std::move(autosaveFolder)) {
  setObjectName(QStringLiteral("MainWindow"));
  setAcceptDrops(true);
  resize(1280, 800);
  commands_ = std::make_unique<CommandRegistry>(this);
  buildCentre();
  tools_ = std::make_unique<ToolBox>(*view_);
  review_ = new Review(*this);
  labelOffer_ = new LabelOffer(*this);
  buildStatusBar();
  addWindowCommands(*this);
  buildDocks();
  commands_->setViewWidget(view_);
  review_->buildBar();
  palette_ = new CommandPalette(commands_.get(), this);
  keyMap_ = new KeyMapSheet(commands_.get(), this);
  buildMenusAndToolBar();
  connectSession();
  connectPanels();
  restoreLayout();
  takeState();
  takeModel();
  takeJobs();
  // Style sheets are worked out when a widget is first shown; that shall not delay the first object.
  for (QWidget* part : findChildren<QWidget*>()) part->ensurePolished();
  bridge_.session().loadModel({});
}

MainWindow::~MainWindow() {
  // Parts of the window may ask the tools and the session while they go.
  disconnect(&bridge_, nullptr, nullptr, nullptr);
  disconnect(&display_, nullptr, nullptr, nullptr);
  tools_.reset();
}

// --- parts -----------------------------------------------------------------------------------------------------------

void MainWindow::buildCentre() {
  pages_ = new QStackedWidget(this);
  start_ = new StartPage;
  workspace_ = new QWidget;
  header_ = new HeaderBar;
  banner_ = new ProjectBanner;
  view_ = new SliceView(bridge_, display_);
  axisBar_ = new AxisBar;
  auto* column = new QVBoxLayout(workspace_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(header_);
  column->addWidget(banner_);
  column->addWidget(view_, 1);
  column->addWidget(axisBar_);
  pages_->addWidget(start_);
  pages_->addWidget(workspace_);
  setCentralWidget(pages_);
  notices_ = new NoticeBar(pages_);
}

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(panel);
  dock->setTitleBarWidget(new QWidget(dock));  // the tab has the name
  commands_->add({QStringLiteral("panel.") + name, title, tr("Panels"), name, {}, tr("Show this panel in front.")},
                 [dock](const QStringList&) {
                   dock->show();
                   dock->raise();
                   return QString();
                 });
  addDockWidget(area, dock);
  return dock;
}

void MainWindow::buildDocks() {
  layers_ = new LayersPanel(display_);
  prompts_ = new PromptPanel;
  objects_ = new ObjectPanel;
  history_ = new HistoryPanel;
  provenance_ = new ProvenancePanel;
  setTabPosition(Qt::RightDockWidgetArea, QTabWidget::North);
  QDockWidget* prompts = addDock(QStringLiteral("prompt"), tr("Prompts and model"), prompts_, Qt::RightDockWidgetArea);
  QDockWidget* layers = addDock(QStringLiteral("layers"), tr("Layers"), layers_, Qt::RightDockWidgetArea);
  QDockWidget* objects = addDock(QStringLiteral("objects"), tr("Objects"), objects_, Qt::RightDockWidgetArea);
  QDockWidget* history = addDock(QStringLiteral("history"), tr("History"), history_, Qt::RightDockWidgetArea);
  QDockWidget* provenance =
      addDock(QStringLiteral("provenance"), tr("Provenance"), provenance_, Qt::RightDockWidgetArea);
  splitDockWidget(prompts, objects, Qt::Vertical);
  tabifyDockWidget(prompts, layers);
  tabifyDockWidget(objects, history);
  tabifyDockWidget(history, provenance);
  prompts->raise();
  objects->raise();
  resizeDocks({prompts, objects}, {320, 320}, Qt::Horizontal);
}

void MainWindow::buildStatusBar() {
  readout_ = new StatusReadout;
  jobs_ = new JobsButton(this);
  statusBar()->setSizeGripEnabled(false);
  statusBar()->addWidget(readout_, 1);
  statusBar()->addPermanentWidget(jobs_);
}

void MainWindow::buildMenusAndToolBar() {
  toolBar_ = new QToolBar(tr("Tools"));
  toolBar_->setObjectName(QStringLiteral("tools"));
  toolBar_->setMovable(false);
  toolBar_->setIconSize({24, 24});
  addToolBar(Qt::LeftToolBarArea, toolBar_);
  fillToolBar(*commands_, *toolBar_);
  fillMenus(*commands_, *menuBar());
}

// --- wiring ----------------------------------------------------------------------------------------------------------

void MainWindow::connectSession() {
  connect(&bridge_, &SessionBridge::stateChanged, this, &MainWindow::takeState);
  connect(&bridge_, &SessionBridge::modelChanged, this, &MainWindow::takeModel);
  connect(&bridge_, &SessionBridge::embeddingChanged, this,
          [this] { prompts_->setEmbeddingState(bridge_.embedding()); });
  connect(&bridge_, &SessionBridge::embeddingChanged, this, &MainWindow::takeJobs);
  connect(&bridge_, &SessionBridge::jobsChanged, this, &MainWindow::takeJobs);
  connect(&bridge_, &SessionBridge::settled, this, [this] { askedAlternative_.reset(); });
  connect(&bridge_, &SessionBridge::noticed, this, [this](const cyto::Notice& notice) {
    const QString sentence = QString::fromStdString(notice.text);
    tell(notice.severity, sentence, waysOut(sentence));
  });
  connect(&display_, &DisplayModel::failed, this,
          [this](const QString& sentence) { tell(cyto::Notice::Severity::kError, sentence); });
  connect(&bridge_, &SessionBridge::thumbnailMade, &history_->thumbnails(), &StepThumbnails::take);
  connect(&history_->thumbnails(), &StepThumbnails::requested, this,
          [this](const StepThumbnailRequest& request) { bridge_.session().requestThumbnail(request); });
  connect(&display_, &DisplayModel::channelsChanged, this,
          [this] { history_->setImage(display_.pyramid(), display_.channels()); });
  connect(&display_, &DisplayModel::imageChanged, this,
          [this] { history_->setImage(display_.pyramid(), display_.channels()); });
  connect(&display_, &DisplayModel::labelsChanged, this, &MainWindow::showProvenance);  // another one is selected
  connect(&display_, &DisplayModel::pixelRead, readout_, &StatusReadout::setValues);
}

void MainWindow::connectPanels() {
  const auto execute = [this](const QString& command) { bridge_.execute(command); };
  connect(start_, &StartPage::openRequested, this, [this] { commands_->trigger(QStringLiteral("open")); });
  connect(start_, &StartPage::sampleRequested, this, &MainWindow::openSample);
  connect(start_, &StartPage::projectRequested, this, &MainWindow::open);
  connect(start_, &StartPage::fileDropped, this, &MainWindow::open);
  connect(view_, &SliceView::fileDropped, labelOffer_, &LabelOffer::offerDropped);
  connect(view_, &SliceView::pointerMoved, this, &MainWindow::showPointer);
  connect(view_, &SliceView::viewChanged, this, [this] { readout_->setZoom(view_->transform().zoom()); });
  connect(view_, &SliceView::sliceChanged, this, [this](qint64 t, qint64 z) {
    axisBar_->setSlice(t, z);
    layers_->setPlane(t, z);
  });
  connect(view_, &SliceView::alternativeRequested, this, &MainWindow::changeAlternative);
  connect(view_, &SliceView::readFailed, this,
          [this](const QString& sentence) { tell(cyto::Notice::Severity::kError, sentence); });
  connect(axisBar_, &AxisBar::sliceChanged, view_, &SliceView::setSlice);
  connect(layers_, &LayersPanel::autoContrastRequested, this,
          [this] { commands_->trigger(QStringLiteral("view.auto-contrast")); });
  connect(prompts_, &PromptPanel::modelChosen, this,
          [execute](const QString& name) { execute(QStringLiteral("model ") + quotedWord(name)); });
  connect(prompts_, &PromptPanel::fileModelRequested, this,
          [this] { commands_->trigger(QStringLiteral("model.file")); });
  connect(prompts_, &PromptPanel::removePointRequested, this,
          [execute](int i) { execute(QStringLiteral("remove-point %1").arg(i + 1)); });
  connect(prompts_, &PromptPanel::removeBoxRequested, this,
          [execute](int i) { execute(QStringLiteral("remove-box %1").arg(i + 1)); });
  connect(prompts_, &PromptPanel::togglePointRequested, this, [this, execute](int i) {
    const auto& points = bridge_.state().document.draft.prompts.points;
    if (i < 0 || static_cast<size_t>(i) >= points.size()) return;
    const PointPrompt& point = points[static_cast<size_t>(i)];
    execute(QStringLiteral("change-point %1 %2 %3 %4")
                .arg(i + 1)
                .arg(coordinateText(point.y), coordinateText(point.x))
                .arg(point.positive ? '-' : '+'));
  });
  connect(prompts_, &PromptPanel::alternativeRequested, this, &MainWindow::changeAlternative);
  for (const auto& [signal, name] :
       {std::pair{&PromptPanel::segmentRequested, "segment"}, std::pair{&PromptPanel::commitRequested, "commit"},
        std::pair{&PromptPanel::clearRequested, "clear"}}) {
    connect(prompts_, signal, this, [this, command = QString::fromLatin1(name)] { commands_->trigger(command); });
  }
  connectObjects();
  connect(history_, &HistoryPanel::jumpRequested, this,
          [execute](quint64 sequence) { execute(QStringLiteral("goto %1").arg(sequence)); });
  connect(banner_, &ProjectBanner::copyRequested, this, [this] { commands_->trigger(QStringLiteral("save-as")); });
  connect(banner_, &ProjectBanner::findImageRequested, this,
          [this] { commands_->trigger(QStringLiteral("image.find")); });
  connect(banner_, &ProjectBanner::useImageRequested, this,
          [execute](const QString& path) { execute(QStringLiteral("relink %1 any").arg(quotedWord(path))); });
  connect(palette_, &CommandPalette::objectRequested, this, [this](qint64 id) {
    if (bridge_.state().document.objects.contains(static_cast<uint32_t>(id)))
      return selectObject(static_cast<quint32>(id), true);
    tell(cyto::Notice::Severity::kInformation, tr("There is no object %1.").arg(id));
  });
  for (const auto signal : {&HeaderBar::modelClicked, &HeaderBar::deviceClicked}) {
    connect(header_, signal, this, [this] { commands_->trigger(QStringLiteral("panel.prompt")); });
  }
  connect(header_, &HeaderBar::scaleRequested, this, [this] {
    auto* popover = new ScalePopover(this);
    connect(popover, &ScalePopover::scaleChosen, this, [this](double size, const QString& unit) {
      bridge_.execute(QStringLiteral("scale %1 %2").arg(size, 0, 'g', 12).arg(quotedWord(unit)));
    });
    popover->popup(QCursor::pos());
  });
  connect(commands_.get(), &CommandRegistry::problem, this,
          [this](const QString& sentence) { tell(cyto::Notice::Severity::kInformation, sentence); });
  connect(jobs_, &JobsButton::cancelRequested, this,
          [this](const QString& id) { bridge_.session().cancelJob(id.toULongLong()); });
}

// --- following the session -------------------------------------------------------------------------------------------

void MainWindow::takeState() {
  const SessionState& state = bridge_.state();
  // A project without image is another one too when its history is.
  const bool isOther = state.image != shownImage_ || (!state.image && state.history.origin() != shownHistory_);
  shownHistory_ = state.history.origin();
  banner_->setState(state);
  if (isOther || state.reference.scale != shownScale_) {
    shownScale_ = state.reference.scale;
    shownImage_ = state.image;
    display_.setImage(state.image);
    selectObject(0, false);
    const Shape& shape = state.reference.shape;
    axisBar_->setExtent(shape.t, shape.z);
    if (isOther) axisBar_->setSlice(0, 0);
    if (state.image) {
      readout_->setImage(shape, state.reference.scale, widestValue(state.reference));
      readout_->setZoom(view_->transform().zoom());
    } else {
      readout_->clearImage();
    }
  }
  const bool wasOpen = pages_->currentWidget() == workspace_;
  pages_->setCurrentWidget(state.isOpen ? workspace_ : static_cast<QWidget*>(start_));
  notices_->setTopMargin(state.isOpen ? header_->sizeHint().height() : 0);
  if (state.isOpen && !wasOpen) focusView();
  const QString project = QString::fromStdString(state.project.string());
  if (project != shownProject_) {
    shownProject_ = project;
    if (!project.isEmpty())
      recent_.add(project, QFileInfo(QString::fromStdString(state.reference.path.string())).fileName());
  }
  showTitle();
  updateCommands();
  if (pointer_) showPointer(true, pointer_->y(), pointer_->x());
  refreshPanels();
}

// One panel in each turn of the event loop, so that the view is drawn and keys are answered in between.
void MainWindow::refreshPanels() {
  const bool isUnderWay = panelsToRefresh_ > 0;
  constexpr int kPanels = 4;
  panelsToRefresh_ = kPanels;
  if (!isUnderWay) QTimer::singleShot(0, this, &MainWindow::refreshNextPanel);
}

void MainWindow::refreshNextPanel() {
  switch (panelsToRefresh_--) {
    case 4: showProvenance(); break;
    case 3: prompts_->setState(bridge_.state()); break;
    case 2: objects_->setState(bridge_.sharedState()); break;
    default: history_->setState(bridge_.state()); break;
  }
  if (panelsToRefresh_ > 0) QTimer::singleShot(0, this, &MainWindow::refreshNextPanel);
}

void MainWindow::showProvenance() {
  const ObjectTable& objects = bridge_.state().document.objects;
  const auto selected = objects.find(display_.labelStyle().selected);
  provenance_->setObject(selected == objects.end() ? nullptr : selected->second);
}

void MainWindow::showTitle() {
  const SessionState& state = bridge_.state();
  if (!state.isOpen) {
    setWindowTitle(QStringLiteral("Cytoclick"));
    QList<RecentProject> recent;
    for (const RecentProjects::Entry& entry : recent_.entries()) {
      recent.append({entry.name, entry.path, entry.when, entry.thumbnail, entry.isMissing});
    }
    start_->setRecent(recent);
    return;
  }
  const QString name = QFileInfo(QString::fromStdString(state.reference.path.string())).fileName();
  setWindowTitle(tr("%1 – Cytoclick").arg(name));
  header_->setProjectName(name);
  header_->setAxes(state.reference.shape, state.reference.channels, state.reference.scale);
  header_->setReadOnly(!state.readOnlyReason.empty());
  if (state.project.empty()) {
    header_->setSaveProblem(tr("not saved: choose a place with Save as"));
  } else {
    constexpr qint64 kMicro = 1000;
    header_->setSaved(state.savedAt_us > 0 ? QDateTime::fromMSecsSinceEpoch(state.savedAt_us / kMicro) : QDateTime());
  }
}

void MainWindow::takeModel() {
  const ModelState& model = bridge_.model();
  prompts_->setModelState(model);
  const QString name = QString::fromStdString(model.identity.name);
  switch (model.phase) {
    case ModelState::Phase::kNone: header_->setModel({}, {}); break;
    case ModelState::Phase::kLoading: header_->setModel(tr("loading model…"), {}); break;
    case ModelState::Phase::kReady:
      header_->setModel(name, tr("The model that makes the masks"));
      header_->setDevice(
          QString::fromStdString(model.identity.device).toUpper(),
          tr("Where the model runs, in %1").arg(QString::fromUtf8(precisionName(model.identity.precision).data())));
      break;
    case ModelState::Phase::kFailed:
      header_->setModel(name.isEmpty() ? tr("no model") : name, QString::fromStdString(model.problem));
      tell(cyto::Notice::Severity::kError,
           tr("The model could not be loaded: %1").arg(QString::fromStdString(model.problem)));
      break;
  }
}

void MainWindow::takeJobs() {
  QList<JobRow> rows;
  for (const SessionJob& job : bridge_.jobs()) {
    QString detail = QString::fromStdString(job.outcome);
    if (!job.isFinished && job.progress.total > 0) {
      detail = tr("tile %1 of %2").arg(job.progress.done).arg(job.progress.total);
    }
    rows.append({QString::number(job.id), QString::fromStdString(job.name), detail, job.progress.done,
                 job.progress.total, job.isFinished, job.hasFailed, job.canCancel});
  }
  const EmbeddingState& embedding = bridge_.embedding();
  if (embedding.isWorking) {
    rows.append({QStringLiteral("embedding"), tr("Embedding what you look at"),
                 tr("tile %1 of %2").arg(embedding.ready).arg(embedding.wanted), embedding.ready, embedding.wanted,
                 false, false, false});
  }
  jobs_->setJobs(rows);
}

// --- what users ask for ----------------------------------------------------------------------------------------------

void MainWindow::open(const QString& path) {
  if (path.isEmpty()) return;
  rememberThumbnail();
  bridge_.open(path);
}

void MainWindow::tell(cyto::Notice::Severity severity, const QString& sentence, const QList<NoticeAction>& actions) {
  ui::Notice notice;
  notice.severity = severity == cyto::Notice::Severity::kError     ? ui::Notice::Severity::kError
                    : severity == cyto::Notice::Severity::kWarning ? ui::Notice::Severity::kWarning
                                                                   : ui::Notice::Severity::kInfo;
  notice.sentence = sentence.isEmpty() ? sentence : sentence.at(0).toUpper() + sentence.mid(1);
  notice.actions = actions;
  notices_->post(notice);
}

void MainWindow::changeAlternative(int delta) {
  const auto& current = bridge_.state().current;
  if (!current) return;
  // Several presses before the first answer go on from each other.
  const int from = bridge_.pending() > 0 && askedAlternative_ ? *askedAlternative_ : current->alternative;
  askedAlternative_ = qMax(0, from + delta);
  bridge_.execute(QStringLiteral("alternative %1").arg(*askedAlternative_));
}

void MainWindow::focusView() { view_->setFocus(Qt::OtherFocusReason); }

bool MainWindow::showsAnswers() const {
  return bridge_.pending() == 0 && panelsToRefresh_ == 0 && !display_.isMeasuring() && view_->isSettled();
}

bool MainWindow::isIdle() const { return showsAnswers() && !labelOffer_->isLooking() && history_->isSettled(); }

void MainWindow::updateCommands() {
  const SessionState& state = bridge_.state();
  const auto enable = [&](const char* name, bool isEnabled) {
    commands_->action(QString::fromLatin1(name))->setEnabled(isEnabled);
  };
  const bool mayChange = state.isOpen && state.readOnlyReason.empty();
  enable("undo", mayChange && !state.undoLabel.empty());
  enable("redo", mayChange && !state.redoLabel.empty());
  commands_->setTitle(QStringLiteral("undo"), state.undoLabel.empty()
                                                  ? tr("Undo")
                                                  : tr("Undo %1").arg(QString::fromStdString(state.undoLabel)));
  commands_->setTitle(QStringLiteral("redo"), state.redoLabel.empty()
                                                  ? tr("Redo")
                                                  : tr("Redo %1").arg(QString::fromStdString(state.redoLabel)));
  for (const char* name : {"save-as", "export", "select-next", "select-previous", "methods", "provenance.copy"}) {
    enable(name, state.isOpen);
  }
  enable("image.find", state.isOpen && !state.image);
  for (const char* name :
       {"segment", "commit", "clear", "delete", "refine", "toggle-sign", "next-mask", "previous-mask"}) {
    enable(name, mayChange);
  }
}

}  // namespace cyto::ui
