#pragma once

namespace cyto::ui {

class MainWindow;

/// Registers what can be done with objects and proposals.
void addObjectCommands(MainWindow& window);

/// Registers import and export of labels.
void addExchangeCommands(MainWindow& window);

}  // namespace cyto::ui
