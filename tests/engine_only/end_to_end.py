"""Runs the program of an engine-only build: info, inspect, precompute-embeddings, resume.

usage: end_to_end.py CYTOCLICK      needs nothing but Python's standard library
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile


def write_npy(path, rows, columns):
    """A uint8 image with a bright disc, as NumPy would save it."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    pixels = bytes(200 if (y - rows // 2) ** 2 + (x - columns // 2) ** 2 < 900 else (x * 7 + y * 3) % 40
                   for y in range(rows) for x in range(columns))
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + pixels)


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr}"
    return done.stdout


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        image = folder / "disc.npy"
        write_npy(image, 160, 200)
        info = json.loads(run(program, "info", "--json"))
        assert any(device["usable"] for device in info["devices"]), info
        shape = json.loads(run(program, "inspect", image, "--json"))["shape"]
        assert (shape["y"], shape["x"]) == (160, 200), shape
        store = folder / "disc.zarr"
        run(program, "precompute-embeddings", image, "-o", store)
        files = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
        assert files, "the store is empty"
        run(program, "precompute-embeddings", image, "-o", store)
        again = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
        assert files == again, "a complete store was written again"
    print("engine-only build works end to end")


if __name__ == "__main__":
    main(sys.argv[1])
