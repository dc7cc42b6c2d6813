"""How sure results of a chronicle are: its run, and draws of its uncertain numbers through linear responses
around the path, a part of them solved in full to tell how good that approximation is.

The chronicle is solved once: the run and the responses are those of the same paths. Effects by channel of
draws go through the responses of the paths of sets of channels, of the fewest sizes from which Shapley values
can be had (`shapley.levels`): with up to three channels all sets, with six 14 of 64. What is computed is kept
in a folder, if one is given, so that work that was stopped goes on with the same bits.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dirigiste.documents.writing import to_yaml
from dirigiste.errors import InputError
from dirigiste.fit.chronicles import in_full
from dirigiste.fit.chronicles.linear import Linear, linear
from dirigiste.fit.chronicles.store import Store
from dirigiste.results.archive import folders
from dirigiste.results.quantities import outcomes
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws as drawn
from dirigiste.results.runs import observed
from dirigiste.results.runs.run import of_solved, settled
from dirigiste.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from dirigiste.chronicle import Channel
    from dirigiste.fit.chronicles.in_full import Full
    from dirigiste.fit.chronicles.plan import Plan
    from dirigiste.progress import Progress
    from dirigiste.results.runs.run import Run
    from dirigiste.solver.course import Channels

Array = NDArray[np.float64]

COUNT: Final = 500
"""Draws where nobody says how many."""

FULL: Final = 5
"""Draws that are solved in full where nobody says how many."""

UNFINISHED: Final = ".unfinished"
"""Folder of runs that are not finished, among those that are."""

ACCURACY: Final = 2e-2
"""What may be left of derivatives, relative: less than what linear responses leave out."""

BATCHES: Final = 1000
"""Most batches of draws, of which those outside of bounds are thrown away."""


@dataclass(frozen=True)
class Options:
    """What a run with draws is asked for, besides the chronicle and its numbers."""

    count: int = COUNT
    full: int = FULL
    seed: int = 0
    only: tuple[Channel, ...] | None = None
    channels: bool | Literal["quick"] = False
    certify: bool = False
    market_value: bool | None = None


def draws(
    plan: Plan,
    options: Options,
    *,
    folder: Path | None = None,
    given: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a chronicle at the means of its numbers, draw these, and follow outcomes along the path.

    Args:
        plan: Numbers and their distribution.
        options: What is asked for.
        folder: Where to keep what is computed, and to find it where that was stopped; nowhere if left out.
        given: Texts of the files that the chronicle was read from, by name.
        progress: Called with stage, round and largest residual.

    Returns:
        The run, whose `draws` are there.

    Raises:
        InputError: A number cannot be moved, hardly a draw is within bounds, or the folder is of another run.
        NotConverged: There is no path at the means.
    """
    from dirigiste.solver import shapley, surprises

    begun = time.perf_counter()
    z = sample(plan, options.count, options.seed)
    at = np.clip(plan.mean, *plan.bounds)
    valued = _valued(plan, options)
    store = Store(folder, problem(plan, options))
    here = linear(
        plan,
        at,
        only=options.only,
        market_value=valued,
        accuracy=ACCURACY,
        kept=store.responses("all"),
        with_solver=True,
        progress=progress,
    )
    solved = surprises.solve(
        here.chronicle,
        only=options.only,
        channels=options.channels,
        certify=options.certify,
        market_value=valued,
        settled=settled,
        alone=here.solver,
        progress=progress,
    )
    run = of_solved(
        here.chronicle, solved, only=options.only, given=given, seconds=time.perf_counter() - begun
    )
    names = [
        name
        for name in outcomes.names_of_path(run.before.economy, valued=valued)
        if name in here.here and name in here.without
    ]
    data = _numbers(plan, z, at) | _slopes(here, names)
    players: tuple[Channel, ...] = ()
    if run.split is not None:
        players = split.order(run.split)  # type: ignore[assignment]
        sizes = shapley.levels(len(players))[0] if players else (0,)
        data |= _parts(plan, at, here, _sets(players, sizes), players, store, progress)
    results = in_full.solve(
        plan,
        z[: options.full],
        names,
        run,
        channels=run.split is not None,
        valued=valued,
        store=store,
        progress=progress,
    )
    data |= _of_full(results, names, run.path.sizes["time"], players)
    seconds = time.perf_counter() - begun
    return replace(
        run,
        drawn=_dataset(data, plan, names, players, run.path, {"seed": options.seed, "left": here.left}),
        provenance={**run.provenance, "seconds": seconds, "seed": options.seed},
    )


