"""Reference values for packages/sentiment: classification metrics of scikit-learn.

    python tooling/oracle/sentiment-classification.py > packages/sentiment/test/fixtures/classification.json

Needs scikit-learn. Classes without a text, without a prediction, or without either count as 0 (zero_division=0).
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

rng = np.random.default_rng(20140101)


def case(name, actual, predicted, classes):
    labels = list(range(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        actual, predicted, labels=labels, zero_division=0
    )
    return {
        "name": name,
        "actual": [int(x) for x in actual],
        "predicted": [int(x) for x in predicted],
        "classes": classes,
        "accuracy": accuracy_score(actual, predicted),
        "macroF1": f1_score(actual, predicted, labels=labels, average="macro", zero_division=0),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "confusion": confusion_matrix(actual, predicted, labels=labels).tolist(),
    }


def noisy(n, classes, share):
    actual = rng.choice(classes, size=n, p=[0.6, 0.28, 0.12])
    wrong = rng.integers(0, classes, size=n)
    return actual, np.where(rng.random(n) < share, wrong, actual)


cases = [
    case("like PhraseBank", *noisy(120, 3, 0.3), 3),
    case("everything neutral", rng.choice(3, size=30), np.full(30, 2), 3),
    case("a class that does not occur", [0, 0, 1, 1], [0, 1, 1, 2], 3),
    case("a class that neither occurs nor is predicted", [0, 1, 1], [0, 0, 1], 3),
    case("all right", [0, 1, 2], [0, 1, 2], 3),
    case("all wrong", [0, 1, 2], [1, 2, 0], 3),
    case("two classes", rng.integers(0, 2, 25), rng.integers(0, 2, 25), 2),
]
json.dump({"versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "cases": cases}, sys.stdout)
print()
