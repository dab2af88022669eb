"""Writes the files in testdata/benign: what programs in use write when people
save small models, for the proof that the scanner leaves them alone.

    python3 scan/floor/testdata/make.py

with torch 2.15, scikit-learn 1.9, joblib 1.6, numpy 2.4, onnx 1.23, h5py 3.16,
xgboost 3.2, lightgbm 4.7 and keras 3.15; make_tf.py writes those of TensorFlow.
Files of other
versions are in the folders of the formats. What is too large is not kept.
"""
import os
import pickle

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "torch"

import h5py
import joblib
import lightgbm
import numpy as np
import onnx
import torch
import xgboost
import keras
import sklearn.cluster
import sklearn.compose
import sklearn.datasets
import sklearn.decomposition
import sklearn.discriminant_analysis
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.feature_selection
import sklearn.gaussian_process
import sklearn.impute
import sklearn.isotonic
import sklearn.kernel_ridge
import sklearn.linear_model
import sklearn.mixture
import sklearn.model_selection
import sklearn.multiclass
import sklearn.naive_bayes
import sklearn.neighbors
import sklearn.neural_network
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.svm
import sklearn.tree

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "benign")
os.makedirs(out, exist_ok=True)
at = lambda name: os.path.join(out, name)
LIMIT = 24 << 10

X, y = sklearn.datasets.load_iris(return_X_y=True)
X, y = X[::5], y[::5]
sk = sklearn
estimators = {
    "logistic": sk.linear_model.LogisticRegression(max_iter=200),
    "linear": sk.linear_model.LinearRegression(),
    "ridge": sk.linear_model.RidgeCV(),
    "lasso": sk.linear_model.Lasso(),
    "sgd": sk.linear_model.SGDClassifier(random_state=0),
    "tree": sk.tree.DecisionTreeClassifier(max_depth=3),
    "forest": sk.ensemble.RandomForestClassifier(3, max_depth=2, random_state=0),
    "boosting": sk.ensemble.GradientBoostingClassifier(n_estimators=2, max_depth=2),
    "histogram": sk.ensemble.HistGradientBoostingClassifier(max_iter=2),
    "ada": sk.ensemble.AdaBoostClassifier(n_estimators=2),
    "isolation": sk.ensemble.IsolationForest(n_estimators=2, random_state=0),
    "voting": sk.ensemble.VotingClassifier([("a", sk.naive_bayes.GaussianNB()), ("b", sk.tree.DecisionTreeClassifier(max_depth=2))]),
    "bayes": sk.naive_bayes.GaussianNB(),
    "multinomial": sk.naive_bayes.MultinomialNB(),
    "neighbors": sk.neighbors.KNeighborsClassifier(3),
    "balltree": sk.neighbors.KNeighborsClassifier(3, algorithm="ball_tree"),
    "svc": sk.svm.SVC(probability=False),
    "linearsvc": sk.svm.LinearSVC(),
    "mlp": sk.neural_network.MLPClassifier((4,), max_iter=20, random_state=0),
    "lda": sk.discriminant_analysis.LinearDiscriminantAnalysis(),
    "gaussian": sk.gaussian_process.GaussianProcessClassifier(),
    "kmeans": sk.cluster.KMeans(2, n_init=1),
    "dbscan": sk.cluster.DBSCAN(),
    "pca": sk.decomposition.PCA(2),
    "nmf": sk.decomposition.NMF(2, max_iter=20),
    "mixture": sk.mixture.GaussianMixture(2),
    "kernelridge": sk.kernel_ridge.KernelRidge(),
    "scaler": sk.preprocessing.StandardScaler(),
    "minmax": sk.preprocessing.MinMaxScaler(),
    "onehot": sk.preprocessing.OneHotEncoder(handle_unknown="ignore"),
    "polynomial": sk.preprocessing.PolynomialFeatures(2),
    "imputer": sk.impute.SimpleImputer(),
    "select": sk.feature_selection.SelectKBest(k=2),
    "ovr": sk.multiclass.OneVsRestClassifier(sk.linear_model.LogisticRegression()),
    "grid": sk.model_selection.GridSearchCV(sk.svm.SVC(), {"C": [1, 2]}, cv=2),
    "pipeline": sk.pipeline.make_pipeline(sk.preprocessing.StandardScaler(), sk.linear_model.LogisticRegression()),
    "columns": sk.compose.ColumnTransformer([("a", sk.preprocessing.StandardScaler(), [0, 1]), ("b", "passthrough", [2])]),
    "xgboost": xgboost.XGBClassifier(n_estimators=2, max_depth=2),
    "lightgbm": lightgbm.LGBMClassifier(n_estimators=2, num_leaves=3, min_child_samples=2, verbose=-1),
}
protocols = [2, 3, 4, 5]
codecs = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)]
for i, (name, e) in enumerate(sorted(estimators.items())):
    e.fit(X, y)
    with open(at("%s.pkl" % name), "wb") as f:
        pickle.dump(e, f, protocols[i % 4])
    joblib.dump(e, at("%s.joblib" % name), compress=codecs[i % 6])
