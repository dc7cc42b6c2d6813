"""Misallocation in firm data: wedges, gains, decompositions, and moments for the model.

    from dirigiste import measure as dm
    firms = dm.read_firms("firms.dta", output="value_added", wage_bill="wages", capital="k", industry="ind")
    result = dm.measure(firms, dm.Choices(sigma=3.0))
    result.tables["gains_by_year"]

Names are imported on first use, so that the command line starts without polars.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dirigiste.measure.choices import Choices
    from dirigiste.measure.firms import Firms, Step
    from dirigiste.measure.measure import measure
    from dirigiste.measure.measurement import Measurement
    from dirigiste.measure.read import read_firms
    from dirigiste.measure.specification import specifications
    from dirigiste.measure.synthetic import synthetic

_HOMES: Final = {
    "Choices": "choices",
    "Firms": "firms",
    "Measurement": "measurement",
    "Step": "firms",
    "measure": "measure",
    "read_firms": "read",
    "specifications": "specification",
    "synthetic": "synthetic",
}

__all__ = ["Choices", "Firms", "Measurement", "Step", "measure", "read_firms", "specifications", "synthetic"]


class _Package(ModuleType):
    """The package as a module, where `measure` and `synthetic` are the functions of that name.

    Importing a submodule sets it as an attribute of its package; these two would hide the functions.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the package offers)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
