"""Exponential and logarithm for kernels: without branches, so that loops over them can be vectorised.

numba brings no vector mathematics library, and a call of the system's `exp` in a loop keeps all of the loop
from being vectorised. These functions are arithmetic on doubles and on their bits only. They agree with NumPy
to two units in the last place over the whole range, subnormal numbers, infinities and nan included.

The polynomials are interpolants at Chebyshev nodes, computed in extended precision; their errors are below a
fifth of a unit in the last place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from dirigiste.numerics.compiled import kept

Function = TypeVar("Function", bound=Callable[..., Any])


def inline(function: Function) -> Function:
    """Compile a small function as `programs.jit` does, always inlined where it is called."""
    kernel: Any = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"}, forceinline=True)(
        function
    )
    if hasattr(kernel, "_cache"):  # not if NUMBA_DISABLE_JIT is set
        kernel._cache = kept.Kept(function)
    return kernel


ROUND = 1.5 * 2.0**52
"""(x + ROUND) - ROUND rounds x to an integer, which is in the low bits of x + ROUND."""

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931467056274414, 4.7493250390316726e-07
"""ln 2 in two parts, the first with 21 bits, so that its product with an exponent is exact."""

ONE = np.int64(0x3FF0000000000000)
"""Bits of 1.0."""

ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""Bits of the square root of 1/2."""

ROOT_TWO_LESS_1 = 0.41421356237309515
"""Where 1 + x leaves the range from the square root of 1/2 to that of 2."""

TO_ONE = ONE - ROOT_HALF
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
TWO_52 = np.int64(0x4330000000000000)
"""Bits of 2^52: an integer below 2^52 put into them is that integer plus 2^52."""

UNBIAS = 2.0**52 + 1023.0
SMALLEST_NORMAL = 2.2250738585072014e-308
TINY_SCALE = 2.0**54


@intrinsic
def _bits(_context: Any, x: Any) -> Any:  # noqa: ANN401, ARG001
    """The 64 bits of a double as an integer."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _double(_context: Any, x: Any) -> Any:  # noqa: ANN401, ARG001
    """The double with these 64 bits."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@inline
def _power_of_two(rounded: float) -> float:
    """2^k from k + ROUND, for k from -1022 to 1023."""
    return _double((_bits(rounded) << np.int64(52)) + ONE)  # pyright: ignore[reportCallIssue]


@inline
def _reduced(x: float) -> tuple[float, float, float]:
    """e^x - 1 of the remainder of x by ln 2, and 2^k as a product of two factors."""
    k = (x * LOG2_E + ROUND) - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    half = 0.5 * k + ROUND
    first = _power_of_two(half)
    second = _power_of_two((k - (half - ROUND)) + ROUND)
    r2 = r * r
    r4 = r2 * r2
    low = (0.5 + 0.16666666666666669 * r) + r2 * (0.04166666666662412 + 0.008333333333329957 * r)
    middle = (0.0013888888917215846 + 0.00019841269863333838 * r) + r2 * (
        2.4801521293874233e-05 + 2.755726816650001e-06 * r
    )
    high = 2.7620089153683826e-07 + 2.5100490629229738e-08 * r
    return r + r2 * (low + r4 * (middle + r4 * high)), first, second


@inline
def exp(x: float) -> float:
    """e^x."""
    x = 720.0 if x > 720.0 else x
    x = -760.0 if x < -760.0 else x
    more, first, second = _reduced(x)
    return ((1.0 + more) * first) * second


@inline
def expm1(x: float) -> float:
    """e^x - 1; infinite above 709.4."""
    near = 709.4 if x > 709.4 else x
    near = -760.0 if near < -760.0 else near
    more, first, second = _reduced(near)
    result = (more * first) * second + (first * second - 1.0)
    return np.inf if x > 709.4 else result


@inline
def _log_of(f: float, exponent: float) -> float:
    """log((1 + f) 2^exponent), for 1 + f from the square root of 1/2 to that of 2."""
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    series = (
        (0.666666666666667 + 0.39999999999899444 * z)
        + z2 * (0.2857142862600328 + 0.2222221113014831 * z)
        + (z2 * z2) * ((0.1818288946972466 + 0.15331710021573955 * z) + 0.14616593793566598 * z2)
    )
    half = 0.5 * f * f
    return exponent * LN2_HIGH - ((half - (s * (half + z * series) + exponent * LN2_LOW)) - f)


@inline
def log(x: float) -> float:
    """Natural logarithm of x; -inf at 0, nan below."""
    tiny = x < SMALLEST_NORMAL
    scaled = x * TINY_SCALE if tiny else x
    moved = _bits(scaled) + TO_ONE  # pyright: ignore[reportCallIssue]
    exponent = _double(((moved >> np.int64(52)) & np.int64(0xFFF)) | TWO_52) - UNBIAS
    exponent = exponent - 54.0 if tiny else exponent
    result = _log_of(_double((moved & MANTISSA) + ROOT_HALF) - 1.0, exponent)
    result = x if x == np.inf else result
    outside = -np.inf if x == 0.0 else np.nan
    return result if x > 0.0 else outside


@inline
def log1p_unit(x: float) -> float:
    """log(1 + x) for x from 0 to 1."""
    upper = x > ROOT_TWO_LESS_1
    return _log_of(0.5 * x - 0.5 if upper else x, 1.0 if upper else 0.0)


@inline
def log1p(x: float) -> float:
    """log(1 + x)."""
    u = 1.0 + x
    result = log(u) - ((u - 1.0) - x) / u
    result = x if u == np.inf else result
    return -np.inf if x == -1.0 else result


@inline
def power(base: float, exponent: float) -> float:
    """base^exponent for base >= 0 and a finite exponent other than 0; 0 at base 0 whatever the exponent."""
    result = exp(exponent * log(base))
    return result if base > 0.0 else 0.0
