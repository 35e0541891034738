#pragma once

namespace cyto::ui {

class MainWindow;

/// What a user can do with the project as a whole: tell how it was made, look at its branches, find its image.
void addProjectCommands(MainWindow& window);

}  // namespace cyto::ui
