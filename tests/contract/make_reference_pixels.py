"""Writes what the reference readers of Python see in a folder of images, for reader_contract_test.

    python3 make_reference_pixels.py FOLDER > reference_pixels.csv

Needs tifffile, imagecodecs, zarr, h5py, Pillow and numpy. One row per image: path, key, element type, extents in
(c, t, z, y, x), CRC-32 of the elements in that order. Images that these readers cannot read are left out. The rules
applied here are the documented ones of the readers: alpha is dropped, pages without a meaning are slices, float16
becomes float32, bool becomes uint8, files of a multi-file OME-TIFF are left out.
"""
import json
import logging
import os
import pathlib
import sys
import zlib

import h5py
import numpy
import PIL.Image
import tifffile
import zarr

logging.disable(logging.CRITICAL)


def canonical(array, axes):
    axes = axes.replace("I", "Z").replace("Q", "Z").replace("S", "C")
    for axis in "CTZYX":
        if axis not in axes:
            array, axes = array[None], axis + axes
    return numpy.transpose(array, [axes.index(axis) for axis in "CTZYX"])


def read_tiff(path):
    with tifffile.TiffFile(path) as tiff:
        if tiff.is_ome and ("BinaryOnly" in tiff.ome_metadata or len({p.parent.filehandle.path for p in tiff.series[0].pages}) > 1):
            return
        series = tiff.series[0]
        array = canonical(series.asarray(), series.axes)
        page = tiff.pages[0]
        alpha = any(int(extra) in (1, 2) for extra in page.extrasamples)
        if page.photometric == tifffile.PHOTOMETRIC.RGB and page.samplesperpixel == 4:
            array = array[:3]
        elif page.samplesperpixel == 2 and (alpha or page.photometric == tifffile.PHOTOMETRIC.PALETTE):
            array = array[:1]
        yield "", array


def read_picture(path):
    image = PIL.Image.open(path)
    if image.format not in ("PNG", "JPEG"):
        return
    if image.mode == "P":
        colors = numpy.array(image.convert("RGB"))
        gray = all(r == g == b for r, g, b in zip(*[iter(image.getpalette())] * 3))
        array = colors[..., :1] if gray else colors
    else:
        array = numpy.array(image)
        array = array if array.ndim == 3 else array[..., None]
        array = array[..., : {"RGBA": 3, "LA": 1}.get(image.mode, array.shape[-1])]
        if image.mode.startswith("I"):
            array = array.astype("uint16")
    yield "", canonical(array, "YXC")


def read_zarr(path):
    axes = None
    metadata = {}
    for name in (".zattrs", "zarr.json"):
        if (path / name).exists():
            metadata = json.loads((path / name).read_text())
    attributes = metadata.get("attributes", metadata)
    attributes = attributes.get("ome", attributes)
    node = zarr.open(str(path), mode="r")
    if "multiscales" in attributes:
        axes = "".join(axis["name"].upper() for axis in attributes["multiscales"][0]["axes"])
        node = node[attributes["multiscales"][0]["datasets"][0]["path"]]
    elif isinstance(node, zarr.Group) or node.dtype.kind not in "biuf":
        return
    elif metadata.get("dimension_names") and all(metadata["dimension_names"]):
        axes = "".join(metadata["dimension_names"]).upper()
    array = node[...]
    yield "", canonical(array, axes or ["", "X", "YX", "ZYX", "TZYX", "TCZYX"][array.ndim])


def read_hdf5(path):
    guesses = {1: "X", 2: "YX", 3: "ZYX", 4: "TZYX", 5: "TCZYX"}
    with h5py.File(path) as file:
        keys = []
        file.visititems(lambda key, item: keys.append(key) if isinstance(item, h5py.Dataset) else None)
        for key in keys:
            data = file[key]
            if data.dtype.kind not in "biuf" or data.ndim == 0:
                continue
            axes = guesses[data.ndim]
            if "axistags" in data.attrs:
                axes = "".join(axis["key"].upper() for axis in json.loads(data.attrs["axistags"])["axes"])
            elif data.shape[-1] <= 4 and data.ndim > 2 and min(data.shape[-3:-1]) > 4:
                axes = {3: "YXC", 4: "ZYXC", 5: "TZYXC"}[data.ndim]
            yield key, canonical(data[...], axes)


def read_npy(path):
    array = numpy.load(path)
    yield "", canonical(array, ["", "X", "YX", "ZYX"][array.ndim])


READERS = {".tif": read_tiff, ".tiff": read_tiff, ".stk": read_tiff, ".png": read_picture, ".jpg": read_picture,
           ".h5": read_hdf5, ".npy": read_npy}


def main(root):
    print("path,key,dtype,c,t,z,y,x,crc32")
    paths = []
    for folder, folders, files in os.walk(root):
        folder = pathlib.Path(folder)
        if "broken" in folder.parts:
            continue
        if {".zarray", ".zgroup", "zarr.json"} & set(files):
            paths.append((folder, read_zarr))
        paths += [(folder / name, READERS[pathlib.Path(name).suffix]) for name in files if pathlib.Path(name).suffix in READERS]
    for path, reader in sorted(paths):
        try:
            images = list(reader(path))
        except Exception as error:  # each library has its own kinds
            print(path, error, file=sys.stderr)
            continue
        for key, array in images:
            array = array.astype(array.dtype.newbyteorder("="))
            widened = {"float16": "float32", "bool": "uint8"}.get(array.dtype.name, array.dtype.name)
            array = numpy.ascontiguousarray(array.astype(widened))
            extents = ",".join(str(extent) for extent in array.shape)
            print(f"{path.relative_to(root)},{key},{array.dtype},{extents},{zlib.crc32(array.tobytes()):08x}")


main(pathlib.Path(sys.argv[1]))
