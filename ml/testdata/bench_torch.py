#!/usr/bin/env python3
"""Measures PyTorch on the nets of BenchmarkPGD in attack/evasion/pgd.

    python3 bench_torch.py [threads]

prints images per second for 40 gradient steps, the way figures for PGD-40 are
given, and images per second of processor time, which other work on the machine
changes less. Run it in one sitting with

    go test ./attack/evasion/pgd -run xxx -bench PGD -cpu 1

because figures of different days, or of a busy machine, do not compare.
"""

import sys
import time

import torch
from torch import nn

ROWS, STEPS, SECONDS = 200, 40, 4


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    torch.manual_seed(1)
    mlp = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    cnn = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 10))
    for name, net, shape in (("mlp64-128-64-10", mlp, (64,)), ("cnn28", cnn, (1, 28, 28))):
        net.eval()
        for p in net.parameters():
            p.requires_grad_(False)
        x, y = torch.rand(ROWS, *shape), torch.zeros(ROWS, dtype=torch.long)
        best, steps, start, used = float("inf"), 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < SECONDS:
            began = time.perf_counter()
            for _ in range(STEPS):
                x.requires_grad_(True)
                loss = nn.functional.cross_entropy(net(x), y, reduction="sum")
                torch.autograd.grad(loss, x)
            best = min(best, time.perf_counter() - began)
            steps += STEPS
        mean = (time.perf_counter() - start) / steps * STEPS
        cpu = (time.process_time() - used) / steps * STEPS
        print("%-16s %8.1f images/s (best %.1f), %.1f per second of processor time" % (
            name, ROWS / mean, ROWS / best, ROWS / cpu))


if __name__ == "__main__":
    main()
