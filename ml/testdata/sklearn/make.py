#!/usr/bin/env python3
"""Makes the golden models of scikit-learn in this folder.

Run it in this folder:

    python3 make.py

For every model it writes NAME.onnx, as skl2onnx converts it, and NAME.json with
rows x and what the model says of them: scores, the second output that ONNX
Runtime computes, probabilities where the model has them, and labels, what
predict says. Made with scikit-learn 1.9, skl2onnx 1.20 and ONNX
Runtime 1.32.
"""

import json
import warnings

import numpy as np
import onnxruntime
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from skl2onnx import to_onnx


def flat(a):
    return [float("%.9g" % v) for v in np.asarray(a, dtype=np.float64).reshape(-1)]


def main():
    warnings.filterwarnings("ignore")
    x, y = load_iris(return_X_y=True)
    x, two = x.astype(np.float32), (y > 1).astype(int)
    models = {
        "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), y),
        "logistic2": (make_pipeline(Normalizer(), LogisticRegression(C=50)), two),
        "ridge": (make_pipeline(MinMaxScaler(), RidgeClassifier()), y),
        "forest": (RandomForestClassifier(5, max_depth=4, random_state=1), y),
        "forest2": (RandomForestClassifier(5, max_depth=3, random_state=1), two),
        "tree": (DecisionTreeClassifier(max_depth=3, random_state=1), y),
        "boost": (GradientBoostingClassifier(n_estimators=4, random_state=1), y),
        "boost2": (GradientBoostingClassifier(n_estimators=4, random_state=1), two),
        "svm": (SVC(), y),
        "svm2": (SVC(), two),
        "polynomial": (SVC(kernel="poly", degree=2, coef0=1), y),
        "perceptron": (MLPClassifier((8,), max_iter=300, random_state=1), y),
        "perceptron2": (MLPClassifier((8,), max_iter=300, random_state=1), two),
    }
    rng = np.random.default_rng(1)
    for name, (model, labels) in models.items():
        model.fit(x, labels)
        onx = to_onnx(model, x[:1], options={"zipmap": name == "logistic"} if name != "ridge" else None)
        with open(name + ".onnx", "wb") as f:
            f.write(onx.SerializeToString())
        rows = x[rng.permutation(len(x))[:24]] + rng.normal(0, 0.3, (24, 4)).astype(np.float32)
        rows[:6] = x[:150:25]  # exactly on thresholds, some of them
        session = onnxruntime.InferenceSession(onx.SerializeToString())
        got, scores = session.run(None, {"X": rows})
        if name == "logistic":
            scores = [[row[k] for k in sorted(row)] for row in scores]
        assert (got == model.predict(rows)).all(), name
        with open(name + ".json", "w") as f:
            json.dump({"rows": len(rows), "x": flat(rows), "scores": flat(scores),
                       "labels": [int(v) for v in got]}, f)
            f.write("\n")


if __name__ == "__main__":
    main()
