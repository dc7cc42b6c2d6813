"""Results as trees of xarray Datasets to netCDF files and back, whole or not at all.

Every file says in which layout it is written (`LAYOUT`) and by which version of the program. The layout
changes when names or groups do; a file of another layout is refused.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.errors import InputError
from dirigiste.version import __version__

if TYPE_CHECKING:
    import xarray as xr

ENGINE: Final = "netcdf4"

COMPRESSED: Final = {"zlib": True, "complevel": 4, "shuffle": True}

LARGE: Final = 1000
"""Variables of numbers with more entries than this are compressed."""

LAYOUT: Final = 4
"""Layout of the files: names of variables and groups. Files of layout 1 have no such number."""

LAYOUT_NAME: Final = "dirigiste_layout"
VERSION_NAME: Final = "dirigiste_version"

KINDS: Final = {"equilibrium": "states", "run": "path"}
"""What a file may hold, and a group by which that is known."""


def write(tree: xr.DataTree, path: Path) -> None:
    """Write a tree to a netCDF file, a group for each node, that appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    marked = tree.copy()
    marked.attrs = {**tree.attrs, LAYOUT_NAME: LAYOUT, VERSION_NAME: __version__}
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        draft = Path(folder) / path.name
        marked.to_netcdf(
            draft,
            engine=ENGINE,
            encoding={node.path: dict.fromkeys(_large(node), COMPRESSED) for node in marked.subtree},
        )
        draft.replace(path)


def _large(node: xr.DataTree) -> list[str]:
    variables = node.to_dataset(inherit=False).variables
    return [str(name) for name, item in variables.items() if item.size > LARGE and item.dtype.kind in "fi"]


def read(path: Path, kind: str) -> xr.DataTree:
    """Read an equilibrium or a run from a file into memory.

    Args:
        path: The file.
        kind: One of `KINDS`.

    Raises:
        InputError: There is no such file, it is damaged or in another layout, or holds something else.
    """
    import xarray as xr

    if not path.is_file():
        raise InputError.of("no such file", file=str(path))
    try:
        with xr.open_datatree(path, engine=ENGINE, decode_timedelta=False) as lazy:
            tree = lazy.load()
    except Exception as error:  # noqa: BLE001  (damaged files raise many kinds: OSError, RuntimeError, ...)
        raise InputError.of(f"cannot be read as netCDF: {error}", file=str(path)) from None
    layout = tree.attrs.pop(LAYOUT_NAME, None)
    version = tree.attrs.pop(VERSION_NAME, None)
    kinds = [name for name, group in KINDS.items() if group in tree.children]
    earlier = layout is None and ("economy" in tree.attrs or kinds)
    if earlier or layout not in (None, LAYOUT):
        raise InputError.of(_of_another_layout(version, layout), file=str(path))
    if kind not in kinds:
        hint = ""
        if kind == "equilibrium" and "run" in kinds:
            hint = "; it is the file of a run, which holds `before` and `after`: name the folder of the run"
        raise InputError.of(f"holds no {kind}{hint}", file=str(path))
    return tree


def _of_another_layout(version: str | None, layout: object) -> str:
    """What to do with a file of another layout."""
    if not isinstance(layout, int | np.integer) or layout < LAYOUT:
        by = f"Dirigiste {version}" if version else "an earlier version of Dirigiste"
        remedy = (
            "compute it again: `dirigiste run inputs/chronicle.yaml` in the folder of a run, "
            "`dirigiste solve` for an equilibrium, whose economy is the attribute `economy` of the file"
        )
    else:
        by = f"Dirigiste {version}" if version else "a later version of Dirigiste"
        remedy = f"install that version, or compute it again with this one ({__version__})"
    return (
        f"was written by {by} in layout {layout or 1}; this version ({__version__}) reads layout {LAYOUT}: "
        f"{remedy}"
    )


def dataset_of(node: xr.DataTree) -> xr.Dataset:
    """The Dataset of a group, with the coordinates of its variables."""
    dataset = node.to_dataset()
    return dataset[list(dataset.data_vars)]
