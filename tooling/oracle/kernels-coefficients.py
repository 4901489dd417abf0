"""The polynomials of packages/kernels/native/approx.h: prints their coefficients, highest power first, and their errors.

    python tooling/oracle/kernels-coefficients.py        (numpy, scipy)

They are minimax fits of the relative error, where nothing else is said: weighted least squares on Chebyshev nodes, the weights raised
by Lawson's iteration where the error is large.
"""

import textwrap

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.special import erfcx, ndtr

NODES = 2000
ITERATIONS = 200


def fit(basis_factor, target, nodes, domain, degree):
    """p with basis_factor * p close to target, in units of 1."""
    low, high = domain
    matrix = chebyshev.chebvander((2 * nodes - low - high) / (high - low), degree) * basis_factor[:, None]
    weights = np.ones(len(nodes))
    for _ in range(ITERATIONS):
        root = np.sqrt(weights)
        solution = np.linalg.lstsq(matrix * root[:, None], target * root, rcond=None)[0]
        error = np.abs(matrix @ solution - target)
        weights = np.maximum(weights * error, 1e-300)
        weights = np.maximum(weights / weights.mean(), 1e-12)
    power = Chebyshev(solution, domain=domain).convert(kind=Polynomial).coef
    return power[::-1].astype(np.float32), error.max()


def nodes_of(domain):
    low, high = domain
    return (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)


# e^(z²/2) times the upper tail of the normal distribution at z, as t q(t) with t = 1 / (1 + c z), for z up to 14.5.
c = float(np.float32(0.3875))
domain = (1 / (1 + c * 14.5), 1.0)
t = nodes_of(domain)
ratio = 0.5 * erfcx((1 / t - 1) / c / np.sqrt(2))
coefficients, error = fit(t / ratio, np.ones(NODES), t, domain, 9)
print(f"kRatio (c = {c}, relative error {error:.1e}):", ", ".join(map(str, coefficients)))

# e^r = 1 + r + r² p(r) for |r| <= ln(2) / 2.
bound = np.log(2) / 2 * 1.0001
r = nodes_of((-bound, bound))
scale = r * r / np.exp(r)
tail = np.array([sum(x**k / float(np.prod(np.arange(1, k + 3, dtype=float))) for k in range(20)) for x in r])
coefficients, error = fit(scale, tail * scale, r, (-bound, bound), 4)
print(f"kExp (relative error {error:.1e}):", ", ".join(map(str, coefficients)))

# tanh(x) = x + x³ p(x²) for |x| <= 0.625.
bound = 0.625**2 * 1.0001
u = nodes_of((1e-6, bound))
x = np.sqrt(u)
scale = x**3 / np.tanh(x)
coefficients, error = fit(scale, (np.tanh(x) - x) / np.tanh(x), u, (1e-6, bound), 4)
print(f"kTanh (relative error {error:.1e}):", ", ".join(map(str, coefficients)))

# 2^x for x from 0 to 1, for results that are rounded to bfloat16.
x = nodes_of((0.0, 1.0))
coefficients, error = fit(np.exp2(-x), np.ones(NODES), x, (0.0, 1.0), 3)
print(f"kExp2Above (relative error {error:.1e}):", ", ".join(map(str, coefficients)))

# What GELU and its derivative take from |v|, by parabolas around 0, 3/16, 6/16 and so on: z Φ(-z) and Φ(-z) - z φ(z). The first has a relative
# error, but an absolute one below 1e-6; the second an absolute one.
STEP = 3 / 16
SEGMENTS = 32


def print_parabolas(name, function, unit, goes_through_zero):
    rows, worst = [], 0.0
    for segment in range(SEGMENTS):
        middle = segment * STEP
        domain = (max(0.0, middle - STEP / 2), middle + STEP / 2)
        z = nodes_of(domain)
        scale = 1 / unit(z)
        if segment == 0 and goes_through_zero:
            coefficients, error = fit(z * scale, function(z) * scale, z, domain, 1)
            coefficients = np.append(coefficients, np.float32(0))
        else:
            coefficients, error = fit(scale, function(z) * scale, z, domain, 2)
        rows.append(coefficients)
        worst = max(worst, error)
    print(f"{name} (error {worst:.1e}):")
    for power in zip(*rows):
        numbers = ", ".join(f"{value:#.9g}f" for value in power)
        print(textwrap.fill("{" + numbers + "},", 130, initial_indent="    ", subsequent_indent="     "))


def upper_tail(z):
    return z * ndtr(-z)


def upper_slope(z):
    return ndtr(-z) - z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


print_parabolas("kGeluTail", upper_tail, lambda z: np.maximum(upper_tail(z), 1e-6), True)
print_parabolas("kGeluSlopeTail", upper_slope, np.ones_like, False)
