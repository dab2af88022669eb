#!/usr/bin/env python3
"""Writes a network of the size of ResNet-18 with random weights, and pictures.

    python3 resnet18.py FOLDER

makes FOLDER/resnet18.onnx (45 MB, 11.7 million weights, pictures of 3 by 224 by
224, 1,000 classes) and FOLDER/resnet18.csv, random pictures labeled as the
network classifies them. They are too large to keep; they are for measuring how
much memory an attack takes:

    /usr/bin/time -v quintain attack resnet18.onnx --data resnet18.csv --samples 4

The layers are those of He et al., "Deep Residual Learning for Image
Recognition", 2015, arXiv:1512.03385, table 1. Made with PyTorch 1.13.
"""

import sys

import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions beside a way around them."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.a, self.na = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.b, self.nb = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.around = nn.Identity()
        if stride != 1 or cin != cout:
            self.around = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = torch.relu(self.na(self.a(x)))
        return torch.relu(self.nb(self.b(y)) + self.around(x))


def resnet18(classes=1000):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    cin = 64
    for cout, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(cin, cout, stride), Block(cout, cout, 1)]
        cin = cout
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def main(folder, rows=40, side=224):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    net = resnet18()
    x = torch.rand(rows, 3, side, side)
    net.train()
    with torch.no_grad():
        for _ in range(3):  # running means and variances that fit
            net(x[:16])
    net.eval()
    torch.onnx.export(net, x[:1], folder + "/resnet18.onnx", opset_version=17, input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
    with torch.no_grad():
        y = torch.cat([net(part).argmax(1) for part in x.split(8)])
    with open(folder + "/resnet18.csv", "w") as f:
        f.write(",".join("p%d" % i for i in range(3 * side * side)) + ",label\n")
        for row, label in zip(x.reshape(rows, -1), y):
            f.write(",".join("%.4f" % v for v in row) + ",%d\n" % label)


if __name__ == "__main__":
    main(sys.argv[1])