text = ["a model of text", "a text of models", "no model"]
joblib.dump(sk.feature_extraction.text.TfidfVectorizer().fit(text), at("tfidf.joblib"))
joblib.dump(sk.feature_extraction.text.CountVectorizer().fit(text), at("count.joblib"))
joblib.dump(sk.isotonic.IsotonicRegression().fit(X[:, 0], y), at("isotonic.joblib"))

a = np.arange(12, dtype=np.float32).reshape(3, 4)
np.save(at("array.npy"), a)
np.savez(at("arrays.npz"), a=a, b=np.array(["x", "yy"]), c=np.bool_(True))
np.savez_compressed(at("packed.npz"), a=a.astype(">i8"), t=np.datetime64("2026-01-01"))
for p in range(6):
    with open(at("array%d.pkl" % p), "wb") as f:
        pickle.dump({"a": a, "s": a[0, 0], "n": [1, 2.5, "x", None, True, 1 << 80], "t": (1,), "f": np.asfortranarray(a)}, f, p)

net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2))
opt = torch.optim.Adam(net.parameters())
net(torch.ones(2, 4)).sum().backward()
opt.step()
torch.save(net.state_dict(), at("state.pt"))
torch.save(net.state_dict(), at("legacy.pth"), _use_new_zipfile_serialization=False)
torch.save({"model": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 3, "loss": 0.5}, at("checkpoint.ckpt"))
torch.save(net, at("module.pt"))
torch.save([torch.ones(2, dtype=t) for t in (torch.half, torch.bfloat16, torch.int8, torch.bool, torch.complex64)], at("types.pt"))
torch.save({"sparse": torch.eye(3).to_sparse(), "parameter": torch.nn.Parameter(torch.ones(2)), "size": torch.Size([1, 2])}, at("kinds.pt"))

h = onnx.helper
w = h.make_tensor("w", onnx.TensorProto.FLOAT, [2, 2], [1, 2, 3, 4])
g = h.make_graph([h.make_node("MatMul", ["x", "w"], ["h"]), h.make_node("Relu", ["h"], ["y"])], "g",
                 [h.make_tensor_value_info("x", 1, [1, 2])], [h.make_tensor_value_info("y", 1, [1, 2])], [w])
onnx.save(h.make_model(g, opset_imports=[h.make_opsetid("", 21)]), at("model.onnx"))

with h5py.File(at("data.h5"), "w") as f:
    f["a"] = a
    f.create_dataset("packed", data=a, compression="gzip", chunks=(2, 2))
    f.attrs["note"] = "text"

booster = estimators["xgboost"].get_booster()
booster.save_model(at("xgboost.json"))
booster.save_model(at("xgboost.ubj"))
estimators["lightgbm"].booster_.save_model(at("lightgbm.txt"))

model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dropout(0.1), keras.layers.Dense(2)])
model.compile("adam", "mse")
model.save(at("model.keras"))
model.save(at("model.h5"))
model.save_weights(at("model.weights.h5"))
inputs = keras.layers.Input((8, 8, 1))
h = keras.layers.Conv2D(2, 3, kernel_initializer="he_normal", kernel_regularizer="l2")(inputs)
h = keras.layers.GlobalAveragePooling2D()(keras.layers.BatchNormalization()(h))
keras.Model(inputs, keras.layers.Dense(2, "softmax")(h)).save(at("functional.keras"))

for name in os.listdir(out):
    if os.path.getsize(at(name)) > LIMIT:
        print("too large:", name, os.path.getsize(at(name)))
        os.remove(at(name))
