"""`dg.fit_chronicle` and `dg.draws`: names and files as users give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dirigiste import chronicle as chronicles
from dirigiste.chronicle import Chronicle
from dirigiste.fit.chronicles import draws as drawing
from dirigiste.fit.chronicles import estimate, loader
from dirigiste.results.runs import channels as split
from dirigiste.results.runs.run import texts

if TYPE_CHECKING:
    from dirigiste.fit.chronicles.estimate import Fitted
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress
    from dirigiste.results.runs.run import Run


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
    return estimate.fit(plan_of(chronicle, numbers), rounds=rounds, progress=progress)


def draws(
    chronicle: Chronicle | str | Path,
    numbers: Plan | str | Path | None = None,
    count: int = drawing.COUNT,
    *,
    full: int = drawing.FULL,
    seed: int = 0,
    only: str | Sequence[str] | None = None,
    channels: bool | Literal["quick"] = False,
    certify: bool = False,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a chronicle at the means of its uncertain numbers, and draw these: `dg.run` with bands
    (docs/fit.md).

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        numbers: File of uncertain numbers, or what was read from one; left out, the strength of all changes
            to each parameter is uncertain by a half.
        count: Draws.
        full: How many of them are also solved in full.
        seed: Seed of the draws.
        only: Channels that act, as in `dg.run`.
        channels: Also split effects by channel, as in `dg.run`; then they have bands too.
        certify: As in `dg.run`.
        folder: Where to keep what is computed until the run is there, and to go on from if that was stopped.
        progress: Called with stage, round and largest residual.

    Returns:
        The run at the means; its `draws` have bands, influences, and how good linear responses are.

    Raises:
        InputError: The chronicle or the file has faults, or the folder is of another run.
        NotConverged: There is no path at the means.
    """
    plan = plan_of(chronicle, numbers)
    options = drawing.Options(
        count=count,
        full=full,
        seed=seed,
        only=split.chosen(plan.chronicle, only),
        channels=split.asked(channels),
        certify=certify,
    )
    given = None
    if not isinstance(chronicle, Chronicle):
        given = texts(chronicle, plan.chronicle.economy, plan.chronicle.files)
    place = None if folder is None else Path(folder)
    return drawing.draws(plan, options, folder=place, given=given, progress=progress)


def plan_of(chronicle: Chronicle | str | Path, numbers: Plan | str | Path | None) -> Plan:
    """Uncertain numbers of a chronicle, as users name both.

    Raises:
        InputError: The chronicle or the file has faults.
    """
    if not isinstance(chronicle, Chronicle):
        chronicle = chronicles.load(chronicle)
    if numbers is None:
        return loader.scales(chronicle)
    return loader.load(numbers, chronicle) if isinstance(numbers, str | Path) else numbers
