"""Datasets to netCDF files and back, whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import xarray as xr

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE: Final = "netcdf4"


def write(data: xr.Dataset | Mapping[str, xr.Dataset], path: Path) -> None:
    """Write a Dataset, or several as groups by name, to a netCDF file that appears only when it is
    complete.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        draft = Path(folder) / path.name
        if isinstance(data, xr.Dataset):
            data.to_netcdf(draft, engine=ENGINE)
        else:
            for n, (group, dataset) in enumerate(data.items()):
                dataset.to_netcdf(draft, engine=ENGINE, group=group, mode="a" if n else "w")
        draft.replace(path)


def read(path: Path, group: str | None = None) -> xr.Dataset:
    """Read a Dataset, or a group of a file, into memory.

    Raises:
        InputError: There is no such file or group, or it holds no equilibrium.
    """
    if not path.is_file():
        raise InputError.of("no such file", file=str(path))
    try:
        dataset = xr.load_dataset(path, engine=ENGINE, group=group)
    except (OSError, ValueError, KeyError) as error:
        what = f"the group `{group}`" if group else "netCDF"
        raise InputError.of(f"cannot be read as {what}: {error}", file=str(path)) from None
    if "economy" not in dataset.attrs:
        hint = (
            "; a file of a run holds `before` and `after`: name the folder of the run"
            if group is None
            else ""
        )
        raise InputError.of(f"holds no equilibrium{hint}", file=str(path))
    return dataset
