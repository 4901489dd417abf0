"""Reference values for the tests and intervals of packages/forecast that forecast-metrics.py does not cover.

    python tooling/oracle/forecast-statistics.py > packages/forecast/test/fixtures/statistics.json

Needs arch, numpy, scipy and statsmodels. Clark-West is statsmodels' t statistic of a regression on a constant, as the paper runs it.
Pesaran-Timmermann is the paper's formula in numpy (equations 5 and 6), because no library has it; the same
holds for conformal intervals. Block lengths and bootstrap intervals
come from arch; intervals depend on random draws, so the fixture gives each bound with the spread of 20 repetitions.
"""

import json
import sys

import arch
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20160104)


def clark_west(n, signal):
    actual = rng.normal(0, 1, n)
    smaller = rng.normal(0, 0.05, n)
    larger = smaller + rng.normal(0, 0.3, n) + signal * actual
    actual, smaller, larger = (np.round(v, 6) for v in (actual, smaller, larger))
    terms = (actual - smaller) ** 2 - ((actual - larger) ** 2 - (smaller - larger) ** 2)
    fit = sm.OLS(terms, np.ones(n)).fit()
    return {"actual": actual.tolist(), "restricted": smaller.tolist(), "unrestricted": larger.tolist(),
            "statistic": float(fit.tvalues[0]), "pValue": float(stats.norm.sf(fit.tvalues[0]))}


def pesaran_timmermann(n, up, skill):
    y = rng.random(n) < up
    x = np.where(rng.random(n) < skill, y, rng.random(n) < up)
    p, py, px = np.mean(x == y), y.mean(), x.mean()
    star = py * px + (1 - py) * (1 - px)
    v = star * (1 - star) / n
    w = ((2 * py - 1) ** 2 * px * (1 - px) + (2 * px - 1) ** 2 * py * (1 - py)) / n + 4 * py * px * (1 - py) * (1 - px) / n**2
    statistic = (p - star) / np.sqrt(v - w)
    return {"actual": y.astype(int).tolist(), "forecast": x.astype(int).tolist(), "statistic": float(statistic),
            "pValue": float(stats.norm.sf(statistic))}


def arma(n, ar, ma):
    noise = rng.normal(0, 1, n + 1)
    x = np.zeros(n)
    for t in range(n):
        x[t] = (ar * x[t - 1] if t else 0) + noise[t + 1] + ma * noise[t]
    return np.round(x, 6)


def bootstrap(n, ar, ma):
    x = arma(n, ar, ma)
    y = np.round(0.4 * x + rng.normal(0, 1, n), 6)
    block = max(1.0, float(optimal_block_length(x)["stationary"].iloc[0]))

    def bounds(function, data):
        runs = []
        for seed in range(20):
            boot = StationaryBootstrap(block, *data, seed=seed)
            runs.append(boot.conf_int(function, 2000, method="percentile", size=0.9)[:, 0])
        return {"mean": np.mean(runs, axis=0).tolist(), "deviation": np.std(runs, axis=0, ddof=1).tolist()}

    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "blockLength": block,
        "level": 0.9,
        "mean": bounds(lambda a: a.mean(), (x,)),
        "correlation": bounds(lambda a, b: np.corrcoef(a, b)[0, 1], (x, y)),
    }


def conformal(calibration_n, n, level, step, drift):
    """Split conformal and Gibbs and Candes' adaptive rule (equation 2), over the last `calibration_n` errors."""
    days = calibration_n + n
    last = 1000 + np.cumsum(rng.normal(0, 5, days))
    spread = np.where(np.arange(days) < calibration_n, 1, drift) * 0.01
    actual = np.round(last * np.exp(rng.normal(0, 1, days) * spread), 6)
    predicted = np.round(last, 6)
    errors = np.abs(np.log(actual / predicted))

    def quantile(known, alpha):
        rank = int(np.ceil(np.round((len(known) + 1) * (1 - alpha), 9)))
        return np.inf if rank > len(known) else np.sort(known)[rank - 1] if rank > 0 else 0.0

    split = np.full(n, quantile(errors[:calibration_n], 1 - level))
    adaptive, alpha = [], 1 - level
    for i in range(n):
        adaptive.append(quantile(errors[i : calibration_n + i], alpha))
        alpha += step * ((1 - level) - float(errors[calibration_n + i] > adaptive[-1]))
    radii = {"split": split, "adaptive": np.array(adaptive)}
    return {"actual": actual.tolist(), "predicted": predicted.tolist(), "calibrationN": calibration_n, "level": level,
            "stepSize": step, "radii": {k: [float(r) if np.isfinite(r) else None for r in v] for k, v in radii.items()}}


def holm():
    cases = [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.01], rng.random(12).round(4).tolist()]
    return [{"pValues": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in cases]


json.dump(
    {
        "generator": "tooling/oracle/forecast-statistics.py",
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__,
                     "statsmodels": statsmodels.__version__, "arch": arch.__version__},
        "normalTail": [{"z": z, "tail": float(stats.norm.sf(z))} for z in
                       [-30.0, -6.0, -2.4999, -1.0, -1e-9, 0.0, 0.1, 1.0, 1.96, 2.4999, 2.5, 2.6, 4.0, 8.0, 20.0, 37.0]],
        "clarkWest": [clark_west(n, signal) for n, signal in [(12, 0.0), (60, 0.1), (200, 0.3)]],
        "pesaranTimmermann": [pesaran_timmermann(n, up, skill) for n, up, skill in [(20, 0.5, 0.3), (150, 0.6, 0.0), (378, 0.53, 0.2)]],
        "holm": holm(),
        "blockLength": [{"x": x.tolist(), "length": float(optimal_block_length(x)["stationary"].iloc[0])} for x in
                        [arma(60, 0.0, 0.0), arma(250, 0.5, 0.0), arma(250, 0.0, 0.7), arma(250, -0.6, 0.0), arma(200, 0.95, 0.0)]],
        "conformal": [conformal(40, 60, 0.9, 0.05, 2.0), conformal(10, 30, 0.9, 0.1, 3.0), conformal(60, 60, 0.8, 0.005, 0.5)],
        "bootstrap": [bootstrap(120, 0.6, 0.0), bootstrap(150, 0.0, 0.0)],
    },
    sys.stdout,
    separators=(",", ":"),
)
sys.stdout.write("\n")
