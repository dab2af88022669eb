#!/usr/bin/env python3
"""Measures PyTorch on the nets of BenchmarkEpoch.

    python3 bench_torch.py

prints milliseconds of processor time of an epoch with one thread, the median
of some. Run it in one sitting with

    go test ./ml/train -run xxx -bench Epoch -cpu 1

because figures of a busy machine do not compare with others.
"""

import statistics
import time

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.set_num_threads(1)


def cnn(side):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * (side // 2) ** 2, 64), nn.ReLU(), nn.Linear(64, 10))


def pooled(side):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * (side // 4) ** 2, 64), nn.ReLU(), nn.Linear(64, 10))


def main():
    x = torch.tensor(load_digits().data[:1437] / 16, dtype=torch.float32)
    y = torch.arange(1437) % 10
    big = torch.rand(512, 1, 28, 28)
    mlp = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    for name, net, rows, batch in (
            ("mlp/32", mlp, x, 32), ("mlp/128", mlp, x, 128), ("cnn8/32", cnn(8), x.view(-1, 1, 8, 8), 32),
            ("cnn8/128", cnn(8), x.view(-1, 1, 8, 8), 128), ("cnn28/128", cnn(28), big, 128),
            ("pooled8/32", pooled(8), x.view(-1, 1, 8, 8), 32), ("pooled28/128", pooled(28), big, 128)):
        opt = torch.optim.Adam(net.parameters())
        times = []
        for _ in range(9):
            start = time.process_time()
            order = torch.randperm(len(rows))
            for i in range(0, len(rows), batch):
                at = order[i:i + batch]
                opt.zero_grad()
                nn.functional.cross_entropy(net(rows[at]), y[at]).backward()
                opt.step()
            times.append(time.process_time() - start)
        print("%-12s %8.1f ms" % (name, 1000 * statistics.median(times)))


if __name__ == "__main__":
    main()
