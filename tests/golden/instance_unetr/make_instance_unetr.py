"""Writes the fixtures of the UNETR instance decoder: a narrow network of both generations with random weights.

usage: make_instance_unetr.py FOLDER        needs torch and numpy

It follows the description of micro-sam's decoder with the layers of torch.nn, whose names give the keys. Batch norms
are in training mode, as they are when micro-sam infers. Each .npz has the weights under `w/KEY`, the embedding `x`
(1, 8, 4, 4), and the result `y` (1, 3, 64, 64).
"""
import pathlib
import sys

import numpy as np
import torch
from torch import nn

EMBEDDING = 8
WIDTHS = (16, 8, 4, 2)


class Interpolation(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 1)

    def forward(self, x):
        return self.conv(nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))


class Transposed(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.block = nn.ConvTranspose2d(inside, outside, kernel_size=2, stride=2)

    def forward(self, x):
        return self.block(x)


class Padded(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return self.block(x)


class ConvBlock(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.block = nn.Sequential(
            nn.InstanceNorm2d(inside), nn.Conv2d(inside, outside, 3, padding=1), nn.ReLU(),
            nn.InstanceNorm2d(outside), nn.Conv2d(outside, outside, 3, padding=1), nn.ReLU())

    def forward(self, x):
        return self.block(x)


class Deconvolution(nn.Module):
    def __init__(self, upsampler, inside, outside):
        super().__init__()
        self.block = nn.Sequential(upsampler(inside, outside), Padded(outside), nn.BatchNorm2d(outside), nn.ReLU())

    def forward(self, x):
        return self.block(x)


class Decoder(nn.Module):
    def __init__(self, upsampler):
        super().__init__()
        pairs = list(zip(WIDTHS[:-1], WIDTHS[1:]))
        self.samplers = nn.ModuleList(upsampler(a, b) for a, b in pairs)
        self.blocks = nn.ModuleList(ConvBlock(a_plus, b) for a_plus, b in ((2 * b, b) for _, b in pairs))


class Unetr(nn.Module):
    def __init__(self, upsampler):
        super().__init__()
        self.base = ConvBlock(EMBEDDING, WIDTHS[0])
        self.decoder = Decoder(upsampler)
        inside = (EMBEDDING,) + WIDTHS
        for i, width in enumerate(WIDTHS):
            setattr(self, f"deconv{i + 1}", Deconvolution(upsampler, inside[i], width))
        self.deconv_out = upsampler(WIDTHS[-1], WIDTHS[-1])
        self.decoder_head = ConvBlock(2 * WIDTHS[-1], WIDTHS[-1])
        self.out_conv = nn.Conv2d(WIDTHS[-1], 3, 1)

    def forward(self, x):
        skips = []
        for i in range(4):
            skips.append(getattr(self, f"deconv{i + 1}")(skips[-1] if skips else x))
        y = self.base(x)
        for sampler, block, skip in zip(self.decoder.samplers, self.decoder.blocks, skips):
            y = sampler(y)
            first = (skip.shape[1] - y.shape[1]) // 2
            y = block(torch.cat([y, skip[:, first:first + y.shape[1]]], 1))
        y = torch.cat([self.deconv_out(y), skips[3]], 1)
        return torch.sigmoid(self.out_conv(self.decoder_head(y)))


def main(folder):
    for name, upsampler, seed in (("interpolated", Interpolation, 11), ("transposed", Transposed, 12)):
        torch.manual_seed(seed)
        network = Unetr(upsampler).train()
        for parameter in network.parameters():  # norms with weights other than 1 and 0
            parameter.data = parameter.data + 0.2 * torch.randn_like(parameter)
        x = torch.randn(1, EMBEDDING, 4, 4)
        weights = {f"w/{key}": value.detach().clone().numpy() for key, value in network.state_dict().items()}
        with torch.no_grad():
            y = network(x)
        np.savez_compressed(pathlib.Path(folder) / f"{name}.npz", x=x.numpy(), y=y.numpy(), **weights)


if __name__ == "__main__":
    main(sys.argv[1])
