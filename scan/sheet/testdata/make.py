"""Makes the checkpoints of this folder with PyTorch 1.13, and what is in them.

    python3 make.py
"""

import collections
import io
import json
import pickletools
import zipfile

import torch

torch.manual_seed(7)
weights = collections.OrderedDict(
    [
        ("fc.weight", torch.randn(4, 3)),
        ("fc.bias", torch.randn(4)),
        ("turned", torch.randn(3, 4).t()),
        ("part", torch.arange(12.0).reshape(3, 4)[:, 1:3]),
        ("half", torch.randn(5).half()),
        ("brain", torch.randn(5).bfloat16()),
        ("steps", torch.tensor(7)),
        ("mask", torch.tensor([True, False])),
    ]
)
torch.save(weights, "weights.pt")
torch.save(weights, "old.pt", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "model": weights}, "training.pt")


def hexed(t):
    t = t.contiguous()
    t = t.view(torch.int16) if t.dtype == torch.bfloat16 else t
    return t.numpy().tobytes().hex()


def want(format, prefix=""):
    tensors = {prefix + k: {"Shape": list(v.shape), "Hex": hexed(v)} for k, v in weights.items()}
    return {"Format": format, "Parameters": sum(v.numel() for v in weights.values()), "Tensors": tensors}


with open("want.json", "w") as f:
    json.dump({"weights.pt": want("pytorch-zip"), "old.pt": want("pytorch-legacy"), "training.pt": want("pytorch-zip", "model.")}, f, indent=1)
with zipfile.ZipFile("weights.pt") as z, open("listing.txt", "w") as f:
    for op, _, pos in pickletools.genops(io.BytesIO(z.read("weights/data.pkl"))):
        f.write("%04x %s\n" % (pos, op.name))
