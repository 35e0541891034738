"""Writes the golden stores with the reference's own functions (micro_sam from PyPI).

usage: make_embedding_stores.py      in an environment with micro_sam; zarr 2 writes v2/, zarr 3 writes v3/

Both generations of zarr were used: zarr 3 as micro_sam installs it, and zarr 2.18 in a second environment.
"""
import json
import pathlib
import shutil

import micro_sam
import numpy as np
import zarr
from micro_sam.util import precompute_image_embeddings

from reference_predictor import QuadrantEncoder, make_predictor

HERE = pathlib.Path(__file__).parent
PROBES = [(0, 0, 0), (7, 0, 63), (128, 63, 0), (255, 63, 63)]
TILES = {"tile_shape": (40, 48), "halo": (8, 4)}


def plane(z, rows, columns, channels=1):
    """The pixels that the tests make again."""
    y, x, c = np.ogrid[:rows, :columns, :channels]
    pixels = ((z * 31 + y * 7 + x * 3 + c * 50) % 251 + (y * 4 < rows) * 4).astype("uint8")
    return pixels[..., 0] if channels == 1 else pixels


def images():
    grey = plane(0, 60, 90)
    volume = np.stack([plane(z, 60, 90) for z in range(2)]).astype("uint16") * 257
    mask = np.zeros((60, 90), "uint8")
    mask[2:5, 80:85] = 1
    volume_mask = np.zeros((2, 60, 90), "uint8")
    volume_mask[1, 50:55, 2:5] = 3
    yield "plane", grey, 2, {}, None
    yield "colours", plane(0, 60, 90, 3), 2, {}, None
    yield "volume", volume, 3, {}, None
    yield "tiles", grey, 2, TILES, None
    yield "volume_of_tiles", volume, 3, TILES, None
    yield "masked_tiles", grey, 2, TILES, mask
    yield "masked_volume_of_tiles", volume, 3, TILES, volume_mask


def item(features, original_size, input_size):
    return {"original_size": list(original_size), "input_size": list(input_size),
            "probes": [[*probe, float(features[(0, *probe)])] for probe in PROBES],
            "sum": float(features.sum(dtype="float64"))}


def items(embeddings):
    """(slice, tile) -> what a reader must find."""
    features = embeddings["features"]
    if embeddings["input_size"] is not None:
        slices = [features] if features.ndim == 4 else features
        return {f"{z} 0": item(np.asarray(one), embeddings["original_size"], embeddings["input_size"])
                for z, one in enumerate(slices)}
    found = {}
    for tile in features.keys():
        array = features[tile]
        for z, one in enumerate([array[:]] if array.ndim == 4 else array[:]):
            if np.any(one):
                found[f"{z} {tile}"] = item(one, array.attrs["original_size"], array.attrs["input_size"])
    return found


def main():
    version = int(zarr.__version__.split(".")[0])
    target = HERE / f"v{version}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    predictor = make_predictor(QuadrantEncoder())
    expected = {"micro_sam": micro_sam.__version__, "zarr": zarr.__version__}
    for name, image, ndim, tiling, mask in images():
        path = target / f"{name}.zarr"
        # One batch of all tiles, because the reference fails on masked tiles in several (empty) batches.
        precompute_image_embeddings(predictor, image, save_path=str(path), ndim=ndim, mask=mask, verbose=False,
                                    batch_size=4 if ndim == 2 else 1, **tiling)
        embeddings = precompute_image_embeddings(predictor, image, save_path=str(path), ndim=ndim, verbose=False, **tiling)
        expected[name] = items(embeddings)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in expected.items()]
    (target / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
