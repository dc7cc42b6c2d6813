r"""Tables as LaTeX: a `table` with `booktabs` rules and `threeparttable` notes, to `\input` in a paper.

Needs in the preamble: \usepackage{amsmath,booktabs,longtable,threeparttable}. Text is escaped, Greek letters
and signs become commands, so that pdfLaTeX takes them; letters of other scripts need XeLaTeX or LuaLaTeX.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dirigiste.measurement.output.render import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

LONG: Final = 45
"""Tables with more rows than this run over pages."""

WIDE: Final = 8
"""Tables with more columns than this are set small."""


def latex(table: Table, choices: str) -> str:
    """A table with caption, label, notes and the choices behind it: a float, or over pages if long."""
    names = table.frame.columns
    left = cells.texts(table)
    spec = "@{}" + "".join("l" if n in left else "r" for n in range(len(names))) + "@{}"
    titles = [escaped(cells.header(table.columns[name])) for name in names]
    heads = " & ".join(
        title if n in left else rf"\multicolumn{{1}}{{c}}{{{title}}}" for n, title in enumerate(titles)
    )
    caption = rf"\caption{{{escaped(table.title)}}}"
    label = rf"\label{{tab:{re.sub(r'[^a-z0-9]+', '-', table.name.lower())}}}"
    body = [" & ".join(escaped(text) for text in row) + r" \\" for row in cells.rows(table)]
    notes = [*(escaped(note) for note in cells.notes(table, choices)), f"Choices: {escaped(choices)}"]
    small = [r"\footnotesize", r"\setlength{\tabcolsep}{3pt}"] if len(names) > WIDE else []
    if len(body) > LONG:
        return _over_pages(spec, caption + label, heads, body, notes, small)
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            r"\begin{threeparttable}",
            caption,
            label,
            *small,
            rf"\begin{{tabular}}{{{spec}}}",
            r"\toprule",
            heads + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\begin{tablenotes}[flushleft]\footnotesize",
            *(rf"\item {note}" for note in notes),
            r"\end{tablenotes}",
            r"\end{threeparttable}",
            r"\end{table}",
            "",
        ]
    )


def _over_pages(
    spec: str, caption: str, heads: str, body: Sequence[str], notes: Sequence[str], small: Sequence[str]
) -> str:
    return "\n".join(
        [
            r"\begingroup",
            *small,
            rf"\begin{{longtable}}{{{spec}}}",
            caption + r" \\",
            r"\toprule",
            heads + r" \\",
            r"\midrule",
            r"\endhead",
            r"\bottomrule",
            r"\endlastfoot",
            *body,
            r"\end{longtable}",
            r"\footnotesize",
            *(rf"\noindent {note}\par" for note in notes),
            r"\endgroup",
            "",
        ]
    )


def document(tables: Iterable[str], title: str) -> str:
    """A document that holds tables, to compile as it is."""
    return "\n".join(
        [
            r"\documentclass[11pt,a4paper]{article}",
            r"\usepackage[utf8]{inputenc}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{amsmath,booktabs,longtable,threeparttable}",
            r"\usepackage[margin=2cm]{geometry}",
            rf"\title{{{escaped(title)}}}",
            r"\date{}",
            r"\begin{document}",
            r"\maketitle",
            *tables,
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
