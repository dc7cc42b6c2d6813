"""Moments of firm data for the calibration of a model: a YAML file with values, standard errors, definitions.

    format: 1
    source: firms.dta
    choices: {sigma: 3.0, ...}
    moments:
      - {name: sd_ln_tfpr, value: 0.63, se: 0.01, unit: log, rows: 1589, definition: ..., choices: ...}
    standard_errors: bootstrap, 200 draws of 871 firms, each with all its years; seed 0
    covariance:
      names: [gain, ...]
      matrix: [[...], ...]

Standard errors and the covariance between moments come from the same draws of firms. Without draws only gaps
have standard errors, those of their regression, and there is no covariance.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.outputs import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dirigiste.measurement.measurement import Measurement

    Array = np.ndarray[Any, np.dtype[Any]]

NAMES: Final = {"ln TFPR": "ln_tfpr", "ln TFPQ": "ln_tfpq", "ln MRPK": "ln_mrpk", "ln MRPL": "ln_mrpl"}

SPREADS: Final = {
    "sd": "Standard deviation of {what}, all firm-years alike",
    "iqr": "75th less 25th percentile of {what}, all firm-years alike",
    "p90_10": "90th less 10th percentile of {what}, all firm-years alike",
}

DRAWN: Final = {"sd": "sd", "iqr": "75-25", "p90_10": "90-10"}
"""Spreads as draws name them."""

SHARES: Final = {
    "output_share": "Mean over years of the share of the group in the value added of the year",
    "capital_share": "Mean over years of the share of the group in the capital of the year",
    "labor_share": "Mean over years of the share of the group in the labour of the year",
}


@dataclass(frozen=True)
class Moment:
    """One number that a model can be made to match."""

    name: str
    value: float
    se: float | None
    unit: str
    """log, share, or "" for a number without unit."""
    rows: int
    definition: str
    choices: str
    drawn: str = ""
    """Its name among the draws of the bootstrap."""
    scale: float = 1.0
    """What numbers of the draws are multiplied by."""

    def plain(self) -> dict[str, Any]:
        """As the file has it."""
        return {key: value for key, value in asdict(self).items() if key not in ("drawn", "scale")}


@dataclass(frozen=True)
class Covariance:
    """Covariance between moments, from draws of firms."""

    names: tuple[str, ...]
    matrix: Array
    method: str


MOST_LOST: Final = 0.1
"""Share of draws that may lack a moment, such as the share of a group that no draw of firms holds."""


def moments(measurement: Measurement) -> list[Moment]:
    """All moments that the data give."""
    computed = [*_gains(measurement), *_spreads(measurement), *_groups(measurement), *_gaps(measurement)]
    found = [moment for moment in computed if math.isfinite(moment.value)]
    joint = covariance(measurement, found)
    if joint is None:
        return found
    errors = dict(zip(joint.names, np.sqrt(np.diag(joint.matrix)).tolist(), strict=True))
    return [replace(moment, se=errors.get(moment.name)) for moment in found]


def covariance(measurement: Measurement, found: Sequence[Moment]) -> Covariance | None:
    """Covariance between moments, of the draws that have them all; None without draws.

    Moments that more than a tenth of the draws lack are left out.
    """
    draws = measurement.draws
    if draws is None:
        return None
    drawn = draws.of([moment.drawn for moment in found]) * np.array([moment.scale for moment in found])
    drawn = drawn[np.isfinite(drawn).any(axis=1)]
    if not drawn.shape[0]:
        return None
    used = np.isnan(drawn).mean(axis=0) <= MOST_LOST
    drawn = drawn[:, used]
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if drawn.shape[0] < 2 or not drawn.shape[1]:
        return None
    names = tuple(moment.name for moment, there in zip(found, used, strict=True) if there)
    method = f"bootstrap, {drawn.shape[0]} draws of {draws.unit}; seed {draws.seed}"
    return Covariance(names, np.atleast_2d(np.cov(drawn, rowvar=False)), method)


def write_moments(measurement: Measurement, path: Path) -> Path:
    """Write moments as YAML.

    Raises:
        InputError: The file cannot be written.
    """
    return write_text(path, as_yaml(measurement))


def as_yaml(measurement: Measurement) -> str:
    """The file's text."""
    from ruamel.yaml import YAML

    from dirigiste.version import __version__

    firms = measurement.firms
    found = moments(measurement)
    joint = covariance(measurement, found)
    content: dict[str, Any] = {
        "format": 1,
        "source": firms.source,
        "rows": measurement.sample.count,
        "made_by": f"dirigiste {__version__}",
        "choices": _plain(measurement.choices.model_dump(mode="json")),
        "roles": dict(firms.roles),
        "moments": [moment.plain() for moment in found],
        "standard_errors": joint.method if joint else GAPS_ONLY,
        "covariance": None
        if joint is None
        else {
            "names": list(joint.names),
            "matrix": [_flow(row) for row in joint.matrix.tolist()],
        },
    }
    out = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096  # one line a definition
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(content, out)
    return out.getvalue()


