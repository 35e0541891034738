"""Makes the small files under `made/` (CC0): formats of which no small, freely licensed sample exists.

Run once with tifffile, h5py, Pillow, zarr and numpy:  python3 make_formats.py
Every picture is `ramp(shape)`, so that a reader which mixes up axes is found out.
"""
import pathlib

import h5py
import numpy
import PIL.Image
import tifffile
import zarr

OUT = pathlib.Path(__file__).parent / "made"


def ramp(shape, dtype):
    count = int(numpy.prod(shape))
    values = (numpy.arange(count, dtype="int64") * 7919) % 65521
    return (values % 251 if numpy.dtype(dtype).itemsize == 1 else values).astype(dtype).reshape(shape)


def axistags(keys):
    axes = ", ".join('{"key": "%s", "typeFlags": 2, "resolution": 0, "description": ""}' % key for key in keys)
    return '{"axes": [%s]}' % axes


def tiffs():
    hyperstack = {"axes": "TZCYX", "spacing": 0.5, "unit": "um", "finterval": 30.0, "tunit": "min"}
    tifffile.imwrite(OUT / "imagej-tzcyx.tif", ramp((2, 3, 2, 12, 17), "uint16"), imagej=True, metadata=hyperstack,
                     resolution=(1 / 0.25, 1 / 0.25))
    # One directory and all planes behind each other, as ImageJ writes stacks beyond 4 GiB.
    tifffile.imwrite(OUT / "imagej-contiguous.tif", ramp((5, 12, 17), "uint16"), imagej=True, byteorder=">",
                     metadata={"axes": "ZYX", "truncate": True})
    tifffile.imwrite(OUT / "big-endian-float64-bigtiff.tif", ramp((9, 11), "float64"), byteorder=">", bigtiff=True)
    tifffile.imwrite(OUT / "planar-uint8.tif", ramp((3, 9, 11), "uint8"), photometric="minisblack",
                     planarconfig="separate", compression="deflate", predictor=True)
    tifffile.imwrite(OUT / "resolution-cm.tif", ramp((9, 11), "uint8"), resolution=(20000, 40000), resolutionunit=3)
    image = ramp((2, 80, 112), "uint16")
    with tifffile.TiffWriter(OUT / "pyramid.ome.tif") as tiff:
        tiff.write(image, subifds=2, tile=(32, 32), compression="zlib", photometric="minisblack",
                   metadata={"axes": "CYX", "PhysicalSizeX": 0.325, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.325,
                             "PhysicalSizeYUnit": "µm", "Channel": {"Name": ["DAPI", "actin"]}})
        for level in (1, 2):
            tiff.write(image[:, :: 2**level, :: 2**level], subfiletype=1, tile=(32, 32), compression="zlib",
                       photometric="minisblack")


def hdf5():
    with h5py.File(OUT / "axistags.h5", "w") as file:
        data = file.create_dataset("exported_data", data=ramp((3, 11, 9, 2), "uint16"), chunks=(1, 8, 8, 1), compression="gzip")
        data.attrs["axistags"] = axistags("txyc")
    with h5py.File(OUT / "several.h5", "w") as file:
        raw = file.create_dataset("volume/raw", data=ramp((4, 9, 11), "float32"))
        raw.attrs["element_size_um"] = (0.5, 0.1, 0.2)
        file["volume/half"] = ramp((4, 9, 11), "float16")
        file["volume/mask"] = ramp((9, 11), "uint8") % 2 == 1
        file["names"] = numpy.array([b"a", b"b"])
    with h5py.File(OUT / "lzf.h5", "w") as file:
        file.create_dataset("data", data=ramp((64, 64), "uint16"), compression="lzf", chunks=(32, 32))
    with h5py.File(OUT / "bdv.h5", "w") as file:
        for time in range(2):
            for setup in range(2):
                full = (ramp((3, 8, 10), "uint16") + 1000 * time + 30000 * setup).astype("uint16")
                for level, step in enumerate((1, 2)):
                    name = f"t{time:05}/s{setup:02}/{level}/cells"
                    file[name] = full[:, ::step, ::step].view("int16")


def others():
    numpy.save(OUT / "fortran.npy", numpy.asfortranarray(ramp((3, 4, 5), "int32")))
    numpy.save(OUT / "half.npy", ramp((4, 5), "uint8").astype(">f2"))
    numpy.save(OUT / "bool.npy", ramp((4, 5), "uint8") % 2 == 1)
    smooth = numpy.add.outer(numpy.arange(40), numpy.arange(56)).astype("uint8")
    PIL.Image.fromarray(smooth).save(OUT / "gray.jpg", quality=95)
    PIL.Image.fromarray(numpy.stack([smooth, smooth[::-1], 255 - smooth], -1)).save(OUT / "color.jpg", progressive=True)
    PIL.Image.fromarray(ramp((9, 11), "uint8")).save(OUT / "gray.png")
    half = zarr.create_array(OUT / "half.zarr", shape=(5, 7), chunks=(3, 3), dtype="float16", fill_value=float("nan"),
                             zarr_format=3, serializer=zarr.codecs.BytesCodec(endian="big"))
    half[:3] = ramp((3, 7), "uint8")
    for number in (1, 2, 10):
        folder = OUT / "series"
        folder.mkdir(exist_ok=True)
        PIL.Image.fromarray(ramp((6, 8), "uint8") + numpy.uint8(number)).save(folder / f"t{number}.png")


OUT.mkdir(exist_ok=True)
tiffs()
hdf5()
others()
