"""The figures of a measurement: title, caption, data and drawing of each."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import matplotlib as mpl
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.output import drawing, figure_data
from dirigiste.measurement.output.figure_data import ALL
from dirigiste.outputs import make, whole, write_text
from dirigiste.report import words
from dirigiste.report.drawing import sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from matplotlib.figure import Figure as Drawn

    from dirigiste.measurement.measurement import Measurement

FORMATS: Final = ("png", "svg", "pdf")


FONTS: Final = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Arial Unicode MS",
)
"""Fonts with Chinese letters that are tried first where the package's font lacks a letter."""


HOUSE: Final = "DejaVu Sans"
"""Font of figures; it comes with matplotlib."""


@cache
def _letters(path: str) -> frozenset[int]:
    """Code points that a font has."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):  # a font that cannot be read has none
        return frozenset()


@cache
def spare_font(text: str) -> str | None:
    """An installed font with the letters of a text that the package's font lacks.

    None where it lacks none, and where no font has them: `lacking` names them.
    """
    from matplotlib import font_manager

    needed = lacking(text)
    if not needed:
        return None
    entries = font_manager.fontManager.ttflist
    first = [entry for name in FONTS for entry in entries if entry.name == name]
    return next((entry.name for entry in (*first, *entries) if needed <= _letters(entry.fname)), None)


def lacking(text: str) -> frozenset[int]:
    """Letters of a text that the package's font does not have."""
    from matplotlib import font_manager

    return frozenset(map(ord, text)) - _letters(font_manager.findfont(HOUSE)) - frozenset(range(32))


@contextlib.contextmanager
def lettered(text: str) -> Iterator[None]:
    """The package's style, with a font for letters of `text` that its font lacks, where one is installed.

    In SVG text stays text, so a reader's browser finds its own; in PNG letters without a font are boxes.
    """
    spare = spare_font(text)
    with sheet.style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcParams["font.family"] = [HOUSE, *([spare] if spare else [])]
        yield


def boxes(measurement: Measurement) -> str | None:
    """What to say where no installed font has the letters of groups; None where one has."""
    for group in figure_data.groups(measurement):
        if lacking(group) and spare_font(group) is None:
            return (
                f"no installed font has the letters of `{group}`: PNG and PDF figures show boxes in their "
                "place; SVG figures and the report hold them as text. A font such as Noto Sans CJK has them"
            )
    return None


@dataclass(frozen=True)
class Figure:
    """A figure of a measurement."""

    name: str
    title: str
    """Its main result, in a sentence."""
    note: str
    """How to read it, and the choices behind it."""
    description: str
    """What it shows, for those who cannot see it."""
    frame: pl.DataFrame
    """Its data."""
    draw: Callable[[str | None], Drawn]

    @property
    def text(self) -> str:
        """Its letters, each once."""
        named = [name for name in ("group", "outcome", "event") if name in self.frame.columns]
        groups = [text for name in named for text in self.frame[name].unique().to_list()]
        return "".join(sorted({*self.title, *self.note, *"".join(groups)}))

    def drawn(self, *, titled: bool = True) -> Drawn:
        """The figure as matplotlib has it."""
        with lettered(self.text):
            return self.draw(self.title if titled else None)

    def svg(self) -> str:
        """The figure as an SVG element without its title."""
        with lettered(self.text):
            return sheet.svg(self.draw(None), self.name, self.title, self.description)

    def png(self) -> bytes:
        """The figure as PNG, its title above and its note below."""
        out = io.BytesIO()
        self.save(out, "png", dpi=200, metadata={"Software": None})
        return out.getvalue()

    def save(self, out: Path | BinaryIO, kind: str, **options: Any) -> None:  # noqa: ANN401  (of matplotlib)
        """Save the figure; PDF has neither title nor note, since papers have captions."""
        plain = kind == "pdf"
        with lettered(self.text):
            figure = self.draw(None if plain else self.title)
            area = None if plain else drawing.captioned(figure, self.note)
            figure.savefig(out, format=kind, bbox_inches=area, **options)

    def csv(self) -> str:
        """Its data as CSV."""
        return self.frame.write_csv()


