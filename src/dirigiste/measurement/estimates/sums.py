"""Sums by cell, or by group in a cell: sums of value added, capital and labour, and of A^(σ-1).

With α of the industry, everything about gains follows from four sums a cell (docs/measure-method.md, (5) to
(8)). Logs here are relative to the cell's means, so that neither units nor large σ can overflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]


BLOCK: Final = 1 << 15
"""Rows of a stretch."""

LARGEST: Final = 650.0
"""Largest ln A^(σ-1) relative to the cell; sums of its exponentials stay within the range of floats."""


@dataclass(frozen=True)
class Logs:
    """Firm-level logs at given capital shares, relative to the cell's means of ln y, ln k, ln l. All (N)."""

    tfpr: Array
    """ln TFPR = ln y - α ln k - (1-α) ln l."""
    tfpq: Array
    """ln A = σ/(σ-1) ln y - α ln k - (1-α) ln l (κ left out)."""
    power: Array
    """A^(σ-1)."""

    @classmethod
    def of(cls, sample: Sample, alpha: Array) -> Self:
        """At capital shares `alpha` (I)."""
        tfpr, tfpq, power = (np.empty(sample.rows) for _ in range(3))
        share, slope, elasticity = alpha[sample.cell_industry], 1 / (sample.sigma - 1), sample.sigma - 1
        for block in sample.blocks:
            rows = block.rows
            r, q = tfpr[rows], tfpq[rows]
            np.subtract(sample.ln_l[rows], sample.ln_k[rows], out=r)
            r *= sample.in_block(block, share)
            r += sample.ln_y[rows]
            r -= sample.ln_l[rows]
            np.multiply(sample.ln_y[rows], sample.in_block(block, slope), out=q)
            q += r
            np.multiply(q, sample.in_block(block, elasticity), out=power[rows])
        if power.size and float(power.max()) > LARGEST:
            message = (
                f"σ of {sample.sigma.max():g} is too large for firms that differ so much: A^(σ-1) of some "
                "exceeds the range of numbers; take a smaller one"
            )
            raise InputError.of(message, key="sigma")
        return cls(tfpr, tfpq, np.exp(power, out=power))


@dataclass(frozen=True)
class Sums:
    """Weighted sums over the rows of each part or cell; all of one length."""

    weight: Array
    y: Array
    """Σ w y e^(-mean of ln y in the cell); k and l likewise."""
    k: Array
    l: Array  # noqa: E741
    power: Array
    """Σ w A^(σ-1)."""

    @classmethod
    def by_part(cls, sample: Sample, power: Array, weight: Array) -> Self:
        """Sums by part (P), in units of the cell."""
        scale = np.exp(-sample.means)[:, sample.part_cell]
        return cls(
            sample.by_part(weight),
            sample.by_part(weight, sample.y) * scale[0],
            sample.by_part(weight, sample.k) * scale[1],
            sample.by_part(weight, sample.l) * scale[2],
            sample.by_part(weight, power),
        )

    def by_cell(self, sample: Sample) -> Sums:
        """Sums by part as sums by cell."""
        return Sums(*(sample.cells_of_parts(x) for x in (self.weight, self.y, self.k, self.l, self.power)))


def log(x: Array) -> Array:
    """Natural logarithm; 0 where x is not positive (parts and cells left without rows)."""
    return np.log(x, out=np.zeros_like(x, dtype=float), where=x > 0)


def dot(a: Array, b: Array) -> float:
    """Inner product of long vectors. Not by BLAS, whose threads would compete with those of the package."""
    return float(np.einsum("i,i->", a, b))


def stretches(size: int) -> Iterator[slice]:
    """Stretches of long vectors, each short enough for the processor's cache."""
    return (slice(begin, begin + BLOCK) for begin in range(0, size, BLOCK))


@dataclass(frozen=True)
class Levels:
    """Log levels of cells or parts, relative to the cell's means."""

    tfpr: Array
    """ln of aggregate TFPR: Y / (K^α L^(1-α)), which equals σ/(σ-1) (MRPK/α)^α (MRPL/(1-α))^(1-α)."""
    tfp: Array
    """ln TFP = ln [Σ (A TFPR̅/TFPR)^(σ-1)]^(1/(σ-1)) = σ/(σ-1) ln Y - α ln K - (1-α) ln L."""
    best: Array
    """ln A̅ = ln [Σ A^(σ-1)]^(1/(σ-1)): TFP where marginal products are equal."""

    @classmethod
    def of(cls, sums: Sums, alpha: Array, sigma: Array) -> Self:
        """From sums, with α and σ of the same length."""
        y = log(sums.y)
        inputs = alpha * log(sums.k) + (1 - alpha) * log(sums.l)
        return cls(y - inputs, sigma / (sigma - 1) * y - inputs, log(sums.power) / (sigma - 1))
