"""Checks which folder includes which: the layers of the design and the bans on third-party headers.

usage: check_layers.py REPOSITORY      exit 1 and a line per violation when a rule is broken
"""
import pathlib
import re
import sys

# folder -> the folders of this repository it may include, besides itself. Longest prefix wins.
ALLOWED = {
    "core/base": [],
    "core/array": ["core/base"],
    "core/io": ["core/array", "core/base"],
    "core/inference": ["core/array", "core/base"],
    "core/training": ["core/inference", "core/io", "core/array", "core/base"],
    "core/nn": ["core/inference", "core/array", "core/base"],
    "core/embedding": ["core/inference", "core/io", "core/array", "core/base"],
    "core/segmentation": ["core/labels", "core/embedding", "core/inference", "core/io", "core/array", "core/base"],
    "core/synthesis": ["core/array", "core/base"],
    "core/display": ["core/segmentation", "core/labels", "core/inference", "core/io", "core/array", "core/base"],
    "core/labels": ["core/io", "core/array", "core/base"],
    "core/journal": ["core/base"],
    "core/tracking": ["core/segmentation", "core/labels", "core/embedding", "core/inference", "core/io", "core/array", "core/base"],
    "core/chart": ["core/io", "core/array", "core/base"],
    "core/measure": ["core/labels", "core/array", "core/base"],
    "core/project": ["core/journal", "core/labels", "core/tracking", "core/segmentation", "core/inference", "core/io", "core/array", "core/base"],
    "core/session": ["core"],
    "app/cli": ["core"],
    "app/gui": ["ui", "core"],
    "ui": ["core/session", "core/display", "core/project", "core/journal", "core/labels", "core/segmentation", "core/inference", "core/io", "core/array",
           "core/base", "ui"],
}
# header pattern, the folders that may include it, why
BANS = [
    (r"^(torch|ATen|c10)/", ["core/nn", "tests/unit/nn", "tests/golden/nn", "tests/bench"], "LibTorch belongs to core/nn"),
    (r"^(Q[A-Z]|Qt)", ["ui", "app/gui", "tests/ui"], "Qt belongs to ui"),
    (r"^vtk", ["ui/views/volume", "tests/ui"], "VTK belongs to ui/views/volume"),
    (r"^ui/", ["ui", "app/gui", "tests/ui"], "core and the command line never see ui"),
]
# headers that must not leak out of source files
PRIVATE_IN_HEADERS = [r"^opencv2/", r"^nlohmann/json\.hpp", r"^CLI/", r"^z5/", r"^hdf5", r"^H5", r"^tiffio"]
# folders that wrap one library and are seen by their own module alone; their headers may show it
BACKENDS = {"core/io/hdf5": "core/io", "core/io/tiff": "core/io", "core/io/zarr": "core/io"}
# core/nn may not be seen by anything but itself: the program loads it as a plugin.
ENGINE_FOLDER = "core/nn"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def inside(path, folders):
    return any(path == folder or path.startswith(folder + "/") or path.startswith(folder + "_") for folder in folders)


def owner(path):
    candidates = [folder for folder in ALLOWED if inside(path, [folder])]
    return max(candidates, key=len) if candidates else None


def violations_of(path, text):
    """Violations of one file; `path` is relative to the repository, with forward slashes."""
    found = []
    folder = owner(path)
    for header in INCLUDE.findall(text):
        for pattern, places, why in BANS:
            if re.search(pattern, header) and not inside(path, places):
                found.append(f"{path}: includes {header}: {why}")
        for backend, module in BACKENDS.items():
            if inside(header, [backend]) and not inside(path, [module, "tests/unit/io"]):
                found.append(f"{path}: includes {header}: a backend of {module}, use its public headers")
        if path.endswith(".h") and not path.startswith("tests/") and not inside(path, list(BACKENDS)):
            if any(re.search(pattern, header) for pattern in PRIVATE_IN_HEADERS):
                found.append(f"{path}: includes {header}: keep it out of headers")
        target = owner(header)
        if folder and target and target != folder and not inside(header, ALLOWED[folder]):
            found.append(f"{path}: includes {header}: {folder} may use {', '.join(ALLOWED[folder]) or 'nothing'}")
        if target == ENGINE_FOLDER and folder and folder != ENGINE_FOLDER:
            found.append(f"{path}: includes {header}: the engine is a plugin, use core/inference/engine.h")
    return found


def sources(repository):
    for top in ("app", "core", "ui", "tests"):
        for path in sorted((repository / top).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path


def main(repository):
    found = []
    count = 0
    for path in sources(repository):
        count += 1
        found += violations_of(path.relative_to(repository).as_posix(), path.read_text(encoding="utf-8"))
    print("\n".join(found) or f"{count} files keep to their layers")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