def figures(measurement: Measurement) -> dict[str, Figure]:
    """All figures that the data allow, by name."""
    drawn = [
        _densities(measurement),
        _gains(measurement),
        _products(measurement),
        _by_year(measurement),
        *_events(measurement),
    ]
    return {figure.name: figure for figure in drawn if figure is not None}


def save(measurement: Measurement, folder: Path, formats: tuple[str, ...] = ("png", "svg")) -> list[Path]:
    """Write all figures into a folder, with their data as CSV. Only PDF has no title and no note: papers have
    captions.

    Raises:
        InputError: The folder cannot be made, or a format is not one of png, svg, pdf.
    """
    unknown = [kind for kind in formats if kind not in FORMATS]
    if unknown:
        raise InputError.of(f"no format `{unknown[0]}` of figures; formats are {', '.join(FORMATS)}")
    make(folder)
    written: list[Path] = []
    for figure in figures(measurement).values():
        for kind in formats:
            path = folder / f"{figure.name}.{kind}"
            with whole(path) as draft:
                if kind == "png":
                    draft.write_bytes(figure.png())
                else:
                    figure.save(draft, kind, metadata={"Date" if kind == "svg" else "CreationDate": None})
            written.append(path)
        written.append(write_text(folder / f"{figure.name}.csv", figure.csv()))
    return written


def _plain(group: str) -> str:
    """A group as readers see it."""
    return group.replace("_", " ")


def _few(measurement: Measurement) -> str:
    return _left_out(figure_data.left_out(measurement))


def _left_out(count: int) -> str:
    if count < 2:
        return " The smallest group is left out." if count else ""
    return f" The {count} smallest groups are left out."


def _densities(measurement: Measurement) -> Figure | None:
    tfpr = figure_data.densities(measurement, "ln_tfpr_dev")
    tfpq = figure_data.densities(measurement, "ln_tfpq_dev")
    if not tfpr or not tfpq:
        return None
    if len(tfpr) > 1:
        low, high = min(tfpr, key=lambda c: c.mean), max(tfpr, key=lambda c: c.mean)
        title = (
            f"TFPR is lowest in {_plain(low.group)} firms ({words.signed(low.mean, 2)}) and highest in "
            f"{_plain(high.group)} ones ({words.signed(high.mean, 2)}), logs from the aggregate of the cell"
        )
    else:
        sd = float(measurement.rows["ln_tfpr_dev"].std() or 0.0)  # type: ignore[arg-type]
        title = f"TFPR differs between firms of one industry and year by {sd:.2f} logs (standard deviation)"
    frame = pl.concat(
        [
            pl.DataFrame(
                {"measure": name, "group": curve.group, "log_deviation": curve.x, "density": curve.y}
            )
            for name, curves in (("TFPR", tfpr), ("TFPQ", tfpq))
            for curve in curves
        ]
    )
    unit = "logs, from the aggregate of industry and year"
    means = "; ".join(
        f"{one.group} TFPR {words.signed(one.mean, 2)}, TFPQ {words.signed(two.mean, 2)}"
        for one, two in zip(tfpr, tfpq, strict=True)
    )
    return Figure(
        "densities",
        title,
        "Densities by Gaussian kernels with Silverman's bandwidth; triangles: means. Each firm counts once."
        f"{_few(measurement)} Choices: {measurement.choices.line()}",
        "Densities of log TFPR and log TFPQ by group, from the aggregate of industry and year. "
        f"Means: {means}.",
        frame,
        lambda top: drawing.densities([("TFPR", unit, tfpr), ("TFPQ", unit, tfpq)], top),
    )


