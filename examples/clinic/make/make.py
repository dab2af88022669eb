"""Makes the files of the example clinic. Needs PyTorch and its ONNX exporter.

    python3 examples/clinic/make/make.py

Written with PyTorch 1.13.0. The data are synthetic: no patient, no hospital.
Everything is seeded, so the same PyTorch makes the same files.
"""

import csv
import os
import pathlib

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent.parent
RNG = np.random.default_rng(20261124)

# name, mean, standard deviation, lowest, highest, decimals
FEATURES = [
    ("age", 52, 21, 1, 99, 0),
    ("heart_rate", 88, 18, 40, 180, 0),
    ("respiratory_rate", 17, 4, 8, 40, 0),
    ("temperature", 37.1, 0.8, 34.5, 41.5, 1),
    ("systolic", 126, 21, 60, 220, 0),
    ("diastolic", 76, 12, 35, 130, 0),
    ("oxygen_saturation", 96, 3, 72, 100, 0),
    ("pain", 4, 2.6, 0, 10, 0),
    ("glucose", 6.6, 2.1, 2.0, 25.0, 1),
    ("lactate", 1.5, 0.9, 0.3, 9.0, 1),
    ("hours_since_onset", 30, 26, 0, 168, 0),
    ("visits_last_year", 2, 2, 0, 20, 0),
]
CLASSES = ["home", "clinic", "emergency"]


def patients(n):
    """Returns n rows of measurements and the class a careful nurse chooses."""
    sick = RNG.normal(size=n)  # how ill somebody is moves the measurements together
    pull = [0.15, 0.65, 0.7, 0.45, -0.45, -0.35, -0.75, 0.55, 0.3, 0.75, -0.15, 0.2]
    x = np.empty((n, len(FEATURES)))
    for i, (_, mean, sd, low, high, decimals) in enumerate(FEATURES):
        z = pull[i] * sick + np.sqrt(1 - pull[i] ** 2) * RNG.normal(size=n)
        x[:, i] = np.clip(np.round(mean + sd * z, decimals), low, high)
    col = {name: x[:, i] for i, (name, *_) in enumerate(FEATURES)}
    score = (
        0.9 * (col["heart_rate"] - 88) / 18
        + 1.1 * (col["respiratory_rate"] - 17) / 4
        + 0.5 * np.abs(col["temperature"] - 37) / 0.8
        - 0.7 * (col["systolic"] - 126) / 21
        - 1.4 * (col["oxygen_saturation"] - 96) / 3
        + 0.6 * (col["pain"] - 4) / 2.6
        + 1.1 * (col["lactate"] - 1.5) / 0.9
        + 0.3 * (col["age"] - 52) / 21
        + RNG.normal(scale=0.45, size=n)
    )
    y = np.digitize(score, [0.4, 3.6])
    return x.astype(np.float32), y


def write_csv(path, x, y):
    with open(path, "w", newline="\n") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow([name for name, *_ in FEATURES] + ["label"])
        for row, label in zip(x, y):
            w.writerow([f"{v:.{d}f}" for v, (*_, d) in zip(row, FEATURES)] + [int(label)])


class Triage(nn.Module):
    """Takes measurements in their own units; scales them itself."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([f[1] for f in FEATURES], dtype=torch.float32))
        self.register_buffer("scale", torch.tensor([f[2] for f in FEATURES], dtype=torch.float32))
        self.net = nn.Sequential(
            nn.Linear(len(FEATURES), 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, len(CLASSES))
        )

    def forward(self, x):
        return self.net((x - self.mean) / self.scale)


def train():
    torch.manual_seed(7)
    torch.set_num_threads(1)
    x, y = patients(1600)
    tx, ty = patients(400)
    write_csv(HERE / "triage/train.csv", x, y)
    write_csv(HERE / "triage/triage.csv", tx, ty)
    model = Triage()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    xs, ys = torch.tensor(x), torch.tensor(y)
    for _ in range(60):
        for batch in torch.randperm(len(xs)).split(64):
            opt.zero_grad()
            nn.functional.cross_entropy(model(xs[batch]), ys[batch]).backward()
            opt.step()
    model.eval()
    accuracy = (model(torch.tensor(tx)).argmax(1).numpy() == ty).mean()
    print("held-out accuracy", accuracy, "classes", np.bincount(ty))
    torch.onnx.export(
        model, torch.zeros(1, len(FEATURES)), HERE / "triage/triage.onnx", opset_version=13,
        input_names=["measurements"], output_names=["logits"],
        dynamic_axes={"measurements": {0: "n"}, "logits": {0: "n"}},
    )
    return model


class Notes(nn.Module):
    """The encoder of nurses' notes: a bag of hashed words."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(512, 16, mode="mean")
        self.out = nn.Linear(16, 16)


class Payload:
    """An object whose loading would call a function: here one that does nothing."""

    def __reduce__(self):
        return os.system, ("true # quintain-canary: inert",)


def main():
    (HERE / "triage").mkdir(exist_ok=True)
    (HERE / "models").mkdir(exist_ok=True)
    model = train()
    torch.manual_seed(11)
    torch.save({"epoch": 12, "model": Notes().state_dict()}, HERE / "models/notes-encoder.pt")
    torch.save({"model": model.state_dict(), "author": Payload()}, HERE / "models/triage-community.pt")


if __name__ == "__main__":
    main()
