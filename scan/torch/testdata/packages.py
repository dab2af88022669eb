#!/usr/bin/env python3
"""Makes the packages in the folder real with torch.package of PyTorch 1.13:
one with a module and a tensor, one without code, and one whose module would
run a command. The command does nothing, and nothing is loaded.
"""

import pathlib

import torch
from torch.package import PackageExporter

REAL = pathlib.Path(__file__).resolve().parent / "real"
NET = "import torch\n\n\ndef scale(x):\n    return 2 * x\n"

with PackageExporter(str(REAL / "package.pt")) as e:
    e.extern("torch.**")
    e.save_source_string("net", NET)
    e.save_pickle("model", "model.pkl", {"w": torch.zeros(4)})

with PackageExporter(str(REAL / "package_data.pt")) as e:
    e.extern("torch.**")
    e.save_pickle("model", "model.pkl", {"w": torch.zeros(4)})

with PackageExporter(str(REAL / "package_evil.pt")) as e:
    e.extern("os")
    e.save_source_string("net", 'import os\n\nos.system("true")\n')
    e.save_pickle("model", "model.pkl", {"w": 1})