def _gains(measurement: Measurement) -> Figure | None:
    data = figure_data.gains(measurement)
    if data is None or data.frame.height < 2:
        return None
    frame = data.frame
    years, values = frame["year"].to_list(), frame["gain"].to_list()
    first, last = f"{values[0]:.0f} % in {years[0]}", f"{values[-1]:.0f} % in {years[-1]}"
    band = ""
    if data.interval is not None:
        band = " Band: reflected 95 % intervals of the bootstrap."
    return Figure(
        "gains",
        f"Equal marginal products within industries would raise output by {first} and {last}",
        f"Gain in aggregate output if wedges were the same for all firms of an industry.{band} "
        f"Choices: {measurement.choices.line()}",
        f"Gains by year: {', '.join(f'{y}: {v:.1f} %' for y, v in zip(years, values, strict=True))}.",
        frame,
        lambda top: drawing.gains(years, values, data.interval, top),
    )


def _products(measurement: Measurement) -> Figure | None:
    capital = figure_data.spreads(measurement, "mrpk")
    labour = figure_data.spreads(measurement, "mrpl")
    if not capital or not labour:
        return None
    wide = max(one.quantiles[4] - one.quantiles[0] for one in capital)
    if len(capital) > 1:
        low, high = min(capital, key=lambda s: s.quantiles[2]), max(capital, key=lambda s: s.quantiles[2])
        title = (
            f"The median marginal product of capital is lowest in {_plain(low.group)} firms "
            f"({words.signed(low.quantiles[2], 2)}) and highest in {_plain(high.group)} ones "
            f"({words.signed(high.quantiles[2], 2)}), logs from the aggregate of the cell"
        )
    else:
        title = f"The marginal product of capital spreads over {wide:.1f} logs (10 to 90 %) within cells"
    frame = pl.concat(
        [
            pl.DataFrame(
                {
                    "measure": name,
                    "group": [one.group],
                    "rows": [one.rows],
                    **{
                        f"p{mark}": [value]
                        for mark, value in zip((10, 25, 50, 75, 90), one.quantiles, strict=True)
                    },
                }
            )
            for name, many in (("MRPK", capital), ("MRPL", labour))
            for one in many
        ]
    )
    unit = "logs, from the aggregate of industry and year"
    who = "all firms" if capital[0].group == ALL else "groups"
    return Figure(
        "marginal-products",
        title,
        f"Marginal revenue products by group.{_few(measurement)} Choices: {measurement.choices.line()}",
        f"Spreads of marginal products of capital and labour for {who}, from the aggregate of industry and "
        "year. "
        + "; ".join(f"{one.group} median MRPK {words.signed(one.quantiles[2], 2)}" for one in capital)
        + ".",
        frame,
        lambda top: drawing.spreads([("Capital", unit, capital), ("Labour", unit, labour)], top),
    )


def _lines(frame: pl.DataFrame, by: str, x: str) -> list[drawing.Line]:
    """Lines of a frame of coefficients, one a value of `by`, in the order in which they come."""
    lines = []
    for name in frame[by].unique(maintain_order=True):
        part = frame.filter(pl.col(by) == name).sort(x)
        ends = (part[end].fill_nan(None).fill_null(part["coefficient"]).to_list() for end in ("low", "high"))
        lines.append(drawing.Line(str(name), part[x].to_list(), part["coefficient"].to_list(), *ends))
    return lines


def _by_year(measurement: Measurement) -> Figure | None:
    """Groups against the reference by year, with intervals: the table `regressions_by_year`."""
    table = measurement.tables.get("regressions_by_year")
    if table is None or table.frame["year"].n_unique() < 2:
        return None
    counts = measurement.rows.drop_nulls("group")["group"].value_counts(sort=True)
    largest = [name for name in counts["group"] if name in table.frame["group"]]
    shown = sorted(largest[: figure_data.MOST])
    frame = table.frame.filter(pl.col("group").is_in(shown)).select(
        "variable", "group", "year", "coefficient", "se", "low", "high", "rows"
    )
    reference = measurement.reference or ""
    panels = [
        (name, "year", _lines(frame.filter(pl.col("variable") == name).sort("group"), "group", "year"))
        for name in ("ln TFPR", "ln MRPK", "ln MRPL")
    ]
    capital = frame.filter(pl.col("variable") == "ln MRPK")
    gaps = capital.group_by("group").agg(pl.col("coefficient").abs().mean())
    leading = min(shown, key=lambda name: -float(gaps.filter(pl.col("group") == name)["coefficient"].sum()))
    first, last = (_ends(frame, leading, year) for year in (frame["year"].min(), frame["year"].max()))
    title = (
        f"ln MRPK of {_plain(leading)} firms against {_plain(reference)} ones: {first[1]} in {first[0]}, "
        f"{last[1]} in {last[0]}"
    )
    less = _left_out(len(largest) - len(shown))
    described = "; ".join(
        f"{row['group']} {row['year']} {words.signed(row['coefficient'], 2)}"
        for row in frame.filter(pl.col("variable") == "ln MRPK").iter_rows(named=True)
    )
    return Figure(
        "groups-by-year",
        title,
        f"Logs against {_plain(reference)} firms of the same industry and year, by year; bars: 95 % "
        f"intervals, clustered by firm.{less} Choices: {measurement.choices.line()}",
        f"Coefficients of groups by year. ln MRPK: {described}.",
        frame,
        lambda top: drawing.intervals(panels, top),
    )


