"""Stationary states of the economy of Buera and Shin (2013) by collateral."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste import economy as economies
from dirigiste.errors import NotConverged
from dirigiste.results.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from dirigiste.economy import Economy
    from dirigiste.results.equilibrium import Equilibrium

CAPITAL_SHARE: Final = 1.0 / 3.0
"""The paper's TFP is Y/K^(1/3)."""

COLLATERAL: Final = (1.35, 1.2, 1.1, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, float("inf"))
"""Collateral multiples of the curve, in the order in which they are solved."""


def economy(name: str = "economy.yaml") -> Economy:
    """An economy of this folder."""
    with resources.as_file(resources.files(__package__ or "").joinpath(name)) as path:
        return economies.load(Path(path))


def tfp(found: Equilibrium) -> float:
    """TFP as the paper has it."""
    return found.aggregates["Y"] / found.aggregates["K"] ** CAPITAL_SHARE


def by_collateral(
    tell: Callable[[str], None], multiples: tuple[float, ...] = COLLATERAL
) -> tuple[dict[float, Equilibrium], dict[float, str]]:
    """Stationary states by collateral, each from cold, and why where markets do not clear."""
    base, found, failed = economy(), {}, {}
    for multiple in multiples:
        tell(f"collateral {multiple:g}")
        try:
            found[multiple] = solve(base.with_({"statuses.everyone.collateral": multiple}))
        except NotConverged as error:
            failed[multiple] = ", ".join(f"{name} {size:.2g}" for name, size in error.residuals.items())
    return found, failed
