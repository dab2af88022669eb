#!/usr/bin/env python3
"""Makes digits.json: a logistic regression on handwritten digits, and the rows
to attack it on.

Run it in this folder with scikit-learn installed. The data is the test part of
"Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak; UCI
Machine Learning Repository, CC BY 4.0), as scikit-learn ships it: 8x8 pixels of
0 to 16. Every fifth image is a row to attack, the others train the model.

The problem is convex, so any correct solver finds these weights. For a linear
model the rows that can be turned within a budget are known exactly; the
program prints how many cannot.
"""

import json

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

digits = load_digits()
x, y = digits.data / 16, digits.target
test = np.arange(len(y)) % 5 == 0
model = LogisticRegression(C=1, tol=1e-10, max_iter=100000).fit(x[~test], y[~test])
w, b = model.coef_, model.intercept_

for eps in (0, 0.05, 0.1, 0.2, 0.3):
    standing = 0
    for row, label in zip(x[test], y[test]):
        low, high = np.maximum(row - eps, 0), np.minimum(row + eps, 1)
        d = w[label] - np.delete(w, label, 0)
        worst = np.where(d > 0, d * low, d * high).sum(1) + b[label] - np.delete(b, label)
        standing += (worst > 0).all()
    print("eps", eps, "standing", standing, "of", test.sum())

json.dump({
    "w": [[round(float(v), 9) for v in row] for row in w],
    "b": [float(v) for v in b],
    "y": [int(v) for v in y[test]],
    "rows": ["".join("0123456789abcdefg"[int(v)] for v in row) for row in digits.data[test]],
}, open("digits.json", "w"), separators=(",", ":"))
