"""Reference values for packages/forecast: metrics, significance tests and baselines.

    python tooling/oracle/forecast-metrics.py > packages/forecast/test/fixtures/metrics.json

Needs mpmath, numpy, scipy and statsmodels >= 0.15 (which brought diebold_mariano_test). The regression metrics are numpy
one-liners of scikit-learn's formulas. Diebold-Mariano with horizon 1 comes from statsmodels itself; with longer horizons
statsmodels weighs the autocovariances (Bartlett), where Harvey, Leybourne and Newbold, and R's forecast::dm.test, do not,
so those are R's formula in numpy.
"""

import json
import sys

import mpmath
import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tsa.stattools import diebold_mariano_test

mpmath.mp.dps = 60
rng = np.random.default_rng(20160701)


def r_dm_test(errors_a, errors_b, horizon, power, alternative):
    """forecast::dm.test of R, varestimator "acf"."""
    d = np.abs(errors_a) ** power - np.abs(errors_b) ** power
    n = len(d)
    centred = d - d.mean()
    cov = [np.sum(centred[lag:] * centred[: n - lag]) / n for lag in range(horizon)]
    variance = (cov[0] + 2 * sum(cov[1:])) / n
    if variance <= 0:
        return r_dm_test(errors_a, errors_b, 1, power, alternative)
    k = np.sqrt((n + 1 - 2 * horizon + (horizon / n) * (horizon - 1)) / n)
    statistic = k * d.mean() / np.sqrt(variance)
    p = {
        "two-sided": 2 * stats.t.cdf(-abs(statistic), n - 1),
        "less": stats.t.cdf(statistic, n - 1),
        "greater": stats.t.sf(statistic, n - 1),
    }[alternative]
    return float(statistic), float(p)


def forecasts(n):
    """A random walk, and a forecast of it that looks at the day before."""
    closes = 17000 + np.cumsum(rng.normal(2, 160, n + 1))
    last, actual = closes[:-1], closes[1:]
    predicted = last + rng.normal(5, 60, n) + 0.2 * (actual - last)
    return np.round(last, 4), np.round(actual, 4), np.round(predicted, 4)


def metrics(n):
    last, actual, predicted = forecasts(n)
    error = actual - predicted
    named = predicted != last
    hits = int(np.sum(((predicted > last) == (actual >= last)) & named))
    low, high = proportion_confint(hits, int(named.sum()), 0.05, method="wilson")
    squared = diebold_mariano_test(actual, predicted, last, lags=0, criterion="mse", harvey_adj=True)
    absolute = diebold_mariano_test(actual, predicted, last, lags=0, criterion="mae", harvey_adj=True)
    return {
        "lastClose": last.tolist(),
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "mape": float(np.abs(error / actual).mean()),
        "smape": float((2 * np.abs(error) / (np.abs(actual) + np.abs(predicted))).mean()),
        "r2": float(1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum()),
        "mase": float(np.abs(error).mean() / np.abs(np.diff(last)).mean()),
        "directionalAccuracy": hits / int(named.sum()),
        "directionalInterval": [float(low), float(high)],
        "squared": {"statistic": float(squared.statistic), "pValue": float(squared.pvalue)},
        "absolute": {"statistic": float(absolute.statistic), "pValue": float(absolute.pvalue)},
    }


def correlated_errors(n, horizon):
    """Errors of overlapping horizons: moving averages of the same shocks."""
    shocks = rng.normal(0, 1, (2, n + horizon - 1))
    kernel = np.ones(horizon)
    a, b = (np.convolve(row, kernel, "valid") for row in shocks)
    return np.round(a, 6), np.round(1.3 * b, 6)


def diebold_mariano_cases():
    cases = []
    for n, horizon in [(12, 1), (60, 1), (60, 2), (60, 5), (250, 10), (14, 6)]:
        a, b = correlated_errors(n, horizon)
        for power, loss in [(2, "squared"), (1, "absolute")]:
            for alternative in ["two-sided", "less", "greater"]:
                statistic, p = r_dm_test(a, b, horizon, power, alternative)
                cases.append(
                    {"a": a.tolist(), "b": b.tolist(), "horizon": horizon, "loss": loss,
                     "alternative": alternative, "statistic": statistic, "pValue": p}
                )
    return cases


def student_t():
    """Exact values: scipy 1.17.1 itself is off by 1.6e-9 at df 1, t 1e-8."""
    dfs = [0.5, 1, 2, 3.5, 7, 30, 65, 377, 1e3, 1e4, 1e6]
    ts = [-40.0, -9.0, -4.5, -2.576, -1.96, -1.0, -0.3, -1e-3, -1e-8, 0.0, 1e-8, 0.1, 0.7, 1.5, 2.2, 3.3, 6.0, 25.0]

    def two_sided(t, df):
        t, df = mpmath.mpf(t), mpmath.mpf(df)
        return mpmath.betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True) if t else mpmath.mpf(1)

    def case(t, df):
        both = two_sided(t, df)
        return {"t": t, "df": df, "cdf": float(1 - both / 2 if t > 0 else both / 2), "twoSided": float(both)}

    return [case(t, df) for df in dfs for t in ts]


def normal_quantiles():
    ps = [1e-300, 1e-20, 1e-8, 1e-4, 0.005, 0.025, 0.05, 0.074, 0.076, 0.2, 0.5, 0.6, 0.9, 0.925, 0.95, 0.975, 0.995, 1 - 1e-9]
    return [{"p": p, "z": float(stats.norm.ppf(p))} for p in ps]


def wilson():
    cases = [(0, 5), (5, 5), (1, 1), (3, 10), (192, 378), (193, 378), (30, 66), (999, 1000)]
    return [
        {"successes": k, "n": n, "level": level,
         "interval": [float(v) for v in proportion_confint(k, n, 1 - level, method="wilson")]}
        for k, n in cases for level in (0.8, 0.95, 0.99)
    ]


def pearson():
    cases = []
    for n, slope in [(4, 0.5), (40, 0.0), (378, 0.1), (378, -2.0)]:
        x = np.round(rng.normal(0, 1, n), 6)
        y = np.round(slope * x + rng.normal(0, 1, n), 6)
        result = stats.pearsonr(x, y)
        interval = result.confidence_interval(0.95)
        cases.append({"x": x.tolist(), "y": y.tolist(), "r": float(result.statistic), "pValue": float(result.pvalue),
                      "interval": [float(interval.low), float(interval.high)]})
    return cases


json.dump(
    {
        "generator": "tooling/oracle/forecast-metrics.py",
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__,
                     "statsmodels": statsmodels.__version__, "mpmath": mpmath.__version__},
        "metrics": [metrics(n) for n in (9, 66, 378)],
        "dieboldMariano": diebold_mariano_cases(),
        "studentT": student_t(),
        "normalQuantile": normal_quantiles(),
        "wilson": wilson(),
        "pearson": pearson(),
    },
    sys.stdout,
    separators=(",", ":"),
)
sys.stdout.write("\n")
