"""Lists what scikit-learn puts into files, and writes some of them.

    python scan/pickle/testdata/estimators.py list    # adds to scan/pickle/allow_sklearn.txt
    python scan/pickle/testdata/estimators.py files   # real/sk*.pkl and real/sk*.joblib

Run it from the root of the module, with scikit-learn 0.23 and 1.9 in turn:
the list is the union. With "files", xgboost and lightgbm are used if they are
there. Everything is seeded.
"""

import importlib
import inspect
import os
import pickle
import pkgutil
import sys
import warnings

warnings.filterwarnings("ignore")

import joblib
import numpy as np
import sklearn
from sklearn.base import BaseEstimator

LIST = "scan/pickle/allow_sklearn.txt"
REAL = "scan/pickle/testdata/real/"
HEAD = """# scikit-learn: estimators and what they are made of. Written by testdata/estimators.py
# from versions 0.23 and 1.9: every estimator, the helper classes that fitted ones
# hold, whose state is a dict or arrays, and the functions that they refer to by
# name, which a file may name and not call.
"""

# Modules all of whose classes hold numbers and other such classes.
HELPERS = (
    "sklearn._loss", "sklearn.gaussian_process.kernels", "sklearn.neural_network._stochastic_optimizers",
    "sklearn.metrics._dist_metrics", "sklearn.neighbors._dist_metrics", "sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree",
    "sklearn.linear_model._sgd_fast", "sklearn.linear_model._glm", "sklearn.ensemble._gb_losses", "sklearn.tree._tree",
    "sklearn.ensemble._hist_gradient_boosting", "sklearn.calibration", "sklearn.cluster._birch", "sklearn.cluster._bisect_k_means",
    "sklearn.impute._iterative", "sklearn.gaussian_process._gpc", "sklearn.metrics._scorer", "sklearn.utils._bunch", "sklearn.tree._criterion",
    "sklearn.tree._splitter", "sklearn.compose._column_transformer", "sklearn.model_selection._split", "sklearn.utils.metadata_routing",
    "sklearn.cross_decomposition", "sklearn.utils._metadata_requests",
)
# Modules whose public functions estimators refer to.
FUNCTIONS = (
    "sklearn.feature_selection._univariate_selection", "sklearn.feature_selection._mutual_info", "sklearn.metrics._classification",
    "sklearn.metrics._regression", "sklearn.metrics._ranking", "sklearn.metrics.pairwise", "sklearn.cluster._kmeans", "sklearn.preprocessing._data",
    "sklearn.metrics.cluster._supervised", "sklearn.metrics.cluster._unsupervised",
)
# Cython functions that make an empty object of a class of theirs.
MAKERS = ("newObj", "__pyx_unpickle_")


def names():
    out = {}
    for info in pkgutil.walk_packages(sklearn.__path__, "sklearn."):
        if ".tests" in info.name or "externals" in info.name or "_testing" in info.name or "conftest" in info.name:
            continue
        try:
            module = importlib.import_module(info.name)
        except Exception:
            continue
        for name, x in vars(module).items():
            if getattr(x, "__module__", None) != info.name or name.startswith("test"):
                continue
            helper = info.name.startswith(HELPERS)
            if inspect.isclass(x) and (issubclass(x, BaseEstimator) or helper):
                out[info.name + "." + x.__qualname__] = "call"
            elif helper and name.startswith(MAKERS):
                out[info.name + "." + name] = "call"
            elif info.name in FUNCTIONS and callable(x) and not inspect.isclass(x):
                out[info.name + "." + name] = "import"
    return out


def update():
    have = names()
    if os.path.exists(LIST):
        for line in open(LIST):
            words = line.split()
            if words and words[0] != "#":
                have.update((n, words[0]) for n in words[1:])
    with open(LIST, "w") as f:
        f.write(HEAD)
        modules = {}
        for n in sorted(have):
            modules.setdefault((n.rsplit(".", 1)[0], have[n]), []).append(n)
        for (_, word), group in sorted(modules.items()):
            f.write("%s %s\n" % (word, " ".join(group)))
    print(len(have))


def files():
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import load_iris
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor, StackingClassifier, VotingClassifier
    if sklearn.__version__.startswith("0."):
        from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.feature_selection import SelectKBest
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.metrics import make_scorer, f1_score
    from sklearn.model_selection import GridSearchCV
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    from sklearn.decomposition import PCA
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    X, y = load_iris(return_X_y=True)
    X, y = X[::5].copy(), y[::5].copy()
    text = ["good model", "bad model", "good data", "bad pickle"] * 5
    columns = ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), [2])])
    models = {
        "logistic": LogisticRegression(), "sgd": SGDClassifier(random_state=1), "svm": SVC(probability=True), "tree": DecisionTreeClassifier(max_depth=3),
        "forest": RandomForestRegressor(n_estimators=3, max_depth=3), "gbdt": GradientBoostingClassifier(n_estimators=2, max_depth=2),
        "hist": HistGradientBoostingClassifier(max_iter=2, max_bins=8), "knn": KNeighborsClassifier(algorithm="kd_tree"), "mlp": MLPClassifier((4,), max_iter=5),
        "gp": GaussianProcessRegressor(), "pipeline": make_pipeline(make_union(PCA(2), SelectKBest(k=2)), StandardScaler(), LogisticRegression()),
        "columns": make_pipeline(columns, DecisionTreeClassifier(max_depth=2)),
        "function": make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()),
        "voting": VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=2))]),
        "grid": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=make_scorer(f1_score, average="macro")),
        "stack": StackingClassifier([("a", DecisionTreeClassifier(max_depth=2))], cv=2),
        "text": None,
    }
    for lib, cls, more in (("xgboost", "XGBClassifier", {}), ("lightgbm", "LGBMClassifier", {"min_child_samples": 1, "verbose": -1})):
        try:
            models[lib] = getattr(importlib.import_module(lib), cls)(n_estimators=2, max_depth=2, **more)
        except ImportError:
            pass
    tag = "sk" + "".join(sklearn.__version__.split(".")[:2])
    size, limit = 0, 60000 if tag == "sk023" else 200000
    for i, (name, m) in enumerate(models.items()):
        np.random.seed(1)
        if name == "text":
            m = make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(text, [0, 1, 0, 1] * 5)
        else:
            m.fit(X, y)
        proto = 2 + i % (pickle.HIGHEST_PROTOCOL - 1)
        out = ["%s-%s-proto%d.pkl" % (tag, name, proto), "%s-%s.joblib" % (tag, name)]
        with open(REAL + out[0], "wb") as f:
            pickle.dump(m, f, proto)
        joblib.dump(m, REAL + out[1])
        for o in out:
            n = os.path.getsize(REAL + o)
            if n > 20000 or size + n > limit:
                print("dropped", o, n)
                os.remove(REAL + o)
            else:
                size += n
    objects = np.array([{"a": np.arange(3)}, "text", None], dtype=object)
    joblib.dump({"o": objects, "again": np.arange(4.0), "f": np.asfortranarray(np.ones((2, 3))), "s": np.array(["ab", "c"]), "t": np.float32(1)}, REAL + tag + "-arrays.joblib")
    if tag != "sk023":
        for codec in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4"):
            joblib.dump(models["logistic"], REAL + tag + "-logistic.joblib." + codec, compress=(codec, 3))
    print(size)


{"list": update, "files": files}[sys.argv[1]]()
