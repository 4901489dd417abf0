"""Reference values for the baselines of packages/forecast: AR, ARIMA(1,1,1) and ridge.

    python tooling/oracle/forecast-baselines.py > packages/forecast/test/fixtures/baselines.json

Needs numpy, scipy, scikit-learn and statsmodels. ARIMA(1,1,1) of the log closes is estimated as ARMA(1,1) of the log returns, from
several starting values; statsmodels' own estimate of the former must not have a higher likelihood.
"""

import json
import sys
import warnings

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.optimize import minimize
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.tsa.ar_model import AutoReg, ar_select_order
from statsmodels.tsa.arima.model import ARIMA

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20151231)
MAX_ORDER = 10
TEST = 40


def closes(n, ar, ma, scale=0.01):
    """Closes whose log returns are ARMA(1,1) or AR(3)."""
    noise = rng.normal(0, scale, n + 1)
    returns = np.zeros(n)
    for t in range(n):
        lags = [returns[t - 1 - k] if t > k else 0 for k in range(len(ar))]
        returns[t] = np.dot(ar, lags) + noise[t + 1] + ma * noise[t]
    return np.round(12000 * np.exp(np.cumsum(np.concatenate([[0], returns + 0.0002]))), 4)


def autoregression(returns, train):
    order = ar_select_order(returns[:train], maxlag=MAX_ORDER, ic="aic", trend="c").ar_lags or []
    lags = len(order)
    fit = AutoReg(returns[:train], lags, trend="c").fit()
    params = [float(v) for v in fit.params]
    forecasts = [
        params[0] + float(np.dot(params[1:], returns[t - lags : t][::-1])) for t in range(train, len(returns) + 1)
    ]
    own = fit.model.predict(fit.params, start=train, end=train)
    assert abs(own[0] - forecasts[0]) < 1e-12
    return {"order": lags, "params": params, "forecasts": forecasts}


def arma(returns, log_closes, train):
    """The likelihood is statsmodels'; scipy's simplex maximizes it further than statsmodels' own optimizer stops."""
    model = ARIMA(returns[:train], order=(1, 0, 1), trend="n", concentrate_scale=True)
    model.ssm.tolerance = 0  # no steady-state shortcut: near an MA root of 1 it costs digits

    def loss(point):
        return -model.loglike(np.tanh(point))

    starts = [(0.5, 0.3), (-0.5, 0.4), (1.5, -1.1), (-1.5, 1.1), (2.5, -3), (-2.5, 3), (0.2, -0.7), (-0.05, -0.05)]
    options = {"xatol": 1e-11, "fatol": 1e-12, "maxiter": 4000, "maxfev": 8000}
    best = min((minimize(loss, s, method="Nelder-Mead", options=options) for s in starts), key=lambda r: r.fun)
    params = np.tanh(best.x)
    whole = ARIMA(log_closes[: train + 1], order=(1, 1, 1)).fit()
    assert whole.llf < -best.fun + 0.05, (whole.llf, best.fun)  # its diffuse start costs or gains a little
    extended = model.smooth(params).apply(returns)
    forecasts = [*extended.predict(start=train, end=len(returns) - 1), *extended.forecast(1)]
    return {
        "ar": float(params[0]),
        "ma": float(params[1]),
        "logLikelihood": float(-best.fun),
        "forecasts": [float(v) for v in forecasts],
    }


def series(n, ar, ma):
    levels = closes(n, ar, ma)
    log_closes = np.log(levels)
    returns = np.diff(log_closes)
    train = n - TEST
    return {
        "closes": levels.tolist(),
        "train": train,
        "ar": autoregression(returns, train),
        "arima": arma(returns, log_closes, train),
    }


def ridge(n, width, strength):
    x = rng.normal(0, 1, (n + 10, width)) * np.exp(rng.normal(0, 2, width))
    x[:, -1] = x[:, 0] * 0.5 + rng.normal(0, 0.01, n + 10)
    y = strength * x[:, 0] / x[:, 0].std() + rng.normal(0, 0.01, n + 10)
    x, y = np.round(x, 8), np.round(y, 8)
    penalties = [10 ** (i / 2 - 1) for i in range(15)]
    model = make_pipeline(StandardScaler(), RidgeCV(alphas=penalties)).fit(x[:n], y[:n])
    regression = model[-1]
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "train": n,
        "penalty": float(regression.alpha_),
        "intercept": float(regression.intercept_),
        "coefficients": regression.coef_.tolist(),
        "forecasts": model.predict(x[n:]).tolist(),
    }


json.dump(
    {
        "generator": "tooling/oracle/forecast-baselines.py",
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__,
                     "scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
                     "scikit-learn": sklearn.__version__},
        "series": [
            series(300, [0.5], 0.4),
            series(400, [-0.3], -0.3),
            series(300, [0.2, -0.3, 0.25], 0.0),
            series(500, [0.0], 0.0),
        ],
        "ridge": [ridge(80, 8, 0.01), ridge(60, 6, 0.0), ridge(15, 20, 0.02)],
    },
    sys.stdout,
    separators=(",", ":"),
)
sys.stdout.write("\n")
