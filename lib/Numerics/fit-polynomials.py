#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fits the coefficients in Polynomials.h: weighted least squares on Chebyshev
nodes in extended precision, reweighted towards the minimax solution (Lawson),
then rounded to float. Prints C++ arrays, highest power first, and the largest
error of the exact polynomial relative to the function."""
import math
import numpy as np

LD = np.longdouble


def nodes(low, high, count=2000):
    k = np.arange(count, dtype=LD)
    return LD(low + high) / 2 + LD(high - low) / 2 * np.cos(np.pi * (k + LD(0.5)) / count)


def lstsq(a, b):
    # Householder QR in extended precision: numpy.linalg has double only.
    a, b = a.copy(), b.copy()
    m, n = a.shape
    for j in range(n):
        v = a[j:, j].copy()
        v[0] += np.copysign(np.sqrt(np.sum(v * v)), v[0])
        v /= np.sqrt(np.sum(v * v))
        a[j:] -= 2 * np.outer(v, v @ a[j:])
        b[j:] -= 2 * v * (v @ b[j:])
    x = np.zeros(n, dtype=LD)
    for j in range(n - 1, -1, -1):
        x[j] = (b[j] - a[j, j + 1:n] @ x[j + 1:]) / a[j, j]
    return x


def fit(x, target, scale, degree, variable=None):
    """Minimizes max |poly(variable) - target| * scale."""
    t = x if variable is None else variable
    basis = np.stack([t ** p for p in range(degree, -1, -1)], axis=1)
    weight = np.ones_like(x)
    best, best_error = None, None
    for _ in range(60):
        w = np.sqrt(weight) * scale
        c = lstsq(basis * w[:, None], target * w)
        error = np.abs((basis @ c - target) * scale)
        if best is None or error.max() < best_error:
            best, best_error = c, error.max()
        weight *= error + error.max() * LD(1e-3)
        weight /= weight.sum()
    return best, best_error


def show(name, c, error, kind="float"):
    if kind == "float":
        text = ", ".join(float(np.float32(v)).hex() + "f" for v in c)
    else:
        text = ", ".join(float(v).hex() for v in c)
    print(f"// {name}: error {float(error):.2e} = 2^{math.log2(float(error)):.1f}")
    print(f"constexpr {kind} {name}[] = {{{text}}};")


def series(x, terms):
    """sum of terms(k, x), for functions that cancel near zero."""
    total = np.zeros_like(x)
    for k in range(40):
        total += terms(k, x)
    return total


def factorial(n):
    return LD(math.factorial(n))


ln2 = np.log(LD(2))

# exp(r) = 1 + r + r^2 Q(r)
x = nodes(-float(ln2) / 2 * 1.001, float(ln2) / 2 * 1.001)
q = series(x, lambda k, x: x ** k / factorial(k + 2))
c, e = fit(x, q, x * x / np.exp(x), 4)
show("expCoefficients", c, e)

# log(1 + f) = f - f^2/2 + f^3 P(f), f in [sqrt(1/2) - 1, sqrt(2) - 1]
x = nodes(math.sqrt(0.5) - 1 - 1e-4, math.sqrt(2) - 1 + 1e-4)
x = x[np.abs(x) > 1e-3]
p = (np.log1p(x) - x + x * x / 2) / x ** 3
c, e = fit(x, p, x ** 3 / np.log1p(x), 8)
show("logCoefficients", c, e)

# tanh(x) = x + x^3 P(x^2), |x| < 0.625
x = nodes(1e-2, 0.6251)
c, e = fit(x, (np.tanh(x) - x) / x ** 3, x ** 3 / np.tanh(x), 4, x * x)
show("tanhCoefficients", c, e)

# erf(x) = x P(x^2), |x| < 1
x = nodes(0.0, 1.0)
erf_small = 2 / np.sqrt(LD(np.pi)) * series(
    x, lambda k, x: (-1) ** k * x ** (2 * k) / (factorial(k) * (2 * k + 1)))
c, e = fit(x, erf_small, 1 / erf_small, 6, x * x)
show("erfSmallCoefficients", c, e)

# erf(x) = 1 - exp(T(x)), 1 <= x <= 4; the error is that of erf itself.
x = nodes(0.995, 4.0)
erfc = np.array([math.erfc(float(v)) for v in x], dtype=LD)
c, e = fit(x, np.log(erfc), erfc, 6)
show("erfTailCoefficients", c, e)

# sin(r) = r + r^3 S(r^2), cos(r) = 1 - r^2/2 + r^4 C(r^2), |r| <= pi/4
x = nodes(0.0, math.pi / 4 * 1.001)
s = series(x, lambda k, x: (-1) ** (k + 1) * x ** (2 * k) / factorial(2 * k + 3))
c, e = fit(x, s, x ** 3 / np.sin(x), 3, x * x)
show("sinCoefficients", c, e)
s = series(x, lambda k, x: (-1) ** k * x ** (2 * k) / factorial(2 * k + 4))
c, e = fit(x, s, x ** 4 / np.cos(x), 2, x * x)
show("cosCoefficients", c, e)

# pow works in double. log(m) = 2 s + s^3 L(s^2), s = (m - 1)/(m + 1), |s| <= 0.1716;
# 2^f = 1 + f E(f), |f| <= 1/2.
x = nodes(0.0, 0.1717)
s = 2 * series(x, lambda k, x: x ** (2 * k) / (2 * k + 3))
c, e = fit(x, s, x ** 3 / (2 * x + s * x ** 3), 4, x * x)
show("powLogCoefficients", c, e, "double")
x = nodes(-0.501, 0.501)
s = series(x, lambda k, x: ln2 ** (k + 1) * x ** k / factorial(k + 1))
c, e = fit(x, s, x / np.exp2(x), 7)
show("powExpCoefficients", c, e, "double")

hi = LD(round(float(ln2) * 2 ** 15)) / 2 ** 15
print("ln2High", float(hi).hex(), "ln2Low", float(np.float32(ln2 - hi)).hex())
pi2 = LD("1.57079632679489661923132169163975144209858469968755")
hi = LD(round(float(pi2) * 2 ** 25)) / 2 ** 25
print("halfPiHigh", float(hi).hex(), "halfPiLow",
      (float(LD("1.57079632679489661923132169163975144209858469968755") - hi)).hex())
print("log2e", float(np.float32(1 / ln2)).hex(), float(1 / ln2).hex(), "2/pi", float(1 / pi2).hex())
