"""Writes the golden files with skops: the schema of models of scikit-learn.

Usage: python3 make.py   (in this folder)
"""
import io
import operator
import zipfile
from functools import partial

import numpy as np
import skops
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

rng = np.random.default_rng(1)
x, y = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)


def save(name, model):
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as z:
        open(name + ".json", "wb").write(z.read("schema.json"))


print(skops.__version__)
save("logistic", make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y))
save("boosting", GradientBoostingClassifier(n_estimators=2, max_depth=1).fit(x, y))
save("text", TfidfVectorizer().fit(["a b", "b c d words"]))
save("columns", ColumnTransformer([("a", OneHotEncoder(), [0]), ("b", FunctionTransformer(np.log1p), [1])]).fit(abs(x)))
save("system", FunctionTransformer(partial(operator.methodcaller("lower"))))
