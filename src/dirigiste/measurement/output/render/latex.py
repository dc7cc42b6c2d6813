r"""Tables as LaTeX: a `table` with `booktabs` rules and notes below, to `\input` in a paper.

Needs in the preamble: \usepackage{amsmath,array,booktabs,longtable}. Text is escaped, Greek letters and signs
become commands, so that pdfLaTeX takes them; letters of other scripts need XeLaTeX or LuaLaTeX.

No table is wider than the text of `article` (345 pt at 10 pt): type gets smaller, then titles of columns
are broken into lines, then columns are spread over several tables, the first ones repeated (layout.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dirigiste.measurement.output.render import cells
from dirigiste.measurement.output.render.layout import laid_out, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dirigiste.measurement.output.render.layout import Panel
    from dirigiste.measurement.output.table import Table

SIGNS: Final = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': "''",
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}",
    "ε": r"\ensuremath{\varepsilon}",
    "η": r"\ensuremath{\eta}",
    "θ": r"\ensuremath{\theta}",
    "κ": r"\ensuremath{\kappa}",
    "λ": r"\ensuremath{\lambda}",
    "μ": r"\ensuremath{\mu}",
    "ρ": r"\ensuremath{\rho}",
    "σ": r"\ensuremath{\sigma}",
    "τ": r"\ensuremath{\tau}",
    "π": r"\ensuremath{\pi}",
    "ψ": r"\ensuremath{\psi}",
    "ω": r"\ensuremath{\omega}",
    "φ": r"\ensuremath{\varphi}",
    "Δ": r"\ensuremath{\Delta}",
    "Σ": r"\ensuremath{\Sigma}",
    "Π": r"\ensuremath{\Pi}",
    "Ψ": r"\ensuremath{\Psi}",
    "Φ": r"\ensuremath{\Phi}",
    "∞": r"\ensuremath{\infty}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≈": r"\ensuremath{\approx}",
    "±": r"\ensuremath{\pm}",
    "→": r"\ensuremath{\rightarrow}",
    "√": r"\ensuremath{\surd}",
    "∈": r"\ensuremath{\in}",
    "∫": r"\ensuremath{\int}",
    "′": r"\ensuremath{'}",
    "²": r"\ensuremath{^2}",
    "³": r"\ensuremath{^3}",
    "½": r"\ensuremath{\tfrac12}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "\N{NO-BREAK SPACE}": "~",
    "\N{THIN SPACE}": r"\,",
    "⁻": r"\ensuremath{^{-}}",
    "¹": r"\ensuremath{^1}",
}
"""Signs that LaTeX takes for something else, or does not know."""

OVERLINE: Final = "\N{COMBINING OVERLINE}"

LONG: Final = 44
"""Tables with more lines than this, with their notes, run over pages."""

BREAKS: Final = r"_^|:/,+("
"""Signs after which a long word may break."""


def latex(table: Table, choices: str) -> str:
    """A table with caption, label, notes and the choices behind it: floats, or over pages if long."""
    table = table.shown()
    layout = laid_out(cells.heads(table), cells.rows(table), cells.texts(table))
    label = rf"\label{{tab:{table.label or re.sub(r'[^a-z0-9]+', '-', table.name.lower())}}}"
    notes = [*(escaped(note) for note in cells.notes(table, choices)), f"Choices: {escaped(choices)}"]
    small = [r"\footnotesize", r"\setlength{\tabcolsep}{3pt}"] if layout.small else []
    make = _over_pages if layout.lines + sum(map(lines_of, cells.notes(table, choices))) > LONG else _float
    parts: list[str] = []
    for n, panel in enumerate(layout.panels):
        title = escaped(table.title) + (" (continued)" if n else "")
        caption = rf"\caption{{{title}}}" + ("" if n else label)
        again = [r"\addtocounter{table}{-1}"] if n else []
        last = n == len(layout.panels) - 1
        body = _body(panel, layout.rows, table.rules)
        parts += [*again, *make(panel, body, caption, small, notes if last else [])]
    return "\n".join([*parts, ""])


def _body(panel: Panel, rows: Sequence[Sequence[str]], rules: Sequence[int]) -> list[str]:
    lines = []
    for n, row in enumerate(rows):
        if n in rules and n:
            lines.append(r"\midrule")
        texts = (breaking(row[c]) if panel.wraps[c] else escaped(row[c]) for c in panel.columns)
        lines.append(" & ".join(texts) + r" \\")
    return lines


def _heads(panel: Panel) -> list[str]:
    lines = []
    for line in panel.heads:
        titles = (
            escaped(title) if left else rf"\multicolumn{{1}}{{c}}{{{escaped(title)}}}"
            for title, left in zip(line, panel.lefts, strict=True)
        )
        lines.append(" & ".join(titles) + r" \\")
    return lines


def _spec(panel: Panel) -> str:
    return "@{}" + "".join(_column(panel, c) for c in panel.columns) + "@{}"


def _column(panel: Panel, column: int) -> str:
    width = panel.wraps[column]
    if width:
        return rf">{{\raggedright\arraybackslash}}p{{{width:g}em}}"
    return "l" if panel.left(column) else "r"


def _float(
    panel: Panel, body: Sequence[str], caption: str, small: Sequence[str], notes: Sequence[str]
) -> list[str]:
    return [
        r"\begin{table}[htbp]",
        r"\centering",
        caption,
        *small,
        rf"\begin{{tabular}}{{{_spec(panel)}}}",
        r"\toprule",
        *_heads(panel),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *_notes(notes),
        r"\end{table}",
    ]


def _over_pages(
    panel: Panel, body: Sequence[str], caption: str, small: Sequence[str], notes: Sequence[str]
) -> list[str]:
    return [
        r"\begingroup",
        *small,
        rf"\begin{{longtable}}{{{_spec(panel)}}}",
        caption + r" \\",
        r"\toprule",
        *_heads(panel),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *body,
        r"\end{longtable}",
        *_notes(notes),
        r"\endgroup",
    ]


def _notes(notes: Sequence[str]) -> list[str]:
    """Notes as wide as the text, whatever the table is."""
    if not notes:
        return []
    return [
        r"\par\smallskip",
        r"{\footnotesize\raggedright\setlength{\parindent}{0pt}\setlength{\parskip}{2pt}",
        *(rf"{note}\par" for note in notes),
        "}",
    ]


def document(tables: Iterable[str], title: str) -> str:
    """A document that holds tables, to compile as it is."""
    return "\n".join(
        [
            r"\documentclass[11pt,a4paper]{article}",
            r"\usepackage[utf8]{inputenc}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{amsmath,array,booktabs,longtable}",
            r"\usepackage[margin=2cm]{geometry}",
            rf"\title{{{escaped(title)}}}",
            r"\date{}",
            r"\begin{document}",
            r"\maketitle",
            *(rf"{text}\clearpage" for text in tables),
            r"\end{document}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    parts: list[str] = []
    for sign in text.replace("\n", " "):
        if sign == OVERLINE and parts:
            inner = re.fullmatch(r"\\ensuremath\{(.*)\}", parts[-1])
            letter = inner[1] if inner else rf"\mathrm{{{parts[-1]}}}"
            parts[-1] = rf"\ensuremath{{\overline{{{letter}}}}}"
        elif sign != OVERLINE:
            parts.append(SIGNS.get(sign, sign))
    return "".join(parts)


def breaking(text: str) -> str:
    """Text for a column of fixed width: long words may break after some signs."""
    parts = re.split(rf"(?<=[{re.escape(BREAKS)}])", text)
    return r"\allowbreak{}".join(escaped(part) for part in parts if part)
