#pragma once

class QMenuBar;
class QToolBar;

namespace cyto::ui {

class CommandRegistry;
class MainWindow;

/// Registers everything a user can do in the window.
void addWindowCommands(MainWindow& window);

/// The column of tools: tools, then undo and redo.
void fillToolBar(CommandRegistry& commands, QToolBar& toolBar);

/// One menu per group of commands, in the order of the groups.
void fillMenus(CommandRegistry& commands, QMenuBar& bar);

}  // namespace cyto::ui
