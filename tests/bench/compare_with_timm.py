#!/usr/bin/env python3
"""Times the TinyViT encoder of MobileSAM beside timm's network of the same shape, in turns, and prints the ratios.

usage: compare_with_timm.py [--benchmark build/release/tests/bench/engine_benchmark] [--rounds 5]

Run it with a Python that has timm (pip install timm). Both encode one image of 1024 x 1024 on all cores, timm in fp32;
weights are no trained ones, which does not matter to the time. Of each the fastest time counts.
"""
import argparse
import json
import os
import subprocess
import time


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmark", default="build/release/tests/bench/engine_benchmark")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def own_seconds(benchmark, precision):
    done = subprocess.run([benchmark, f"--benchmark_filter=encode/vit_t_{precision}", "--benchmark_format=json",
                           "--benchmark_repetitions=3"], capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout)["benchmarks"]
    return min(run["real_time"] for run in runs if run["run_type"] == "iteration") / 1000


def main():
    options = parse_arguments()
    import timm
    import torch

    torch.set_num_threads(os.cpu_count())
    network = timm.create_model("tiny_vit_5m_224", pretrained=False, num_classes=0).eval()
    image = torch.randn(1, 3, 1024, 1024)
    times = {"timm": [], "fp32": [], "bf16": []}
    with torch.inference_mode():
        network.forward_features(image)
        for _ in range(options.rounds):
            start = time.perf_counter()
            network.forward_features(image)
            times["timm"].append(time.perf_counter() - start)
            for precision in ("fp32", "bf16"):
                times[precision].append(own_seconds(options.benchmark, precision))
    print("| TinyViT encode, 1024 x 1024 | fastest, s | all, s | ratio |\n|---|---|---|---|")
    for name, values in times.items():
        every = " ".join(f"{value:.2f}" for value in values)
        print(f"| {name} | {min(values):.2f} | {every} | {min(times['timm']) / min(values):.2f} |")


if __name__ == "__main__":
    main()
