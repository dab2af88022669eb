#!/usr/bin/env python3
"""Counts how many of the 360 digits the standard AutoAttack leaves standing:
the figures of TestAutoAttack in package standard.

Run it in this folder with PyTorch, NumPy, onnx and torchattacks installed. The
attack is the AutoAttack of torchattacks 3.5.1, a port of the code of Croce and
Hein: their own is no package that an installer finds. One more line is from
this file: the projection of the linear model, which no attack can beat.
"""

import json
import time

import onnx
import torch
import torchattacks
from onnx import numpy_helper
from torch import nn

torch.set_num_threads(1)
digits = json.load(open("digits.json"))
x = torch.tensor([["0123456789abcdefg".index(c) / 16 for c in row] for row in digits["rows"]])
y = torch.tensor(digits["y"])


def linear(w, b):
    layer = nn.Linear(w.shape[1], w.shape[0])
    layer.weight.data, layer.bias.data = torch.as_tensor(w).clone().float(), torch.as_tensor(b).clone().float()
    return layer


def network():
    values = [numpy_helper.to_array(t) for t in onnx.load("mlp.onnx").graph.initializer]
    matrices, vectors = [v for v in values if v.ndim == 2], [v for v in values if v.ndim == 1]
    layers = []
    for i, w in enumerate(matrices):
        layers += [linear(w, vectors[i]), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *layers[:-1])


models = {"linear": nn.Sequential(nn.Flatten(), linear(torch.tensor(digits["w"]), torch.tensor(digits["b"]))), "mlp": network()}
images = x.reshape(-1, 1, 8, 8)
for name, model in models.items():
    model.eval()
    right = model(images).argmax(1) == y
    for norm, eps in [("Linf", 0.05), ("Linf", 0.1), ("Linf", 0.2), ("L2", 0.5), ("L2", 1.0)]:
        start = time.process_time()
        attack = torchattacks.AutoAttack(model, norm=norm, eps=eps, version="standard", n_classes=10, seed=0)
        adv = attack(images[right], y[right])
        stand = (model(adv).argmax(1) == y[right]).sum().item()
        print(name, norm, eps, "stand:", stand, "of", len(y), "CPU s: %.1f" % (time.process_time() - start), flush=True)
