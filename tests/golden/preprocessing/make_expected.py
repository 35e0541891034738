"""Writes expected.txt: hashes of what numpy and Pillow make of formula images.

Run with numpy and Pillow installed:  python make_expected.py > expected.txt
The image of size (rows, columns) has, at flat index i of (row, column, channel), the value
(i * 2654435761 mod 2^32) >> 20 as uint16. Lines: rows columns channels stretched-hash resized-hash,
each hash FNV-1a 64 over the bytes; resized means longest side 1024, bilinear.
"""
import numpy as np
from PIL import Image


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def formula_image(rows, columns, channels):
    index = np.arange(rows * columns * channels, dtype=np.uint64)
    values = ((index * 2654435761) % 2**32) >> 20
    return values.astype(np.uint16).reshape(rows, columns, channels)


def stretch(image):
    out = np.zeros(image.shape[:2] + (3,), np.float32)
    channels = [0, 0, 0] if image.shape[2] == 1 else range(min(3, image.shape[2]))
    for target, source in enumerate(channels):
        plane = image[..., source].astype(np.float32)
        plane -= plane.min()
        plane /= plane.max() + np.float32(1e-7)
        out[..., target] = plane
    return (out * 255).astype(np.uint8)


for rows, columns, channels in [(512, 512, 1), (250, 175, 3), (1536, 1100, 1), (37, 91, 2), (1, 1, 1), (3, 700, 4)]:
    rgb = stretch(formula_image(rows, columns, channels))
    scale = 1024 / max(rows, columns)
    size = (max(1, int(columns * scale + 0.5)), max(1, int(rows * scale + 0.5)))
    resized = np.asarray(Image.fromarray(rgb).resize(size, Image.BILINEAR))
    print(rows, columns, channels, fnv1a(rgb.tobytes()), fnv1a(resized.tobytes()))
