#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>
#include <QTimer>

namespace cyto::ui {

class MainWindow;

/// Plays a script in the real window (design §9): session commands, and these, whose mouse and key lines become real Qt
/// events:
///
///   tool NAME                       click Y X [negative]         drag Y0 X0 Y1 X1
///   press Y X   move Y X   release Y X   leave                   hover Y X (waits for the preview, if one comes)
///   wheel N [alt|ctrl|shift]        key SEQUENCE                 command NAME [ARG…]
///   slice t|z N                     screenshot FILE.png          sleep MILLISECONDS
///
/// Y and X are pixels of the image. After each line it waits until everything that was asked for is done and on screen.
/// It never blocks the event loop.
class ScriptPlayer : public QObject {
  Q_OBJECT

 public:
  /// The window must outlive it.
  ScriptPlayer(MainWindow& window, QStringList lines, QObject* parent = nullptr);

  void start();

 Q_SIGNALS:
  void printed(const QString& line);
  /// What the player itself does in this task of the event loop takes time that no user would feel.
  void busyForItself();
  /// Empty: every line was played.
  void finished(const QString& problem);

 private:
  void next();
  void waitUntilIdle();
  void end(const QString& problem);
  /// Empty, or why the line cannot be played.
  QString play(const QStringList& words, const QString& line);
  QString playPointer(const QStringList& words);
  QString playKey(const QString& sequence);
  QString playWheel(const QStringList& words);
  QString playSlice(const QStringList& words);

  MainWindow& window_;
  QStringList lines_;
  int line_ = 0;
  bool isDone_ = false;
  bool waitsForAll_ = false;  // embedding ahead and the model too
  bool waitsForPreview_ = false;
  int hold_ms_ = 0;
  QTimer poll_;
  QElapsedTimer waiting_;
  QString failure_;
};

}  // namespace cyto::ui
