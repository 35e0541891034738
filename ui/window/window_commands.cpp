#include "ui/window/window_commands.h"

#include <QApplication>
#include <QFileDialog>
#include <QMenuBar>
#include <QSettings>
#include <QToolBar>

#include "ui/bridge/command_text.h"
#include "ui/panels/axis_bar.h"
#include "ui/theme/theme.h"
#include "ui/tools/tool_box.h"
#include "ui/views/slice_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/command_words.h"
#include "ui/window/key_map_sheet.h"
#include "ui/window/main_window.h"
#include "ui/window/object_commands.h"
#include "ui/window/project_commands.h"

namespace cyto::ui {

namespace {

/// What most commands need: no arguments and nothing to refuse.
Run always(std::function<void()> work) {
  return [work = std::move(work)](const QStringList&) {
    work();
    return QString();
  };
}

QString tr(const char* text) { return QCoreApplication::translate("WindowCommands", text); }

void addFileCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString file = tr("File");
  commands.add(
      {"open", tr("Open…"), file, "open", keys({"Ctrl+O"}), tr("Open an image or a project."), Scope::kWindow, true},
      [&window](const QStringList& arguments) {
        const QString path =
            arguments.isEmpty() ? QFileDialog::getOpenFileName(&window, tr("Open an image")) : arguments.first();
        window.open(path);
        return QString();
      });
  commands.add({"open-project", tr("Open project…"), file, "open", keys({"Ctrl+Shift+O"}),
                tr("Open a project folder (.cyto), or an image that is a folder (zarr).")},
               always([&window] { window.open(QFileDialog::getExistingDirectory(&window, tr("Open a project"))); }));
  commands.add({"open-sample", tr("Open sample"), file, "open", {}, tr("Open a picture of nuclei to try things out.")},
               always([&window] { window.openSample(); }));
  commands.add({"save-as", tr("Save project as…"), file, "save", keys({"Ctrl+Shift+S", "Ctrl+S"}),
                tr("Go on in a copy of the project in a place of your choice; every step is saved by itself already."),
                Scope::kWindow, true},
               [&window](const QStringList& arguments) {
                 QString path = arguments.isEmpty() ? QFileDialog::getSaveFileName(&window, tr("Save the project as"),
                                                                                   {}, tr("Cytoclick project (*.cyto)"))
                                                    : arguments.first();
                 if (path.isEmpty()) return QString();
                 if (!path.endsWith(QLatin1String(".cyto"))) path += QLatin1String(".cyto");
                 window.bridge().saveAs(path);
                 return QString();
               });
  addExchangeCommands(window);
  commands.add(
      {"model.file", tr("Load model file…"), file, "", {}, tr("Use weights of your own."), Scope::kWindow, true},
      [&window](const QStringList& arguments) {
        const QString path = arguments.isEmpty()
                                 ? QFileDialog::getOpenFileName(&window, tr("Load a model file"), {},
                                                                tr("Weights (*.pt *.pth *.safetensors);;All files (*)"))
                                 : arguments.first();
        if (!path.isEmpty()) window.bridge().execute(QStringLiteral("model ") + quotedWord(path));
        return QString();
      });
  commands.add({"quit", tr("Quit"), file, "", keys({"Ctrl+Q"}), tr("Close the window; everything is saved.")},
               always([&window] { window.close(); }));
}

void addEditCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString edit = tr("Edit");
  commands.add({"undo", tr("Undo"), edit, "undo", keys({"Ctrl+Z"}), tr("Take the last step back.")}, always([&window] {
                 // A mask that is still being made would be taken back with its prompt.
                 if (window.bridge().state().isAnswering) window.bridge().session().cancelAnswers();
                 window.bridge().execute(QStringLiteral("undo"));
               }));
  commands.add({"redo", tr("Redo"), edit, "redo", keys({"Ctrl+Shift+Z", "Ctrl+Y"}), tr("Do the step again.")},
               always([&window] { window.bridge().execute(QStringLiteral("redo")); }));
  commands.add({"delete", tr("Delete"), edit, "delete", keys({"Delete", "Backspace"}),
                tr("Delete the prompt under the pointer, or else the selected objects."), Scope::kView},
               [&window](const QStringList&) {
                 const int prompt = window.tools().activePrompt();
                 const auto points = static_cast<int>(window.bridge().state().document.draft.prompts.points.size());
                 const uint32_t selected = window.display().labelStyle().selected;
                 if (prompt >= 0 && prompt < points) {
                   window.bridge().execute(QStringLiteral("remove-point %1").arg(prompt + 1));
                 } else if (prompt >= points) {
                   window.bridge().execute(QStringLiteral("remove-box %1").arg(prompt - points + 1));
                 } else if (window.bridge().state().document.objects.contains(selected)) {
                   window.deleteObjects(window.selectedObjects());
                 } else {
                   return tr("Nothing is selected: point at a prompt, or click an object with the select tool.");
                 }
                 return QString();
               });
  commands.add({"refine", tr("Refine object"), edit, "prompt", keys({"X"}),
                tr("Bring the prompts of the selected object back; a commit then replaces its pixels."), Scope::kView},
               [&window](const QStringList&) {
                 const uint32_t selected = window.display().labelStyle().selected;
                 if (!window.bridge().state().document.objects.contains(selected))
                   return tr("No object is selected: click one with the select tool (V).");
                 window.bridge().execute(QStringLiteral("refine %1").arg(selected));
                 return QString();
               });
  const auto step = [&window](bool isForward) {
    const ObjectTable& objects = window.bridge().state().document.objects;
    if (objects.empty()) return tr("There are no objects yet.");
    auto next = objects.upper_bound(window.display().labelStyle().selected);
    if (!isForward) {
      next = objects.lower_bound(window.display().labelStyle().selected);
      next = next == objects.begin() ? std::prev(objects.end()) : std::prev(next);
    }
    window.selectObject(next == objects.end() ? objects.begin()->first : next->first, true);
    return QString();
  };
  commands.add({"select-next", tr("Next object"), edit, "", keys({"N"}), tr("Select the next object and go there."),
                Scope::kView},
               [step](const QStringList&) { return step(true); });
  commands.add({"select-previous", tr("Previous object"), edit, "", keys({"Shift+N"}),
                tr("Select the object before and go there."), Scope::kView},
               [step](const QStringList&) { return step(false); });
}

void addPromptCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString prompt = tr("Prompt");
  commands.add({"segment", tr("Segment"), prompt, "segment", keys({"S"}), tr("Ask for the mask of the prompts again."),
                Scope::kView},
               always([&window] { window.bridge().execute(QStringLiteral("segment")); }));
  commands.add({"commit", tr("Commit object"), prompt, "commit", keys({"C", "Return", "Enter"}),
                tr("Keep the current object."), Scope::kView},
               always([&window] { window.bridge().execute(QStringLiteral("commit")); }));
  commands.add({"clear", tr("Clear prompts"), prompt, "clear", keys({"Shift+C", "Escape"}),
                tr("Drop the prompts and the current object."), Scope::kView},
               always([&window] {
                 if (Tool* tool = window.view().tool(); tool && tool->isDragging()) return tool->cancel();
                 window.bridge().session().cancelAnswers();
                 window.bridge().execute(QStringLiteral("clear"));
               }));
  QAction* sign = commands.add({"toggle-sign", tr("Negative points"), prompt, "prompt", keys({"T"}),
                                tr("Left clicks say what does not belong to the object."), Scope::kView, false, true},
                               always([&window] {
                                 const QAction* mark = window.commands().action(QStringLiteral("toggle-sign"));
                                 window.tools().point().setNegative(mark->isChecked());
                               }));
  sign->setChecked(false);
  commands.add({"next-mask", tr("Next mask"), prompt, "", keys({"Tab"}),
                tr("Show another mask for the same prompts: whole, part or subpart."), Scope::kView},
               always([&window] { window.changeAlternative(1); }));
  commands.add({"previous-mask", tr("Previous mask"), prompt, "", keys({"Shift+Tab"}), tr("Show the mask before."),
                Scope::kView},
               always([&window] { window.changeAlternative(-1); }));
}

void addToolCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString tools = tr("Tools");
  struct Entry {
    const char* name;
    QString title;
    const char* key;
    QString help;
  };
  const Entry entries[] = {
      {"select", tr("Select"), "V", tr("Click an object to select it.")},
      {"point", tr("Point"), "P", tr("Click what belongs to the object; right click what does not.")},
      {"box", tr("Box"), "R", tr("Drag a box around the object.")},
      {"brush", tr("Brush"), "B", tr("Paint the selected object, or a new one.")},
      {"eraser", tr("Eraser"), "E", tr("Take pixels away.")},
      {"pan", tr("Pan"), "Z", tr("Move the image; with any tool hold Space or the middle button.")},
  };
  for (const Entry& entry : entries) {
    const QString name = QString::fromLatin1(entry.name);
    QAction* action = commands.add({QStringLiteral("tool.") + name, entry.title, tools, name, keys({entry.key}),
                                    entry.help, Scope::kView, false, true},
                                   always([&window, name] {
                                     window.tools().choose(name);
                                     // Choosing the tool that is chosen must not switch its mark off.
                                     window.commands().action(QStringLiteral("tool.") + name)->setChecked(true);
                                   }));
    action->setChecked(window.tools().current() == name);
    QObject::connect(&window.tools(), &ToolBox::toolChanged, action,
                     [action, name](const QString& now) { action->setChecked(now == name); });
  }
  constexpr double kStep = 1.25;
  commands.add({"brush.smaller", tr("Smaller brush"), tools, "", keys({"["}), tr("Make brush and eraser smaller."),
                Scope::kView},
               always([&window] { window.tools().setBrushRadius(window.tools().brushRadius() / kStep); }));
  commands.add(
      {"brush.larger", tr("Larger brush"), tools, "", keys({"]"}), tr("Make brush and eraser larger."), Scope::kView},
      always([&window] { window.tools().setBrushRadius(window.tools().brushRadius() * kStep); }));
}

void setTheme(const QString& name) {
  const Theme theme = name == QLatin1String("dark")    ? Theme::kDark
                      : name == QLatin1String("light") ? Theme::kLight
                                                       : Theme::kSystem;
  applyTheme(*qApp, theme);
  QSettings().setValue(QStringLiteral("window/theme"), name);
}

void addViewCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString view = tr("View");
  commands.add({"view.zoom-in", tr("Zoom in"), view, "zoom-in", keys({"Ctrl++", "Ctrl+="}), tr("Enlarge the image.")},
               always([&window] { window.view().zoomBy(1); }));
  commands.add({"view.zoom-out", tr("Zoom out"), view, "zoom-out", keys({"Ctrl+-"}), tr("Show more of the image.")},
               always([&window] { window.view().zoomBy(-1); }));
  commands.add({"view.fit", tr("Whole image"), view, "zoom-fit", keys({"Ctrl+0"}), tr("Fit the image into the view.")},
               always([&window] { window.view().fit(); }));
  commands.add({"view.pixels", tr("100 %"), view, "", keys({"Ctrl+1"}), tr("One image pixel is one screen pixel.")},
               always([&window] { window.view().zoomToPixels(); }));
  commands.add({"view.auto-contrast", tr("Auto contrast"), view, "contrast", keys({"Shift+A"}),
                tr("Stretch the contrast of the plane on screen like Fiji."), Scope::kView},
               always([&window] { window.display().setAutoContrast(window.view().t(), window.view().z()); }));
  commands.add({"view.objects", tr("Show or hide objects"), view, "visible", keys({"H"}),
                tr("Look at the image without the objects."), Scope::kView},
               always([&window] {
                 const auto layer = DisplayModel::Layer::kObjects;
                 window.display().setVisible(layer, !window.display().isVisible(layer));
               }));
  commands.add({"view.proposals", tr("Show or hide proposals"), view, "", keys({"Shift+H"}),
                tr("Look at the image without the proposals."), Scope::kView},
               always([&window] {
                 const auto layer = DisplayModel::Layer::kProposals;
                 window.display().setVisible(layer, !window.display().isVisible(layer));
               }));
  commands.add({"view.contours", tr("Filled or contours"), view, "contour", keys({"Shift+F"}),
                tr("Show objects filled, or as contours."), Scope::kView},
               always([&window] {
                 LabelStyle style = window.display().labelStyle();
                 style.shape = style.shape == LabelStyle::Shape::kFilled ? LabelStyle::Shape::kContour
                                                                         : LabelStyle::Shape::kFilled;
                 window.display().setLabelStyle(style);
               }));
  commands.add({"view.theme",
                tr("Dark or light theme"),
                view,
                "moon",
                {},
                tr("Change the colours of the window."),
                Scope::kWindow,
                true},
               [](const QStringList& arguments) {
                 const QString other = themeColours().isDark ? QStringLiteral("light") : QStringLiteral("dark");
                 setTheme(arguments.isEmpty() ? other : arguments.first());
                 return QString();
               });
}

