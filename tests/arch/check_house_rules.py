"""Checks what keeps the house a house: file and folder sizes, module READMEs, no machine paths.

usage: check_house_rules.py REPOSITORY      exit 1 and a line per violation when a rule is broken
"""
import pathlib
import re
import sys

MOST_LINES = 500
MOST_FILES_IN_FOLDER = 24
CODE = (".h", ".cpp", ".py", ".cmake")
VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|misc|common|stuff|manager)(_|\.|$)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|home/\w+|root|tmp/\w+)/")


def files(repository):
    for top in ("app", "core", "ui", "tests", "packaging", "models", "resources"):
        for path in sorted((repository / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def main(repository):
    found = []
    per_folder = {}
    count = 0
    for path in files(repository):
        name = path.relative_to(repository).as_posix()
        count += 1
        if VAGUE_NAMES.search(path.name):
            found.append(f"{name}: the name does not say what is in it")
        if path.suffix not in CODE:
            continue
        per_folder.setdefault(path.parent, []).append(path)
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MOST_LINES:
            found.append(f"{name}: {lines} lines, split it by concept (at most {MOST_LINES})")
        for match in MACHINE_PATH.finditer(text):
            if path.name != pathlib.Path(__file__).name:
                found.append(f"{name}: names the machine path {match.group(0)}")
    for folder, members in per_folder.items():
        headers_and_sources = {member.stem for member in members}
        if len(headers_and_sources) > MOST_FILES_IN_FOLDER:
            found.append(f"{folder.relative_to(repository)}: {len(headers_and_sources)} parts, split it")
    for module in sorted((repository / "core").iterdir()) + [repository / "app" / "cli"]:
        if (module / "CMakeLists.txt").exists() and not (module / "README.md").exists():
            found.append(f"{module.relative_to(repository)}: has no README.md (purpose, allowed uses, invariants)")
    print("\n".join(found) or f"{count} files keep the house rules")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
