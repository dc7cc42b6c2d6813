"""An equilibrium from what a user names: an economy, a netCDF file, or a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste import economy as economies
from dirigiste.results.equilibria.equilibrium import Equilibrium

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.progress import Progress

STATES: Final = ("before", "after")


def equilibrium(
    name: str,
    changes: Mapping[str, Any] | None = None,
    *,
    start: Equilibrium | None = None,
    progress: Progress | None = None,
) -> Equilibrium:
    """Read or solve what a user names.

    Args:
        name: A netCDF file, a run (its folder or name, with `:before` or `:after`, which is the default), or
            an economy.
        changes: New values by dotted path; then the economy is solved anew.
        start: A solved neighbour.
        progress: Called with stage, round and largest residual.

    Raises:
        InputError: There is no such thing, or it has faults.
    """
    kept = _kept(name)
    if kept is not None and not changes:
        return kept
    from dirigiste.results.equilibria.solve import solve

    economy = economies.load(name) if kept is None else kept.economy
    return solve(economy.with_(changes) if changes else economy, start=start or kept, progress=progress)


def _kept(name: str) -> Equilibrium | None:
    from dirigiste.results.archive import folders, storage

    path = Path(name).expanduser()
    if path.suffix == ".nc":
        return Equilibrium.open(path)
    stem, colon, state = name.rpartition(":")
    run, state = (stem, state) if colon and state in STATES else (name, "after")
    asked = run != name or path.is_dir() or name == folders.LATEST
    if not asked and (path.is_file() or name in economies.shipped() or not (folders.ROOT / name).is_dir()):
        return None
    return Equilibrium.of(storage.read(folders.find(run) / folders.RESULTS, "run").children[state])
