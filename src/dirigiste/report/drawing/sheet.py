"""The one style sheet of all figures, canvases measured in inches, and SVG that is part of a page.

Colour-blind readers can distinguish the colours, which differ in grey as well; lines differ in style too.
Text stays text, and the same figure gives the same bytes.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from dirigiste.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

INK: Final = "#1f2328"
SOFT: Final = "#5b6470"
FAINT: Final = "#d3d8de"
PALE: Final = "#eef1f4"
NAVY: Final = "#12436d"
ORANGE: Final = "#e8601c"
TEAL: Final = "#28a197"
PLUM: Final = "#801650"
COLOURS: Final = (NAVY, ORANGE, TEAL, PLUM)
"""At most these four in a panel."""

LOSS_GAIN: Final = LinearSegmentedColormap.from_list(
    "loss_gain", ["#a33b0b", "#e8601c", "#f9c9ac", "#ffffff", "#b9d3e8", "#4b86b8", "#12436d"]
)
"""Orange for losses, white at zero, blue for gains."""

AMOUNT: Final = LinearSegmentedColormap.from_list("amount", ["#f8d9c4", "#eb9f6f", "#a8607c", "#12436d"])
"""Pale for little, dark for much."""

WIDTH: Final = 7.3
"""Width of a figure in inches: the text width of an A4 page."""

FONT: Final = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', sans-serif"

STYLE: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": [
        "DejaVu Sans"
    ],  # ships with matplotlib: the same measures everywhere; wider than what readers see
    "font.size": 8.0,
    "text.color": INK,
    "axes.labelsize": 8.0,
    "axes.labelcolor": SOFT,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8.0,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "dirigiste",
    "path.simplify": True,
}

BEFORE: Final[Mapping[str, Any]] = {"linestyle": (0, (3.5, 2.0)), "linewidth": 1.1}
AFTER: Final[Mapping[str, Any]] = {"linestyle": "-", "linewidth": 1.7}


@dataclass(frozen=True)
class Canvas:
    """A figure whose axes are placed in inches from its lower left corner, below the title if it has one."""

    figure: Figure
    width: float
    height: float
    """Height of the body, without the title."""

    def axes(self, left: float, bottom: float, width: float, height: float, **options: Any) -> Axes:  # noqa: ANN401
        """Axes at a place in inches."""
        total = float(self.figure.get_size_inches()[1])
        return self.figure.add_axes(
            (left / self.width, bottom / total, width / self.width, height / total), **options
        )

    def plane(self) -> Axes:
        """Axes without frame over the whole body, with inches as coordinates."""
        axes = self.axes(0, 0, self.width, self.height)
        axes.set(xlim=(0, self.width), ylim=(0, self.height))
        axes.set_axis_off()
        return axes


def canvas(height: float, title: str | None = None, width: float = WIDTH) -> Canvas:
    """A new canvas; with `title` room for it is added on top."""
    lines = balanced(title) if title else []
    extra = 0.2 * len(lines) + 0.12 if lines else 0.0
    figure = Figure(figsize=(width, height + extra))
    for n, line in enumerate(lines):
        y = 1 - (0.16 + 0.2 * n) / (height + extra)
        figure.text(0.01, y, line, fontsize=10.5, fontweight="bold", va="center")
    return Canvas(figure, width, height)


def room(labels: Sequence[str], least: float, size: float = 8.0) -> float:
    """Width in inches that the longest of some labels needs at a font size, but at least `least`."""
    return max(least, max((len(text) for text in labels), default=0) * 0.0089 * size + 0.14)


def balanced(text: str, width: int = 78) -> list[str]:
    """Lines of about the same length, no more of them than `width` characters a line need."""
    lines = textwrap.wrap(text, width)
    for narrower in range(width - 1, 10, -1):
        trial = textwrap.wrap(text, narrower)
        if len(trial) > len(lines):
            break
        lines = trial
    return lines


def readable(colour: object) -> str:
    """Ink or white, whichever is easier to read on a colour."""
    red, green, blue = to_rgb(colour)  # type: ignore[arg-type]
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def style() -> Any:  # noqa: ANN401  (a context manager of matplotlib)
    """Context in which figures are made and written."""
    settings: Any = {**mpl.rcParamsDefault, **STYLE}
    return mpl.rc_context({key: value for key, value in settings.items() if not key.startswith("backend")})


def png(figure: Figure) -> bytes:
    """The figure as PNG at 200 dots an inch."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=200, metadata={"Software": None})
    return out.getvalue()


def svg(
    figure: Figure, name: str, title: str, description: str, hints: Mapping[str, str] | None = None
) -> str:
    """The figure as an SVG element with a title and a description for those who cannot see it.

    Args:
        figure: The figure.
        name: Prefix of all ids, so that several figures can be in one page.
        title: Short text alternative.
        description: Long text alternative.
        hints: Tooltips by gid of an artist.
    """
    out = io.StringIO()
    with warnings.catch_warnings():
        # text stays text, for which a reader's browser has fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        FigureCanvasSVG(figure).print_svg(
            out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'xlink:href="#(?!event-)([^"]+)"', rf'xlink:href="#{name}-\1"', text)
    for gid, hint in (hints or {}).items():
        start = f'<g id="{name}-{gid}">'
        text = text.replace(start, f"{start}<title>{escape(hint)}</title>", 1)
    head = re.search(r"<svg[^>]*>", text)
    assert head is not None  # every SVG has a root
    root = re.sub(r'\s(width|height|role|id)="[^"]*"', "", head.group(0))
    labels = f'role="img" aria-labelledby="{name}-title {name}-desc" style="stroke-linejoin: round"'
    root = root.replace("<svg", f'<svg id="{name}-svg" {labels}', 1)
    alternatives = (
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    )
    return words.clean(f"{root}{alternatives}{text[head.end() :]}").strip()