def _ends(frame: pl.DataFrame, group: str, year: object) -> tuple[int, str]:
    """The year nearest to this one in which a group has a coefficient of ln MRPK, and that."""
    part = frame.filter((pl.col("variable") == "ln MRPK") & (pl.col("group") == group))
    row = part.sort((pl.col("year") - pl.lit(year)).abs()).row(0, named=True)
    return row["year"], words.signed(row["coefficient"], 2)


def _events(measurement: Measurement) -> list[Figure]:
    """Event studies, a figure each."""
    table = measurement.tables.get("event_study")
    if table is None:
        return []
    drawn = []
    studies = table.frame["study"].unique().sort().to_list()
    for n in studies:
        frame = table.frame.filter(pl.col("study") == n)
        event = frame["event"][0]
        outcomes = frame["outcome"].unique(maintain_order=True).to_list()[:MOST_OUTCOMES]
        frame = frame.filter(pl.col("outcome").is_in(outcomes))
        panels = [
            (
                name,
                "years from the event",
                _lines(frame.filter(pl.col("outcome") == name), "outcome", "period"),
            )
            for name in outcomes
        ]
        reference = frame.filter(pl.col("se").is_nan() | pl.col("se").is_null())["period"][0]
        last = frame.filter((pl.col("outcome") == outcomes[0]) & pl.col("se").is_not_nan())["period"].max()
        ending = frame.filter((pl.col("outcome") == outcomes[0]) & (pl.col("period") == last)).row(
            0, named=True
        )
        name = "event-study" if len(studies) == 1 else f"event-study-{n}"
        drawn.append(_event_figure(name, event, frame, panels, reference, ending, measurement))
    return drawn


MOST_OUTCOMES: Final = 4
"""Panels of a figure of an event study."""


def _event_figure(
    name: str,
    event: str,
    frame: pl.DataFrame,
    panels: list[tuple[str, str, list[drawing.Line]]],
    reference: int,
    ending: dict[str, Any],
    measurement: Measurement,
) -> Figure:
    what = event.removeprefix("event(").removesuffix(")")
    turned = f"{what[1:]} turned 0" if what.startswith("!") else f"{what} turned 1"
    years = f"{ending['period']} year{'s' * (ending['period'] != 1)}"
    title = (
        f"{ending['outcome']} {years} or more after {turned}: {words.signed(ending['coefficient'], 2)} "
        f"({words.signed(ending['low'], 2)} to {words.signed(ending['high'], 2)})"
    )
    described = "; ".join(
        f"{row['outcome']} {row['period']}: {words.signed(row['coefficient'], 2)}"
        for row in frame.iter_rows(named=True)
    )
    return Figure(
        name,
        title,
        f"Coefficients of years around the event (0: the year in which {turned}), relative to year "
        f"{words.signed(reference, 0)}; bars: 95 % intervals. The first and last hold all years beyond. "
        f"Choices: {measurement.choices.line()}",
        f"Coefficients by years from the event. {described}.",
        frame,
        lambda top: drawing.intervals(panels, top, legend=False, before=reference + 0.5),
    )