void addSliceCommands(MainWindow& window) {
  CommandRegistry& commands = window.commands();
  const QString view = tr("View");
  using Axis = AxisBar::Axis;
  const auto add = [&](const char* name, const QString& title, std::initializer_list<const char*> texts, Axis axis,
                       int count, const QString& help) {
    commands.add({QString::fromLatin1(name), title, view, "", keys(texts), help, Scope::kView},
                 always([&window, axis, count] { window.axisBar().step(axis, count); }));
  };
  add("view.next-slice", tr("Next slice"), {".", "Up"}, Axis::kSlice, 1, tr("Go one slice further."));
  add("view.previous-slice", tr("Previous slice"), {",", "Down"}, Axis::kSlice, -1, tr("Go one slice back."));
  add("view.next-frame", tr("Next frame"), {"Right"}, Axis::kTime, 1, tr("Go one frame further in time."));
  add("view.previous-frame", tr("Previous frame"), {"Left"}, Axis::kTime, -1, tr("Go one frame back in time."));
}

}  // namespace

void addWindowCommands(MainWindow& window) {
  addFileCommands(window);
  addEditCommands(window);
  addObjectCommands(window);
  addPromptCommands(window);
  addToolCommands(window);
  addViewCommands(window);
  addSliceCommands(window);
  addProjectCommands(window);
  CommandRegistry& commands = window.commands();
  const QString help = tr("Help");
  commands.add({"palette", tr("All commands…"), help, "search", keys({"Ctrl+K"}),
                tr("Find a command by typing, or an object by #number.")},
               always([&window] { window.palette_->toggle(); }));
  commands.add({"keys", tr("Key map"), help, "keyboard", keys({"?"}), tr("Show every key."), Scope::kView},
               always([&window] { window.keyMap_->toggle(); }));
  commands.add({"focus-view", tr("Back to the image"), help, "", keys({"F6"}),
                tr("Give the keyboard to the image, so that single letters act.")},
               always([&window] { window.focusView(); }));
}

void fillToolBar(CommandRegistry& commands, QToolBar& toolBar) {
  const auto add = [&](const char* name) { toolBar.addAction(commands.action(QString::fromLatin1(name))); };
  for (const char* name : {"tool.select", "tool.point", "tool.box"}) add(name);
  toolBar.addSeparator();
  for (const char* name : {"tool.brush", "tool.eraser"}) add(name);
  toolBar.addSeparator();
  for (const char* name : {"tool.pan", "view.fit"}) add(name);
  toolBar.addSeparator();
  for (const char* name : {"undo", "redo"}) add(name);
}

void fillMenus(CommandRegistry& commands, QMenuBar& bar) {
  // Help comes last, as everywhere.
  QStringList groups = commands.groups();
  if (groups.removeOne(tr("Help"))) groups.append(tr("Help"));
  for (const QString& group : groups) {
    QMenu* menu = bar.addMenu(QLatin1Char('&') + group);
    for (const Command& command : commands.commands()) {
      if (command.group == group) menu->addAction(commands.action(command.name));
    }
  }
}

}  // namespace cyto::ui
