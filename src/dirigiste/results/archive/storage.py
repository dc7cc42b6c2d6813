"""Datasets to netCDF files and back, whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

ENGINE: Final = "netcdf4"

COMPRESSED: Final = {"zlib": True, "complevel": 4, "shuffle": True}

LARGE: Final = 1000
"""Variables of numbers with more entries than this are compressed."""


def write(data: xr.Dataset | Mapping[str, xr.Dataset], path: Path) -> None:
    """Write a Dataset, or several as groups by name, to a netCDF file that appears only when it is
    complete.
    """
    import xarray as xr

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        draft = Path(folder) / path.name
        groups = {None: data} if isinstance(data, xr.Dataset) else data
        for n, (group, dataset) in enumerate(groups.items()):
            large = [
                name
                for name, item in dataset.variables.items()
                if item.size > LARGE and item.dtype.kind in "fi"
            ]
            dataset.to_netcdf(
                draft,
                engine=ENGINE,
                group=group,
                mode="a" if n else "w",
                encoding=dict.fromkeys(large, COMPRESSED),
            )
        draft.replace(path)


def read(path: Path, group: str | None = None) -> xr.Dataset:
    """Read the Dataset of an equilibrium, or that in a group of a file, into memory.

    Raises:
        InputError: There is no such file or group, or it holds no equilibrium.
    """
    dataset = read_any(path, group)
    if "economy" not in dataset.attrs:
        hint = (
            "; a file of a run holds `before` and `after`: name the folder of the run"
            if group is None
            else ""
        )
        raise InputError.of(f"holds no equilibrium{hint}", file=str(path))
    return dataset


def read_any(path: Path, group: str | None = None) -> xr.Dataset:
    """Read a Dataset, or a group of a file, into memory.

    Raises:
        InputError: There is no such file or group.
    """
    import xarray as xr

    if not path.is_file():
        raise InputError.of("no such file", file=str(path))
    try:
        return xr.load_dataset(path, engine=ENGINE, group=group, decode_timedelta=False)
    except (OSError, ValueError, KeyError) as error:
        what = f"the group `{group}`" if group else "netCDF"
        raise InputError.of(f"cannot be read as {what}: {error}", file=str(path)) from None


def groups(path: Path) -> tuple[str, ...]:
    """Names of the groups of a file."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        return tuple(file.groups)


def attributes(path: Path) -> dict[str, Any]:
    """Attributes of a whole file.

    Raises:
        InputError: There is no such file.
    """
    return dict(read_any(path).attrs)
