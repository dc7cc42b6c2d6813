"""Moments of firm data for the calibration of a model: a YAML file with values, standard errors, definitions.

    format: 1
    source: firms.dta
    choices: {sigma: 3.0, ...}
    moments:
      - {name: sd_ln_tfpr, value: 0.63, se: 0.01, unit: log, rows: 1589, definition: ..., choices: ...}

Standard errors come from the bootstrap where there was one (`--bootstrap`), of regressions from their own
clustered covariance; else they are null.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.measurement.output.render.outputs import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dirigiste.measurement.measurement import Measurement

NAMES: Final = {"ln TFPR": "ln_tfpr", "ln TFPQ": "ln_tfpq", "ln MRPK": "ln_mrpk", "ln MRPL": "ln_mrpl"}

SPREADS: Final = {
    "sd": "Standard deviation of {what}, all firm-years alike",
    "iqr": "75th less 25th percentile of {what}, all firm-years alike",
    "p90_10": "90th less 10th percentile of {what}, all firm-years alike",
}

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


def moments(measurement: Measurement) -> list[Moment]:
    """All moments that the data give."""
    computed = [*_gains(measurement), *_spreads(measurement), *_groups(measurement), *_gaps(measurement)]
    return [moment for moment in computed if math.isfinite(moment.value)]


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
    content: dict[str, Any] = {
        "format": 1,
        "source": firms.source,
        "rows": measurement.rows.height,
        "made_by": f"dirigiste {__version__}",
        "choices": _plain(measurement.choices.model_dump(mode="json")),
        "roles": dict(firms.roles),
        "moments": [asdict(moment) for moment in moments(measurement)],
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
) -> Moment:
    return Moment(
        name,
        math.nan if value is None else float(value),
        None if se is None or not math.isfinite(float(se)) else float(se),
        unit,
        measurement.rows.height if rows is None else rows,
        definition,
        measurement.choices.line(),
    )


def _gains(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("gains_by_year")
    if table is None:
        return
    mean = table.frame.filter(pl.col("year") == "mean").row(0, named=True)
    what = "Gain from equal marginal products within industries, mean over years; 0.5 is 50 %"
    error = _error(measurement, "mean gain, %", 0.01)
    yield _moment(measurement, "gain", mean["gain"] / 100, what, "share", error)
    for part, meaning in (("between", "between groups"), ("within", "within groups")):
        if mean.get(part) is not None:
            what = f"Gain {meaning}, each group of a cell a composite firm, mean over years; 0.5 is 50 %"
            error = _error(measurement, f"{part} groups, mean, %", 0.01)
            yield _moment(measurement, f"gain_{part}", mean[part] / 100, what, "share", error)


def _spreads(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("dispersion")
    if table is None:
        return
    for row in table.frame.filter(pl.col("weights") == "firms").iter_rows(named=True):
        name = NAMES[row["variable"]]
        what = f"{row['variable']}, relative to its industry and year"
        for kind, meaning in SPREADS.items():
            error = _error(measurement, f"sd of {row['variable']}") if kind == "sd" else None
            definition = meaning.format(what=what)
            yield _moment(measurement, f"{kind}_{name}", row[kind], definition, "log", error, row["rows"])


def _groups(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("groups")
    if table is None:
        return
    for row in table.frame.iter_rows(named=True):
        for kind, meaning in SHARES.items():
            if row.get(kind) is not None:
                name = f"{kind}[{row['group']}]"
                yield _moment(
                    measurement, name, row[kind], f"{meaning}: {row['group']}", "share", None, row["rows"]
                )


def _gaps(measurement: Measurement) -> Iterator[Moment]:
    table = measurement.tables.get("regressions")
    if table is None:
        return
    for row in table.frame.iter_rows(named=True):
        name = f"gap_{NAMES.get(row['variable'], row['variable'])}[{row['group']}]"
        definition = (
            f"Mean {row['variable']} of {row['group']} less that of the reference group, with effects of "
            "industry and year; standard error clustered by firm"
        )
        yield _moment(measurement, name, row["coefficient"], definition, "log", row["se"], row["rows"])


def _error(measurement: Measurement, statistic: str, scale: float = 1.0) -> float | None:
    """Bootstrap standard error of a statistic, if there was a bootstrap."""
    table = measurement.tables.get("intervals")
    if table is None:
        return None
    row = table.frame.filter(pl.col("statistic") == statistic)
    if not row.height or row["se"][0] is None:
        return None
    return scale * float(row["se"][0])
