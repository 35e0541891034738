"""Opens a store that Cytoclick wrote with the reference's own function, which must not compute anything.

usage: open_in_reference.py STORE IMAGE [--ndim N] [--tile-shape Y X --halo Y X]

Prints what the reference found; fails when it refuses the store or wants to run the image encoder. Then asks for
a mask in the first tile or slice, so that the features are really read and decoded.
"""
import argparse
import warnings

import imageio.v2 as imageio
import numpy as np
import zarr
from micro_sam.prompt_based_segmentation import segment_from_points
from micro_sam.util import precompute_image_embeddings

from reference_predictor import RefusingEncoder, make_predictor


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("image")
    parser.add_argument("--ndim", type=int)
    parser.add_argument("--tile-shape", type=int, nargs=2)
    parser.add_argument("--halo", type=int, nargs=2)
    arguments = parser.parse_args()
    image = np.asarray(imageio.volread(arguments.image) if arguments.ndim == 3 else imageio.imread(arguments.image))
    tiling = {}
    if arguments.tile_shape:
        tiling = {"tile_shape": tuple(arguments.tile_shape), "halo": tuple(arguments.halo)}
    attributes = zarr.open(arguments.store, mode="r").attrs
    predictor = make_predictor(RefusingEncoder(), attributes["model_type"], attributes["model_name"],
                               attributes["model_hash"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        embeddings = precompute_image_embeddings(predictor, image, save_path=arguments.store, ndim=arguments.ndim,
                                                 verbose=False, **tiling)
    concerns = [str(warning.message)[:110] for warning in caught if "mismatch" in str(warning.message)]
    features = embeddings["features"]
    index = None
    points = np.array([[image.shape[-2 if image.ndim == 2 or arguments.ndim == 3 else 0] // 4, image.shape[1] // 4]])
    if embeddings["input_size"] is None:
        tiles = {name: features[name].shape for name in sorted(features.keys(), key=int)}
        print(f"zarr {zarr.__version__}: tiles {tiles}, {dict(features.attrs)}")
        attrs = features.attrs.get("tiles_in_mask")
        if isinstance(attrs, dict):
            index = next(int(z) for z, ids in attrs.items() if ids)
        elif arguments.ndim == 3:
            index = 0
        wanted = int(min(features.keys(), key=int))
        columns = -(-image.shape[-1 if image.ndim == 2 or arguments.ndim == 3 else 1] // tiling["tile_shape"][1])
        origin = np.array([wanted // columns, wanted % columns]) * np.array(tiling["tile_shape"])
        points = np.array([origin + 20])
    else:
        print(f"zarr {zarr.__version__}: features {features.shape}, {embeddings['original_size']}, {embeddings['input_size']}")
        index = 0 if arguments.ndim == 3 else None
    mask = segment_from_points(predictor, points, np.array([1]), image_embeddings=embeddings, i=index)
    print(f"opened without computing; warnings: {concerns}; a point gives a mask of {np.asarray(mask).shape}")


if __name__ == "__main__":
    main()
