#!/usr/bin/env python3
"""Makes steps.json and the models beside it with PyTorch 1.13.

    python3 make.py

For each optimizer and net: the net as an ONNX file, rows, labels, and the
weights after three steps on all rows, in the order of the parameters.
"""

import json

import torch
from torch import nn


def nets():
    yield "mlp", nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), (5,)
    yield "cnn", nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 2, stride=2, groups=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3)), (1, 8, 8)
    yield "norm", nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.PReLU(), nn.Linear(8, 3)), (6,)


OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2),
    "adam-decay": lambda p: torch.optim.Adam(p, lr=1e-2, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd-momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
}


def flat(t):
    return [float("%.9g" % v) for v in t.detach().reshape(-1).tolist()]


def main():
    torch.manual_seed(3)
    out = []
    for name, net, shape in nets():
        x, y = torch.rand(9, *shape), torch.arange(9) % 3
        start = {k: v.clone() for k, v in net.state_dict().items()}
        torch.onnx.export(net, x, name + ".onnx", opset_version=17, input_names=["x"], output_names=["z"],
                          dynamic_axes={"x": {0: "n"}, "z": {0: "n"}}, do_constant_folding=False)
        for kind, make in OPTIMIZERS.items():
            net.load_state_dict(start)
            opt = make(net.parameters())
            for _ in range(3):
                opt.zero_grad()
                nn.functional.cross_entropy(net(x), y).backward()
                opt.step()
            out.append({"net": name, "optimizer": kind, "x": flat(x), "y": y.tolist(),
                        "weights": {k: flat(v) for k, v in net.named_parameters()}})
    with open("steps.json", "w") as f:
        json.dump(out, f)
        f.write("\n")


if __name__ == "__main__":
    main()
