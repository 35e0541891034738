"""Makes label files as other programs write them, for the tests of importing.

usage: make_label_files.py FOLDER
needs: pip install numpy tifffile imagecodecs "zarr<3" "numcodecs<0.16" for the commit store and TIFF;
       with ome-zarr >= 0.11 (zarr 3) in the environment instead, it makes the OME-Zarr label image

commit.zarr follows micro-sam's commit (spec/micro-sam.md §7.6): a volume (4, 60, 70), objects 1 (box and points in slice
1, one more point in slice 2), 2 (points only: labels were saved, prompts and history were not, a defect of micro-sam),
3 (automatic).
"""
import pathlib
import sys

import numpy as np
import zarr


def volume():
    labels = np.zeros((4, 60, 70), dtype="uint32")
    labels[1:3, 10:20, 5:25] = 1
    labels[0, 30:34, 40:50] = 2
    labels[3, 50:60, 60:70] = 3
    return labels


def make_commit(path):
    group = zarr.open(str(path), mode="w")
    group.attrs.update(
        {
            "data_signature": "0123456789abcdef0123456789abcdef01234567",
            "tile_shape": None,
            "halo": None,
            "model_type": "vit_b",
            "model_name": "vit_b_lm",
            "micro_sam_version": "1.8.10",
            "model_hash": "xxh128:00112233445566778899aabbccddeeff",
        }
    )
    import numcodecs

    data = volume()
    group.create_dataset(
        "committed_objects", data=data, chunks=(4, 60, 70), compressor=numcodecs.GZip(level=5), dtype="uint32"
    )
    prompts = group.create_group("prompts/1")
    box = np.array([[[1, 9, 4], [1, 9, 26], [1, 21, 26], [1, 21, 4]]], dtype="float64")
    prompts.create_dataset("prompts", data=box, chunks=box.shape)
    points = np.array([[1, 15, 12], [1, 30, 30], [2, 15, 12]], dtype="float64")
    prompts.create_dataset("point_prompts", data=points, chunks=points.shape)
    labels = np.array([1, 0, 1], dtype="int64")
    prompts.create_dataset("point_labels", data=labels, chunks=labels.shape)
    group.create_group("prompts/2")
    group.attrs["commit_history"] = [
        {"current_object": {"object_ids": [1], "projection": "single_point", "iou_threshold": 0.5}},
        {"auto_segmentation": {"object_ids": [3], "min_object_size": 100}},
    ]


def make_files(folder):
    import tifffile

    make_commit(folder / "commit.zarr")
    tifffile.imwrite(folder / "volume.tif", volume().astype("uint16"), imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "float.tif", volume()[1].astype("float32"))
    tifffile.imwrite(folder / "probabilities.tif", volume()[1].astype("float32") / 2)


def make_ome_zarr(path):
    from ome_zarr.format import FormatV04
    from ome_zarr.writer import write_image, write_labels

    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    scale = [[{"type": "scale", "scale": [0.5, 0.1, 0.1]}]]
    write_image(
        volume().astype("uint8"), group, axes="zyx", scaler=None, fmt=FormatV04(), coordinate_transformations=scale
    )
    write_labels(
        volume(),
        group,
        name="cells",
        axes="zyx",
        scaler=None,
        fmt=FormatV04(),
        coordinate_transformations=scale,
        label_metadata={"properties": [{"label-value": 1, "class": "nucleus"}, {"label-value": 3, "class": "Zelle"}]},
    )


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    if int(zarr.__version__.split(".")[0]) >= 3:
        make_ome_zarr(target / "ome.zarr")
    else:
        make_files(target)
