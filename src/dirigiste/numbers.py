"""Numbers as people read them: true minus signs, fixed digits, and what stands where there is no number."""

import math
from typing import Final

MINUS: Final = "\N{MINUS SIGN}"

NONE: Final = "\N{EN DASH}"
"""What stands for a number that has no meaning."""


def minus(text: str) -> str:
    """A number in text with true minus signs, that of its exponent too."""
    return text.replace("-", MINUS)


def significant(value: float, digits: int) -> str:
    """A number with significant digits, very large and very small ones with a power of ten; never minus 0."""
    return minus(f"{value + 0.0:.{digits}g}") if math.isfinite(value) else NONE


def fixed(value: float, digits: int) -> str:
    """A number with fixed digits."""
    return minus(f"{value:.{digits}f}") if math.isfinite(value) else NONE


def signed(value: float, digits: int) -> str:
    """A number with its sign and fixed digits; what rounds to 0 has none."""
    if not math.isfinite(value):
        return NONE
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0.0 else f"{'+' if value > 0 else MINUS}{text}"
