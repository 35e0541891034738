#!/usr/bin/env python3
"""Times this program beside micro_sam, the reference, with the same image and the same weights, and prints the ratios.

usage: compare_with_micro_sam.py [--program build/release/bin/cytoclick] [--architecture vit_b] [--rounds 5] [--clicks 20]
                                 [--amg-points 8] [--work FOLDER]

Run it with a Python that has micro_sam (pip install micro_sam). Both are asked in turns, so that what else the machine
does meets both, and of each the fastest time counts. Weights are random, with position tables, embeddings and norms
scaled as trained ones are, because no trained checkpoint comes with this program.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/cytoclick")
    parser.add_argument("--architecture", default="vit_b", choices=["vit_b", "vit_l", "vit_h"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--amg-points", type=int, default=8, help="points per side of the grid; 0: leave it out")
    parser.add_argument("--work", help="folder for weights and embeddings; default: a temporary one")
    return parser.parse_args()


def trained_like(network, torch):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "rel_pos" in name:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.15)
            elif "pos_embed" in name:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.3)
            elif "image_encoder" in name and "norm" in name and name.endswith("weight"):
                weight[torch.randperm(len(weight), generator=generator)[:6]] *= 6
            elif "attn.qkv.weight" in name:
                weight *= 2.5
    return network


def discs(numpy):
    random = numpy.random.default_rng(7)
    y, x = numpy.mgrid[0:1024, 0:1024]
    image = numpy.where((y % 128 - 64) ** 2 + (x % 128 - 64) ** 2 < 40**2, 150, 40)
    return (image + random.integers(0, 32, image.shape)).astype("uint8")


class Reference:
    """micro_sam, as a user of its Python functions meets it."""

    def __init__(self, architecture, weights, image):
        from micro_sam import util

        self.util, self.image = util, image
        self.predictor = util.get_sam_model(model_type=architecture, checkpoint_path=str(weights), device="cpu")

    def encode(self):
        start = time.perf_counter()
        self.embeddings = self.util.precompute_image_embeddings(self.predictor, self.image, ndim=2, verbose=False)
        return time.perf_counter() - start

    def point(self, y, x):
        import numpy
        from micro_sam.prompt_based_segmentation import segment_from_points

        start = time.perf_counter()
        mask = segment_from_points(self.predictor, numpy.array([[y, x]], float), numpy.array([1]),
                                   image_embeddings=self.embeddings)
        return time.perf_counter() - start, mask.squeeze() > 0

    def box(self, box):
        import numpy
        from micro_sam.prompt_based_segmentation import segment_from_box

        start = time.perf_counter()
        mask = segment_from_box(self.predictor, numpy.array(box, float), image_embeddings=self.embeddings)
        return time.perf_counter() - start, mask.squeeze() > 0

    def grid(self, per_side):
        from micro_sam.instance_segmentation import AutomaticMaskGenerator

        generator = AutomaticMaskGenerator(self.predictor, points_per_side=per_side)
        start = time.perf_counter()
        generator.initialize(self.image, image_embeddings=self.embeddings)
        generator.generate()
        return time.perf_counter() - start


class Program:
    """The command line of this program."""

    def __init__(self, program, architecture, weights, image_path, work):
        self.command = [program]
        self.model = ["-m", architecture, "-c", str(weights)]
        self.image, self.work = str(image_path), work

    def run(self, *words):
        done = subprocess.run([*self.command, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def benchmark(self, precision, clicks):
        return json.loads(self.run("benchmark", "--image", self.image, *self.model, "--precision", precision,
                                   "--encodes", 1, "--clicks", clicks, "--json"))

    def store(self, precision):
        path = self.work / f"{precision}.zarr"
        if not path.exists():
            self.run("precompute-embeddings", self.image, "-o", path, *self.model, "--precision", precision)
        return path

    def mask(self, precision, prompt, numpy):
        prompts, labels = self.work / "prompt.json", self.work / "mask.npy"
        prompts.write_text(json.dumps({"objects": [{"id": 1, "t": 0, "z": 0, **prompt}]}))
        labels.unlink(missing_ok=True)
        self.run("segment", self.image, "--prompts", prompts, "-o", labels, *self.model, "--precision", precision,
                 "-e", self.store(precision))
        return numpy.load(labels).squeeze() > 0

    def grid(self, precision, per_side):
        labels = self.work / "grid.npy"
        labels.unlink(missing_ok=True)
        report = json.loads(self.run("segment-auto", self.image, "-o", labels, "--mode", "amg", *self.model,
                                     "--precision", precision, "-e", self.store(precision), "--param",
                                     f"points_per_side={per_side}", "--json"))
        seconds = report["images"][0]["seconds"]
        return seconds["decode"] + seconds["objects"]


def table(title, rows, unit, scale):
    print(f"\n| {title} | fastest, {unit} | all, {unit} | ratio |\n|---|---|---|---|")
    slowest = min(rows["micro_sam"])
    for name, times in rows.items():
        every = " ".join(f"{scale * t:.1f}" for t in times[:8])
        print(f"| {name} | {scale * min(times):.2f} | {every} | {slowest / min(times):.2f} |")


def main():
    options = parse_arguments()
    import imageio.v3 as imageio
    import numpy
    import torch
    from segment_anything import sam_model_registry

    torch.set_num_threads(os.cpu_count())
    work = pathlib.Path(options.work or tempfile.mkdtemp(prefix="compare-with-micro-sam-"))
    work.mkdir(parents=True, exist_ok=True)
    weights, image_path = work / f"{options.architecture}.pth", work / "discs.png"
    if not weights.exists():
        torch.manual_seed(0)
        torch.save(trained_like(sam_model_registry[options.architecture](None), torch).state_dict(), weights)
    image = discs(numpy)
    imageio.imwrite(image_path, image)
    reference = Reference(options.architecture, weights, image)
    program = Program(options.program, options.architecture, weights, image_path, work)

    random = numpy.random.default_rng(0)
    encode = {"micro_sam": [], "fp32": [], "bf16": []}
    point = {"micro_sam": [], "fp32": []}
    box = {"micro_sam": [], "fp32": []}
    memory, percent = {}, {}
    for _ in range(options.rounds):
        encode["micro_sam"].append(reference.encode())
        for _ in range(options.clicks):
            point["micro_sam"].append(reference.point(*random.uniform(0, 1023, 2))[0])
            box["micro_sam"].append(reference.box([200, 200, 500, 500])[0])
        for precision in ("fp32", "bf16"):
            figures = program.benchmark(precision, options.clicks)
            encode[precision].append(figures["encode_min_s"])
            memory[precision] = figures["rss_mb"]
            percent[precision] = max(percent.get(precision, 0), figures.get("encode_percent_of_peak", 0))
            if precision == "fp32":
                point[precision].append(figures["point_min_ms"] / 1000)
                box[precision].append(figures["box_min_ms"] / 1000)
    table(f"encode, {options.architecture}, 1024 x 1024", encode, "s", 1)
    table("point click, prompt to mask in full resolution", point, "ms", 1000)
    table("box", box, "ms", 1000)
    print("\nof what the processor can do: " + ", ".join(f"{name} {value:.0f} %" for name, value in percent.items()))
    print("peak memory: " + ", ".join(f"{name} {value:.0f} MB" for name, value in memory.items()))

    differing = []
    for _ in range(6):
        y, x = random.uniform(100, 900, 2)
        own = program.mask("fp32", {"points": [[y, x, 1]]}, numpy)
        differing.append(int((own != reference.point(y, x)[1]).sum()))
    corners = [200, 180, 500, 520]
    own = program.mask("fp32", {"boxes": [corners]}, numpy)
    differing.append(int((own != reference.box(corners)[1]).sum()))
    print(f"pixels that differ from micro_sam's mask, six points and a box, fp32: {differing}")

    if options.amg_points:
        grid = {"micro_sam": [], "fp32": [], "bf16": []}
        for _ in range(2):
            grid["micro_sam"].append(reference.grid(options.amg_points))
            for precision in ("fp32", "bf16"):
                grid[precision].append(program.grid(precision, options.amg_points))
        table(f"automatic masks, {options.amg_points**2} points, embedding given", grid, "s", 1)


if __name__ == "__main__":
    main()
