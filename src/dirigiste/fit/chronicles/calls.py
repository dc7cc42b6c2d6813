"""`dg.fit_chronicle` and `dg.draws`: names and files as users give them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dirigiste import chronicle as chronicles
from dirigiste.chronicle import Chronicle
from dirigiste.fit.chronicles import draws as drawing
from dirigiste.fit.chronicles import estimate, loader
from dirigiste.results.runs.sensitivity import STANDARD

if TYPE_CHECKING:
    from dirigiste.fit.chronicles.draws import Draws
    from dirigiste.fit.chronicles.estimate import Fitted
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress


def fit_chronicle(
    chronicle: Chronicle | str | Path,
    numbers: Plan | str | Path,
    *,
    rounds: int = estimate.ROUNDS,
    progress: Progress | None = None,
) -> Fitted:
    """Estimate numbers of a chronicle on its observed series (docs/fit.md).

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        numbers: File of uncertain numbers, or what was read from one.
        rounds: Most rounds of Gauss-Newton.
        progress: Called with stage, round and largest residual.

    Raises:
        InputError: The chronicle or the file has faults, or no series counts.
        NotConverged: There is no path at the means.
    """
    return estimate.fit(_plan(chronicle, numbers), rounds=rounds, progress=progress)


def draws(
    chronicle: Chronicle | str | Path,
    numbers: Plan | str | Path | None = None,
    count: int = 500,
    *,
    of: Iterable[str] = STANDARD,
    seed: int = 0,
    full: int = 3,
    progress: Progress | None = None,
) -> Draws:
    """Draw uncertain numbers of a chronicle and follow outcomes along its path (docs/fit.md).

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        numbers: File of uncertain numbers, or what was read from one; left out, the strength of all changes
            to each parameter is uncertain by a half.
        count: Draws.
        of: Outcomes of paths, or patterns of their names.
        seed: Seed of the draws.
        full: How many of them are also solved in full.
        progress: Called with stage, round and largest residual.

    Raises:
        InputError: The chronicle or the file has faults, or there is no such outcome.
        NotConverged: There is no path at the means.
    """
    plan = _plan(chronicle, numbers)
    return drawing.draws(plan, count, of=of, seed=seed, full=full, progress=progress)


def _plan(chronicle: Chronicle | str | Path, numbers: Plan | str | Path | None) -> Plan:
    if not isinstance(chronicle, Chronicle):
        chronicle = chronicles.load(chronicle)
    if numbers is None:
        return loader.scales(chronicle)
    return loader.load(numbers, chronicle) if isinstance(numbers, str | Path) else numbers
