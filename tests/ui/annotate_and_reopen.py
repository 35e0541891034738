"""The main job in the real window: open, click five nuclei, refine one with a negative point, commit, undo, redo, paint,
save, quit, reopen, export. The export must equal, byte for byte, what a run without a window makes of the recording.

usage: annotate_and_reopen.py CYTOCLICK_GUI CYTOCLICK IMAGE [xdotool]

With `xdotool` (needs an X display without a window manager, such as xvfb-run gives) mouse and keyboard come from
outside, as a person's do; else the window plays a script.
"""
import filecmp
import os
import pathlib
import subprocess
import sys
import tempfile
import time

NUCLEI = [(30, 60), (60, 190), (80, 255), (130, 115), (220, 240)]

FIRST = """
open {image}
wait idle
hover {y0} {x0}
""" + "".join(f"click {y} {x}\nkey Return\n" for y, x in NUCLEI[:4]) + """
click 220 240
click 190 300 negative
key C
expect objects == 5
key Ctrl+Z
expect objects == 4
key Ctrl+Shift+Z
expect objects == 5
tool brush
drag 20 120 24 132
expect objects == 6
tool eraser
click 24 132
command save-as {project}
hash
"""

SECOND = """
open {project}
wait idle
expect objects == 6
hash
command export {labels}
"""


def run(command, **more):
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, **more)
    if result.returncode != 0:
        sys.exit(f"{command} failed ({result.returncode})\n{result.stdout}\n{result.stderr}")
    return result


def hash_in(output):
    hashes = [line for line in output.splitlines() if line.startswith("xxh128:")]
    if len(hashes) != 1:
        sys.exit(f"one hash expected in:\n{output}")
    return hashes[0]


class XdotoolUser:
    """A person at the window: knows where the view is and that the image fits it."""

    def __init__(self, process):
        self.window = self.wait_for_window()
        self.process = process
        self.call("windowsize", "--sync", self.window, "1280", "800")
        self.call("windowfocus", self.window)

    def call(self, *words):
        return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=30)

    def wait_for_window(self):
        for _ in range(400):
            found = self.call("search", "--onlyvisible", "--name", "Cytoclick").stdout.split()
            if found:
                return found[-1]
            time.sleep(0.05)
        sys.exit("the window did not appear")

    def click(self, x, y, button="1", pause=0.6):
        self.call("mousemove", "--window", self.window, str(x), str(y))
        time.sleep(0.2)
        self.call("click", button)
        time.sleep(pause)

    def key(self, *keys):
        self.call("key", *keys)
        time.sleep(0.4)


def with_xdotool(gui, image, recording):
    process = subprocess.Popen([gui, image, "--record", recording], stderr=subprocess.PIPE, text=True)
    user = XdotoolUser(process)
    time.sleep(3)  # a person waits until the image is there
    for x, y in [(260, 165), (515, 195), (375, 350)]:
        user.click(x, y)
        user.key("Return")
    user.click(600, 500)
    user.click(300, 600, button="3")
    user.key("c")
    user.key("ctrl+z")
    user.key("ctrl+shift+z")
    user.key("b")
    user.click(700, 700)
    user.key("ctrl+q")
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        sys.exit("the window did not close on Ctrl+Q")
    if process.returncode != 0:
        sys.exit(f"the window failed ({process.returncode})\n{process.stderr.read()}")
    commands = [line.split()[0] for line in recording.read_text().splitlines()]
    wanted = {"point": 5, "commit": 4, "undo": 1, "redo": 1, "paint": 1}
    for command, count in wanted.items():
        if commands.count(command) != count:
            sys.exit(f"{count} x {command} expected in the recording:\n{recording.read_text()}")


def with_script(gui, image, recording, folder):
    script = folder / "first.txt"
    y0, x0 = NUCLEI[0]
    script.write_text(FIRST.format(image=f'"{image}"', project=f'"{folder / "nuclei.cyto"}"', y0=y0, x0=x0))
    return hash_in(run([gui, "--script", script, "--record", recording]).stdout)


def main(gui, cytoclick, image, *mode):
    with tempfile.TemporaryDirectory(prefix="cytoclick äöü ") as name:
        folder = pathlib.Path(name)
        for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
            os.environ[variable] = str(folder / variable)
            (folder / variable).mkdir(mode=0o700)
        recording = folder / "recorded.txt"
        if mode:
            with_xdotool(gui, image, recording)
            project = next((folder / "XDG_DATA_HOME").glob("cytoclick/projects/*.cyto"))
            second = SECOND.replace("expect objects == 6\n", "expect objects >= 4\n")
        else:
            first_hash = with_script(gui, image, recording, folder)
            project = folder / "nuclei.cyto"
            second = SECOND
        script = folder / "second.txt"
        labels = folder / "window.tif"
        script.write_text(second.format(project=f'"{project}"', labels=f'"{labels}"'))
        window_hash = hash_in(run([gui, "--script", script]).stdout)
        if not mode and window_hash != first_hash:
            sys.exit(f"reopened as {window_hash}, left as {first_hash}")
        headless = folder / "headless.tif"
        lines = [line for line in recording.read_text().splitlines() if not line.startswith("export")]
        replay = folder / "replay.txt"
        replay.write_text("\n".join([*lines, "hash", f'export tiff "{headless}"']) + "\n")
        if hash_in(run([cytoclick, "run", replay]).stdout) != window_hash:
            sys.exit("the run without a window gives other objects")
        if not filecmp.cmp(labels, headless, shallow=False):
            sys.exit("the exports differ")
        print(f"{len(lines)} steps in the window and without it: the exports are equal, {window_hash}")


if __name__ == "__main__":
    main(*sys.argv[1:])
