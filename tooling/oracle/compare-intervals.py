"""Reference values for the paired intervals of packages/compare.

    python tooling/oracle/compare-intervals.py > packages/compare/test/fixtures/paired-intervals.json

Needs numpy and scipy. A difference is scipy's paired t test; a ratio is the same on logarithms.
"""

import json
import sys

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20160701)


def case(n, kind, level):
    baseline = np.round(rng.uniform(1, 3, n), 6)
    other = np.round(baseline / rng.uniform(1.5, 2.5, n) if kind == "ratio" else baseline + rng.normal(0, 0.1, n), 6)
    left, right = (np.log(baseline), np.log(other)) if kind == "ratio" else (other, baseline)
    interval = stats.ttest_rel(left, right).confidence_interval(level)
    bounds, value = np.array([interval.low, interval.high]), np.mean(left - right)
    if kind == "ratio":
        bounds, value = np.exp(bounds), np.exp(value)
    return {"kind": kind, "level": level, "pairs": np.stack([baseline, other], 1).tolist(),
            "value": float(value), "interval": bounds.tolist()}


fixture = {
    "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__},
    "cases": [case(n, kind, level) for n in (2, 3, 5, 12) for kind in ("ratio", "difference") for level in (0.9, 0.95)],
    "quantiles": [{"probability": p, "df": df, "t": float(stats.t.ppf(p, df))}
                  for p in (0.01, 0.3, 0.5, 0.9, 0.975, 0.999) for df in (1, 2, 4, 29, 1000)],
}
print(json.dumps(fixture))
