"""The figures of a measurement: title, caption, data and drawing of each."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.output import drawing, figure_data
from dirigiste.measurement.output.figure_data import ALL
from dirigiste.measurement.output.render.outputs import make, whole, write_text
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
        groups = self.frame["group"].unique().to_list() if "group" in self.frame.columns else []
        return "".join(sorted({*self.title, *"".join(groups)}))

    def drawn(self, *, titled: bool = True) -> Drawn:
        """The figure as matplotlib has it."""
        with lettered(self.text):
            return self.draw(self.title if titled else None)

    def svg(self) -> str:
        """The figure as an SVG element without its title."""
        with lettered(self.text):
            return sheet.svg(self.draw(None), self.name, self.title, self.description)

    def png(self) -> bytes:
        """The figure with its title as PNG."""
        with lettered(self.text):
            return sheet.png(self.draw(self.title))

    def csv(self) -> str:
        """Its data as CSV."""
        return self.frame.write_csv()


def figures(measurement: Measurement) -> dict[str, Figure]:
    """All figures that the data allow, by name."""
    drawn = [_densities(measurement), _gains(measurement), _products(measurement)]
    return {figure.name: figure for figure in drawn if figure is not None}


def save(measurement: Measurement, folder: Path, formats: tuple[str, ...] = ("png", "svg")) -> list[Path]:
    """Write all figures into a folder, with their data as CSV.

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
            with lettered(figure.text), whole(path) as draft:
                if kind == "png":
                    draft.write_bytes(figure.png())
                else:
                    plain: dict[str, Any] = {"Date": None} if kind == "svg" else {"CreationDate": None}
                    figure.draw(figure.title).savefig(draft, metadata=plain)
            written.append(path)
        written.append(write_text(folder / f"{figure.name}.csv", figure.csv()))
    return written


def _plain(group: str) -> str:
    """A group as readers see it."""
    return group.replace("_", " ")


def _few(measurement: Measurement) -> str:
    left = figure_data.left_out(measurement)
    return f" The {left} smallest groups are left out." if left else ""


def _densities(measurement: Measurement) -> Figure | None:
    tfpr = figure_data.densities(measurement, "ln_tfpr_dev")
    tfpq = figure_data.densities(measurement, "ln_tfpq_dev")
    if not tfpr or not tfpq:
        return None
    if len(tfpr) > 1:
        low, high = min(tfpr, key=lambda c: c.mean), max(tfpr, key=lambda c: c.mean)
        title = (
            f"TFPR is lowest in {_plain(low.group)} firms ({words.signed(low.mean, 2)}) and highest in "
            f"{_plain(high.group)} ones ({words.signed(high.mean, 2)}), logs from the mean of the cell"
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
    unit = "logs, from the mean of industry and year"
    means = "; ".join(
        f"{one.group} TFPR {words.signed(one.mean, 2)}, TFPQ {words.signed(two.mean, 2)}"
        for one, two in zip(tfpr, tfpq, strict=True)
    )
    return Figure(
        "densities",
        title,
        "Densities by Gaussian kernels with Silverman's bandwidth; triangles: means. Each firm counts once."
        f"{_few(measurement)} Choices: {measurement.choices.line()}",
        f"Densities of log TFPR and log TFPQ by group, from the mean of industry and year. Means: {means}.",
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
        band = " Band: bias-corrected 95 % intervals of the bootstrap."
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
            f"({words.signed(high.quantiles[2], 2)}), logs from the mean of the cell"
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
    unit = "logs, from the mean of industry and year"
    who = "all firms" if capital[0].group == ALL else "groups"
    return Figure(
        "marginal-products",
        title,
        f"Marginal revenue products by group.{_few(measurement)} Choices: {measurement.choices.line()}",
        f"Spreads of marginal products of capital and labour for {who}, from the mean of industry and year. "
        + "; ".join(f"{one.group} median MRPK {words.signed(one.quantiles[2], 2)}" for one in capital)
        + ".",
        frame,
        lambda top: drawing.spreads([("Capital", unit, capital), ("Labour", unit, labour)], top),
    )
