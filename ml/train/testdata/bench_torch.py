#!/usr/bin/env python3
"""Measures PyTorch on the nets of the benchmarks of package train.

    python3 bench_torch.py

prints milliseconds of processor time with one thread, the median of some: of an
epoch of training, and of a step of an attack, the gradient with respect to 200
inputs. bench.sh runs it beside ours, because figures of a busy machine do not
compare with others.
"""

import statistics
import time

import torch
from torch import nn

torch.set_num_threads(1)


def head(inputs):
    return nn.Flatten(), nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 10)


def mlp():
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn(side):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        *head(32 * (side // 2) ** 2))


def pooled(side):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        *head(32 * (side // 4) ** 2))


def measure(name, times, f):
    used = []
    for _ in range(times):
        start = time.process_time()
        f()
        used.append(time.process_time() - start)
    print("%s %.3f" % (name, 1000 * statistics.median(used)), flush=True)


def epoch(net, rows, y, batch):
    opt = torch.optim.Adam(net.parameters())

    def run():
        order = torch.randperm(len(rows))
        for i in range(0, len(rows), batch):
            at = order[i:i + batch]
            opt.zero_grad()
            nn.functional.cross_entropy(net(rows[at]), y[at]).backward()
            opt.step()
    return run


def step(net, x):
    net.eval()
    for p in net.parameters():
        p.requires_grad_(False)
    y = torch.zeros(len(x), dtype=torch.long)
    x.requires_grad_(True)
    return lambda: torch.autograd.grad(nn.functional.cross_entropy(net(x), y, reduction="sum"), x)


def main():
    torch.manual_seed(1)
    flat, small, big = torch.rand(1437, 64), torch.rand(1437, 1, 8, 8), torch.rand(512, 1, 28, 28)
    y = torch.arange(1437) % 10
    for name, net, rows, batch in (
            ("mlp/32", mlp(), flat, 32), ("mlp/128", mlp(), flat, 128),
            ("cnn8/32", cnn(8), small, 32), ("cnn8/128", cnn(8), small, 128), ("cnn28/128", cnn(28), big, 128),
            ("pooled8/32", pooled(8), small, 32), ("pooled28/128", pooled(28), big, 128)):
        measure("Epoch/" + name, 5, epoch(net, rows, y[:len(rows)], batch))
    for name, net, x in (("mlp", mlp(), flat), ("pooled8", pooled(8), small), ("pooled28", pooled(28), big)):
        measure("Step/" + name, 20, step(net, x[:200].clone()))


if __name__ == "__main__":
    main()
