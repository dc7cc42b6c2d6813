"""Misallocation in firm data: wedges, gains, decompositions, and moments for the model.

    from dirigiste.measurement import Choices, measure, read_firms
    firms = read_firms("firms.dta", output="value_added", wage_bill="wages", capital="k", industry="ind")
    result = measure(firms, Choices(sigma=3.0))
    result.tables["gains_by_year"]

Names are imported on first use, so that the command line starts without polars.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms, Step
    from dirigiste.measurement.data.read import read_firms
    from dirigiste.measurement.inference.specification import specifications
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.measuring import measure
    from dirigiste.measurement.preparation.linking import link_firms
    from dirigiste.measurement.preparation.perpetual_inventory import real_capital
    from dirigiste.measurement.synthetic_firms import synthetic
    from dirigiste.measurement.synthetic_producers import producers

_HOMES: Final = {
    "Choices": "choices",
    "Firms": "data.firms",
    "Measurement": "measurement",
    "Step": "data.firms",
    "link_firms": "preparation.linking",
    "measure": "measuring",
    "producers": "synthetic_producers",
    "read_firms": "data.read",
    "real_capital": "preparation.perpetual_inventory",
    "specifications": "inference.specification",
    "synthetic": "synthetic_firms",
}

__all__ = [
    "Choices",
    "Firms",
    "Measurement",
    "Step",
    "link_firms",
    "measure",
    "producers",
    "read_firms",
    "real_capital",
    "specifications",
    "synthetic",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the package offers)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
