#!/usr/bin/env python3
"""Makes the golden models of this folder with PyTorch.

Run it in this folder:

    python3 make.py

For every model it writes NAME.onnx, and NAME.json with what PyTorch computes:
inputs x, logits z, a random weight r of every logit, and dx, the gradient of
the weighted sum of the logits with respect to x. Everything is flat, row after
row. Made with PyTorch 1.13 and ONNX 1.12; other versions write other bytes
with the same meaning.

Other programs may import this file and use export and golden.
"""

import json

import torch
from torch import nn


def export(model, name, x, opset=17, dynamic=True):
    """Writes model to name.onnx. With dynamic, the batch size stays open."""
    model.eval()
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
    torch.onnx.export(
        model, x, name + ".onnx", opset_version=opset, do_constant_folding=True,
        input_names=["input"], output_names=["output"], dynamic_axes=axes)


def golden(logits, name, x):
    """Writes what logits, a function of the input, computes to name.json."""
    x = x.clone().requires_grad_(True)
    z = logits(x)
    r = torch.randn(z.shape)
    (dx,) = torch.autograd.grad((z * r).sum(), x)

    def flat(t):
        return [float("%.9g" % v) for v in t.detach().reshape(-1).tolist()]

    out = {"rows": x.shape[0], "shape": list(x.shape[1:]), "classes": z.shape[1],
           "x": flat(x), "z": flat(z), "r": flat(r), "dx": flat(dx)}
    with open(name + ".json", "w") as f:
        json.dump(out, f)
        f.write("\n")


class Bend(nn.Module):
    """Even kernels, dilation, groups, odd padding, and every kind of bend."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(2, 6, 2, stride=2)
        self.b = nn.Conv2d(6, 8, 4, stride=2, padding=1, groups=2)
        self.c = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8)
        self.d = nn.Conv2d(8, 6, (1, 4), padding=(0, 2), stride=(1, 2), bias=False)
        self.e = nn.Linear(6 * 3 * 2, 5)

    def forward(self, x):
        x = torch.tanh(self.a(x))
        x = nn.functional.leaky_relu(self.b(x), 0.2)
        x = nn.functional.avg_pool2d(x, 2, stride=1, padding=1)
        x = torch.sigmoid(self.c(x)) + nn.functional.elu(x)
        x = nn.functional.max_pool2d(x, 2, stride=2, ceil_mode=True)
        x = self.d(x)
        return self.e(x.view(x.size(0), -1))


class Block(nn.Module):
    """A residual block with the normalization first, so that it is not folded."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.n1, self.c1 = nn.BatchNorm2d(cin), nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.n2, self.c2 = nn.BatchNorm2d(cout), nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.skip = nn.Conv2d(cin, cout, 1, stride)

    def forward(self, x):
        y = self.c1(torch.relu(self.n1(x)))
        return self.c2(torch.relu(self.n2(y))) + self.skip(x)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2))
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.norm = nn.BatchNorm2d(16)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        x = self.blocks(self.pool(self.stem(x)))
        x = nn.functional.adaptive_avg_pool2d(torch.relu(self.norm(x)), 1)
        return self.head(torch.flatten(x, 1))


class Attention(nn.Module):
    """One block of a transformer over 5 tokens of 8 features."""

    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, n, 3, 2, d // 2).permute(2, 0, 3, 1, 4)
        y = torch.softmax(q @ k.transpose(-1, -2) / 2.0, -1) @ v
        x = x + self.out(y.transpose(1, 2).reshape(b, n, d))
        return self.head((x + self.mlp(x)).mean(1))


class Grow(nn.Module):
    """Shrinks and grows again, in every way that images are stretched."""

    def __init__(self):
        super().__init__()
        self.a, self.pa = nn.Conv2d(2, 6, 3, 2, 1), nn.PReLU(6)
        self.norm, self.group = nn.InstanceNorm2d(6, affine=True), nn.GroupNorm(3, 6)
        self.t = nn.ConvTranspose2d(6, 4, 4, 2, 1, groups=2)
        self.u = nn.ConvTranspose2d(4, 4, 3, 2, 1, output_padding=1, bias=False)
        self.head = nn.Conv2d(4, 4, 3)

    def forward(self, x):
        x = self.norm(self.pa(self.a(x)))
        x = self.group(nn.functional.pad(x, (1, 2, 2, 1), mode="reflect"))
        x = nn.functional.selu(self.t(x))
        x = nn.functional.interpolate(x, scale_factor=0.5, mode="nearest")
        x = self.u(nn.functional.hardswish(x))
        x = nn.functional.interpolate(x, size=(9, 7), mode="bilinear", align_corners=False)
        x = nn.functional.interpolate(x, size=(11, 12), mode="bilinear", align_corners=True)
        x = nn.functional.softplus(self.head(nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")))
        return torch.amax(x, dim=(2, 3))


class Choose(nn.Module):
    """Cuts, compares and chooses."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(12, 16), nn.Linear(20, 4)
        self.register_buffer("order", torch.tensor([3, 1, 7, 5]))
        self.register_buffer("offset", torch.randn(1, 4))

    def forward(self, x):
        a, b, c, d = self.a(x).chunk(4, dim=1)
        y = torch.where(a > b, a.pow(2), nn.functional.hardsigmoid(b) / (1 + c.abs()))
        z = torch.minimum(torch.maximum(c, d), self.offset.expand(x.size(0), 4))
        picked = x[:, 1:9].index_select(1, self.order)
        ones = torch.where(d < 0, torch.ones_like(d), d * 0.5)
        far = torch.sqrt(torch.exp(a[:, ::2].sum(1, keepdim=True).expand(-1, 4)))
        return self.b(torch.cat([y, z, picked, ones, far], 1))


def main():
    torch.manual_seed(7)
    mlp = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3))
    cnn = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 2 * 2, 10))
    resnet = ResNet()
    with torch.no_grad():
        for m in resnet.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.running_mean.uniform_(-0.3, 0.3)
                m.running_var.uniform_(0.5, 2)
                m.weight.uniform_(0.5, 1.5)
                m.bias.uniform_(-0.3, 0.3)
    for spec in (
            ("mlp", mlp, (12,), 13, True, None),
            ("cnn", cnn, (1, 12, 12), 11, True, nn.Softmax(1)),
            ("even", Bend(), (2, 18, 18), 17, False, None),
            ("resnet", resnet, (3, 16, 16), 14, True, nn.LogSoftmax(1)),
            ("attention", Attention(), (5, 8), 17, True, None)):
        make(*spec)
    torch.manual_seed(8)
    make("grow", Grow(), (2, 10, 12), 16, False)
    torch.manual_seed(9)
    make("choose", Choose(), (12,), 13, True)


def make(name, model, shape, opset, dynamic, head=None):
    """Writes a model and what it computes for three rows."""
    x = torch.randn(3 if dynamic else 1, *shape)
    export(model if head is None else nn.Sequential(model, head), name, x, opset, dynamic)
    golden(model.eval(), name, torch.randn(3, *shape))


if __name__ == "__main__":
    main()
