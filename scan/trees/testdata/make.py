"""Writes the golden files of the tree formats with XGBoost 2.1.4 and LightGBM 4.7.0.

Usage: python3 make.py   (in this folder)
"""
import numpy as np
import lightgbm
import xgboost

rng = np.random.default_rng(1)
x = rng.normal(size=(64, 3)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype(int)

params = {"objective": "binary:logistic", "max_depth": 2, "seed": 1, "nthread": 1}
booster = xgboost.train(params, xgboost.DMatrix(x, y, feature_names=["a", "b", "c"]), 3)
booster.save_model("model.json")
booster.save_model("model.ubj")
open("model.bin", "wb").write(booster.save_raw("deprecated"))
linear = xgboost.train(dict(params, booster="gblinear"), xgboost.DMatrix(x, y), 2)
linear.save_model("linear.json")
dart = xgboost.train(dict(params, booster="dart", rate_drop=0.1), xgboost.DMatrix(x, y), 2)
dart.save_model("dart.ubj")
y3 = rng.integers(0, 3, 64)
cat = xgboost.DMatrix(np.c_[x, rng.integers(0, 4, 64)], y3, feature_types=["q", "q", "q", "c"], enable_categorical=True)
xgboost.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "nthread": 1}, cat, 2).save_model("classes.ubj")

data = lightgbm.Dataset(np.c_[x, rng.integers(0, 4, 64)], y, categorical_feature=[3], params={"verbose": -1, "min_data_in_leaf": 2})
model = lightgbm.train({"objective": "binary", "num_leaves": 4, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 2, "seed": 1, "cat_smooth": 1, "min_data_per_group": 1}, data, 3)
model.save_model("lightgbm.txt")
