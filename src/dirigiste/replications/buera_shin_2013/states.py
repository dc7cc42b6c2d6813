"""Stationary states of the economy of Buera and Shin (2013) by collateral."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste import economy as economies
from dirigiste.errors import NotConverged
from dirigiste.results.equilibria.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from dirigiste.economy import Economy
    from dirigiste.results.equilibria.equilibrium import Equilibrium

CAPITAL_SHARE: Final = 1.0 / 3.0
"""The paper's TFP is Y/K^(1/3)."""

COLLATERAL: Final = (1.35, 1.2, 1.1, 1.0, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, float("inf"))
"""Collateral multiples of the curve, in the order in which they are solved; 1 is no credit."""


def economy(name: str = "economy.yaml") -> Economy:
    """An economy of this folder."""
    with resources.as_file(resources.files(__package__ or "").joinpath(name)) as path:
        return economies.load(Path(path))


def tfp_of(output: Any, capital: Any) -> Any:  # noqa: ANN401  (numbers or arrays)
    """TFP as the paper has it."""
    return output / capital**CAPITAL_SHARE


def tfp(result: Equilibrium) -> float:
    """TFP of a stationary state."""
    return float(tfp_of(result.aggregates["output"], result.aggregates["capital"]))


def by_collateral(
    report: Callable[[str], None], multiples: tuple[float, ...] = COLLATERAL
) -> tuple[dict[float, Equilibrium], dict[float, str]]:
    """Stationary states by collateral, each from its nearest neighbour; and why there is none, where so."""
    base = economy()
    solved: dict[float, Equilibrium] = {}
    failed: dict[float, str] = {}
    for multiple in multiples:
        report(f"collateral {multiple:g}")
        try:
            near = min(solved, key=lambda known: abs(1.0 / known - 1.0 / multiple), default=None)
            changed = base.with_({"statuses.everyone.collateral": multiple})
            solved[multiple] = solve(changed, start=None if near is None else solved[near])
        except NotConverged as error:
            failed[multiple] = ", ".join(f"{name} {size:.2g}" for name, size in error.residuals.items())
    return solved, failed