def sample(plan: Plan, count: int, seed: int) -> Array:
    """Draws (D, K) of the numbers on their scales, within bounds."""
    generator = np.random.default_rng(seed)
    low, high = plan.bounds
    found: list[Array] = []
    for _ in range(BATCHES):
        z = generator.multivariate_normal(plan.mean, plan.covariance, size=count, method="eigh")
        found.append(z[((z >= low) & (z <= high)).all(axis=1)])
        if sum(map(len, found)) >= count:
            return np.concatenate(found)[:count]
    raise InputError.of(
        f"hardly a draw of the numbers is within their bounds: {sum(map(len, found))} of {BATCHES * count}; "
        "choose wider `bounds`, or a `transform`",
        key=plan.declared.name,
    )


def _valued(plan: Plan, options: Options) -> bool:
    """Whether market values are found too."""
    if options.market_value is None:
        return observed.valued(plan.chronicle.observed.values())
    return options.market_value


def problem(plan: Plan, options: Options) -> str:
    """SHA-256, in hex, over all that responses depend on; each draw in full has a name of its own."""
    content: dict[str, Any] = {
        "version": __version__,
        "chronicle": plan.chronicle.to_yaml(),
        "economy": plan.chronicle.baseline.hash,
        "numbers": [
            [one.name, one.scale.transform, one.scale.low, one.scale.high, one.mean, one.sd]
            for one in plan.numbers
        ],
        "only": options.only,
        "market_value": _valued(plan, options),
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def unfinished(root: Path, plan: Plan, options: Options) -> Path:
    """Where a run with draws that is to be kept below `root` keeps what it has computed so far."""
    digest = problem(plan, options)[:12]
    return root / UNFINISHED / f"{folders.slug(plan.chronicle.name)}-{digest}"


# --- effects by channel ------------------------------------------------------------------------------------


def _sets(players: Sequence[Channel], sizes: Iterable[int]) -> list[Channels]:
    """Sets of channels whose responses are followed, without the empty one and that of all."""
    from dirigiste.solver import shapley

    return [one for one in shapley.coalitions(players, list(sizes)) if 0 < len(one) < len(players)]


def _parts(
    plan: Plan,
    at: Array,
    whole: Linear,
    sets: list[Channels],
    players: Sequence[Channel],
    store: Store,
    progress: Progress | None,
) -> dict[str, Any]:
    """Derivatives of effects by channel, from the responses of the paths of sets of channels."""
    everything: Channels = frozenset(players)
    slopes = {everything: whole.outcomes(split.OUTCOMES)[1]}
    for n, members in enumerate(sets):
        label = split.PLUS.join(channel for channel in players if channel in members)
        derivatives = store.load(f"set-{label}")
        if derivatives is None:
            report = _told(progress, f"responses of the paths with {label} alone, set {n + 1} of {len(sets)}")
            one = linear(
                plan,
                at,
                of=split.OUTCOMES,
                only=tuple(members),
                accuracy=ACCURACY,
                kept=store.responses(label),
                progress=report,
            )
            derivatives = one.outcomes(split.OUTCOMES)[1]
            store.save(f"set-{label}", derivatives)
        slopes[members] = derivatives
    parts, rests = [], []
    for outcome in split.OUTCOMES:
        of_sets = {members: derivatives[outcome] for members, derivatives in slopes.items()}
        part, rest = drawn.derived_parts(of_sets, whole.base_slopes(outcome), players)
        parts.append(part)
        rests.append(float(np.sqrt(((rest * plan.sd) ** 2).sum(axis=-1)).max()) if rest.size else 0.0)
    dims = ("split", "channel", "time", "number")
    about = "Derivatives of effects by channel in numbers on their scales"
    missed = "By how much the sum of the responses of effects misses that of the whole, a standard deviation"
    return {
        "part_slope": (dims, np.array(parts), {"long_name": about}),
        "part_rest": ("split", np.array(rests), {"long_name": missed}),
    }


def _told(progress: Progress | None, what: str) -> Progress | None:
    """Progress of a part of the work, in its words."""
    if progress is None:
        return None
    outer = progress

    def tell(stage: str, round_: int, residual: float) -> None:  # noqa: ARG001
        outer(what, round_, residual)

    return tell


# --- as it is kept with the run ----------------------------------------------------------------------------


def _numbers(plan: Plan, z: Array, at: Array) -> dict[str, Any]:
    """Numbers, their distribution, and draws."""
    declared = plan.declared.numbers
    values = np.array([list(plan.values(row).values()) for row in z]).reshape(z.shape)
    means = plan.values(at)
    return {
        "z": (("draw", "number"), z, {"long_name": "Numbers on their scales"}),
        "drawn": (("draw", "number"), values, {"long_name": "Numbers in their units"}),
        "at": ("number", at, {"long_name": "Numbers of the run on their scales"}),
        "mean": ("number", np.array([means[name] for name in plan.names]), {"long_name": "In the run"}),
        "sd": ("number", plan.sd, {"long_name": "Standard deviation on the scale"}),
        "unit": ("number", np.array([one.size.unit for one in plan.numbers], dtype=str)),
        "transform": ("number", np.array([one.scale.transform for one in plan.numbers], dtype=str)),
        "why": ("number", np.array([declared[name].why for name in plan.names], dtype=str)),
        "source": ("number", np.array([declared[name].source for name in plan.names], dtype=str)),
    }


def _slopes(here: Linear, names: list[str]) -> dict[str, Any]:
    slopes = here.outcomes(names)[1]
    along = np.array([slopes[name] for name in names])
    without = np.array([here.base_slopes(name) for name in names])
    return {
        "slope": (
            ("outcome", "time", "number"),
            along,
            {"long_name": "Derivative along the path in a number on its scale"},
        ),
        "base_slope": (
            ("outcome", "number"),
            without,
            {"long_name": "Derivative without the events in a number on its scale"},
        ),
    }


def _of_full(results: list[Full], names: list[str], steps: int, players: Sequence[str]) -> dict[str, Any]:
    count = len(results)
    values = np.full((count, len(names), steps), np.nan)
    without = np.full((count, len(names)), np.nan)
    parts = np.full((count, len(split.OUTCOMES), len(players), steps), np.nan)
    for n, one in enumerate(results):
        if not one.values:
            continue
        values[n] = [one.values[name] for name in names]
        without[n] = [one.without[name] for name in names]
        if one.parts:
            parts[n] = [one.parts[outcome] for outcome in split.OUTCOMES]
    data: dict[str, Any] = {
        "full_value": (("full", "outcome", "time"), values, {"long_name": "Outcome of a draw in full"}),
        "full_base": (("full", "outcome"), without, {"long_name": "The same without the events"}),
        "full_why": ("full", np.array([one.why for one in results], dtype=str)),
    }
    if players:
        about = {"long_name": "Effect of a channel in a draw in full"}
        data["full_part"] = ("full", "split", "channel", "time"), parts, about
    return data


def _dataset(
    data: dict[str, Any],
    plan: Plan,
    names: list[str],
    players: Sequence[str],
    path: xr.Dataset,
    about: dict[str, Any],
) -> xr.Dataset:
    import xarray as xr

    coords: dict[str, Any] = {
        **drawn.times_of(path),
        "outcome": np.array(names, dtype=str),
        "number": np.array(plan.names, dtype=str),
        "full": np.arange(len(data["full_why"][1])),
    }
    if players:
        coords |= {"split": np.array(split.OUTCOMES, dtype=str), "channel": np.array(players, dtype=str)}
    declared = plan.declared
    return xr.Dataset(
        data,
        coords=coords,
        attrs={
            "title": f"Draws of {declared.title or declared.name}",
            "numbers_name": declared.name,
            "numbers_file": to_yaml(declared.model_dump(mode="json", exclude_unset=True, by_alias=True)),
            **about,
        },
    )
