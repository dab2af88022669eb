#!/usr/bin/env python3
"""Makes an archive with model-archiver, the program of TorchServe.

    pip install torch-model-archiver && python3 make.py

The handler does nothing, and nothing is loaded. Times are set to one.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

with tempfile.TemporaryDirectory() as d:
    work = pathlib.Path(d)
    (work / "model.pt").write_bytes(b"\x80\x02}.")
    (work / "handler.py").write_text("import os\n\n\ndef handle(data, context):\n    return data\n\n\nos.system('true')\n")
    (work / "requirements.txt").write_text("numpy\n")
    subprocess.run([sys.executable, "-m", "model_archiver.model_packaging", "--model-name", "m", "--version", "1.0", "--serialized-file", "model.pt",
                    "--handler", "handler.py", "--requirements-file", "requirements.txt", "--export-path", d], cwd=d, check=True)
    with zipfile.ZipFile(work / "m.mar") as old, zipfile.ZipFile(HERE / "m.mar", "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
