#!/usr/bin/env python3
"""Makes the NumPy files of this folder with NumPy 1.24.

    python3 make.py
"""

import numpy as np

table = np.array([[1, 2, 0], [3, -4.5, 1], [5, 6, 2]])
for name, dtype in (("f8", "<f8"), ("f4be", ">f4"), ("i2", "<i2")):
    np.save("table-%s.npy" % name, table.astype(dtype))
np.save("object.npy", np.array([[1, None]], dtype=object), allow_pickle=True)
np.save("fortran.npy", np.asfortranarray(table))
images = (np.arange(2 * 3 * 4) % 7).reshape(2, 3, 4).astype("u1")
np.savez_compressed("images.npz", x=images, y=np.array([1, 0]))
np.savez("nolabels.npz", x=images)
