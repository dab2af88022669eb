#!/usr/bin/env python3
"""Makes mlp.onnx: a network of 64, 128, 64 and 10 units with Relu between,
trained on handwritten digits.

Run it in this folder with PyTorch installed, and give it the digits.csv.gz that
scikit-learn ships; make.py says where the data is from. Every fifth image is
left for attacks, the others train the network: 60 rounds of Adam at 0.001 in
batches of 64, first weights from seed 0, order from seed 1000. Made with
PyTorch 1.13; other versions may end at other weights.
"""

import sys

import numpy as np
import torch
from torch import nn

data = np.loadtxt(sys.argv[1], delimiter=",")
x = torch.tensor(data[:, :-1] / 16, dtype=torch.float32)
y = torch.tensor(data[:, -1], dtype=torch.int64)
test = torch.arange(len(y)) % 5 == 0
torch.set_num_threads(1)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
order = torch.Generator().manual_seed(1000)
xt, yt = x[~test], y[~test]
for _ in range(60):
    for batch in torch.randperm(len(yt), generator=order).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(xt[batch]), yt[batch]).backward()
        optimizer.step()
print("correct:", (model(x[test]).argmax(1) == y[test]).sum().item(), "of", test.sum().item())
torch.onnx.export(model, x[:1], "mlp.onnx", opset_version=17, input_names=["x"], output_names=["z"],
                  dynamic_axes={"x": {0: "batch"}, "z": {0: "batch"}})