GAPS_ONLY: Final = "of gaps alone, clustered by firm, from their regression; there was no bootstrap"


def _flow(row: list[float]) -> Any:  # noqa: ANN401  (ruamel's list on one line)
    from ruamel.yaml.comments import CommentedSeq

    line = CommentedSeq(row)
    line.fa.set_flow_style()
    return line


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever YAML can hold)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _moment(
    measurement: Measurement,
    name: str,
    value: Any,  # noqa: ANN401  (a cell of a frame)
    definition: str,
    unit: str = "",
    se: Any = None,  # noqa: ANN401
    rows: int | None = None,
    drawn: str = "",
    scale: float = 1.0,
) -> Moment:
    return Moment(
        name,
        math.nan if value is None else float(value),
        None if se is None or not math.isfinite(float(se)) else float(se),
        unit,
        measurement.sample.count if rows is None else rows,
        definition,
        measurement.choices.line(),
        drawn,
        scale,
    )


def _gains(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("gains_by_year")
    if table is None:
        return
    mean = table.frame.filter(pl.col("year") == "mean").row(0, named=True)
    what = "Gain from equal marginal products within industries, mean over years; 0.5 is 50 %"
    yield _moment(measurement, "gain", mean["gain"] / 100, what, "share", drawn="mean gain", scale=0.01)
    for part, meaning in (("between", "between groups"), ("within", "within groups")):
        if mean.get(part) is not None:
            what = f"Gain {meaning}, each group of a cell a composite firm, mean over years; 0.5 is 50 %"
            drawn = f"{part} groups, mean"
            yield _moment(
                measurement, f"gain_{part}", mean[part] / 100, what, "share", drawn=drawn, scale=0.01
            )


def _spreads(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("dispersion")
    if table is None:
        return
    for row in table.frame.filter(pl.col("weights") == "firms").iter_rows(named=True):
        name = NAMES[row["variable"]]
        what = f"{row['variable']}, relative to its industry and year"
        for kind, meaning in SPREADS.items():
            definition, drawn = meaning.format(what=what), f"{DRAWN[kind]} of {row['variable']}"
            yield _moment(
                measurement, f"{kind}_{name}", row[kind], definition, "log", rows=row["rows"], drawn=drawn
            )


def _groups(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("groups")
    if table is None:
        return
    for row in table.frame.iter_rows(named=True):
        for kind, meaning in SHARES.items():
            if row.get(kind) is not None:
                name = f"{kind}[{row['group']}]"
                about, drawn = f"{meaning}: {row['group']}", f"{kind} of {row['group']}"
                yield _moment(measurement, name, row[kind], about, "share", rows=row["rows"], drawn=drawn)


def _gaps(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("regressions")
    if table is None:
        return
    for row in table.frame.iter_rows(named=True):
        name = f"gap_{NAMES.get(row['variable'], row['variable'])}[{row['group']}]"
        definition = (
            f"Mean {row['variable']} of {row['group']} less that of the reference group, with effects of "
            "industry and year"
        )
        drawn = f"{row['variable']}, {row['group']} against {measurement.reference}"
        yield _moment(measurement, name, row["coefficient"], definition, "log", row["se"], row["rows"], drawn)
