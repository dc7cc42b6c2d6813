"""LaTeX that compiles and fits the page: every table of a measurement, by the compiler that is installed."""

import re
import shutil
import subprocess

import numpy as np
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure, specifications
from dirigiste.measurement.output.render import cells, latex, layout
from dirigiste.measurement.output.render.files import write_tables
from dirigiste.measurement.output.table import Column, Table

COMPILER = shutil.which("pdflatex") or shutil.which("tectonic")
compiled = pytest.mark.skipif(COMPILER is None, reason="needs pdflatex or tectonic")

WORST = 1.0
"""Points by which a box may be too wide."""


def compile_log(folder, name):
    """Compile a document; what the compiler says of it."""
    options = (
        ["--keep-logs"] if "tectonic" in str(COMPILER) else ["-interaction=nonstopmode", "-halt-on-error"]
    )
    for _ in range(2):  # long tables need two runs
        done = subprocess.run([COMPILER, *options, name], cwd=folder, capture_output=True, check=False)
    log = (folder / name).with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-3000:]
    assert (folder / name).with_suffix(".pdf").stat().st_size > 0
    return log


def too_wide(log):
    """Points by which boxes of a log are too wide, those of no matter left out."""
    log = re.sub(r"(?<=[^\n]{78})\n", "", log)
    found = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    return [points for points in found if points > WORST]


@pytest.fixture(scope="module")
def tables():
    random = np.random.default_rng(0)
    frame = random_firms(
        1, firms=400, years=6, industries=50, groups=("state", "private domestic", "foreign")
    )
    frame = frame.with_columns(
        soe=pl.Series(random.integers(0, 2, frame.height)),
        age=pl.Series(random.integers(1, 40, frame.height)),
    )
    firms = firms_of(frame)
    result = measure(
        firms,
        Choices(trim=Choices().trim.with_({"tail": 0.02})),
        bootstrap=10,
        regress=[
            f"ln_tfpr + ln_tfpq + ln_mrpk + ln_mrpl ~ foreign*I(year > {y}) | industry" for y in (2001, 2003)
        ],
        cluster="id",
        stars=True,
    )
    return {**result.tables, "specifications": specifications(firms, Choices())}, result.choices.line()


@compiled
def test_every_table_compiles_and_fits_the_page(tables, tmp_path):
    """Also in `article` at 10 pt, whose text is narrower than that of the document which is written."""
    made, line = tables
    write_tables(made, tmp_path, ["tex"], line, "All tables & more")
    log = compile_log(tmp_path, "tables.tex")
    assert too_wide(log) == []
    assert "Float too large" not in log
    lines = [r"\documentclass{article}", r"\usepackage{amsmath,array,booktabs,longtable}"]
    lines += [r"\usepackage[T1]{fontenc}", r"\begin{document}"]
    lines += [rf"\input{{{name}}}\clearpage" for name, table in made.items() if not table.for_programs]
    (tmp_path / "paper.tex").write_text("\n".join([*lines, r"\end{document}"]), encoding="utf-8")
    log = compile_log(tmp_path, "paper.tex")
    assert too_wide(log) == []
    assert "Float too large" not in log


@compiled
def test_a_very_wide_table_compiles(tmp_path):
    """Thirty columns, long titles, texts without spaces, fifty rows."""
    random = np.random.default_rng(1)
    frame = pl.DataFrame({"formula": ["ln_tfpr ~ " + "+".join(f"control_{n}" for n in range(9))] * 50})
    frame = frame.with_columns(pl.Series(f"c{n}", 1e4 * random.normal(size=50)) for n in range(30))
    titles = {f"c{n}": Column(f"a rather long title of column {n}", "log", 4) for n in range(30)}
    for height, name in ((50, "long"), (5, "short")):
        table = Table(name, "Wide", frame.head(height), {"formula": Column("formula"), **titles}, ("n",))
        text = latex.document([latex.latex(table, "σ 3")], "t")
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        assert too_wide(compile_log(tmp_path, f"{name}.tex")) == []


def test_every_column_stands_once_and_the_first_in_each_part(tables):
    made, _ = tables
    for table in made.values():
        lefts = cells.texts(table)
        found = layout.laid_out(cells.heads(table), cells.rows(table), lefts)
        stub = set(found.panels[0].columns)
        for panel in found.panels[1:]:
            stub &= set(panel.columns)
        seen = [c for panel in found.panels for c in panel.columns if c not in stub or len(found.panels) == 1]
        rest = [c for c in range(table.frame.width) if c not in stub or len(found.panels) == 1]
        assert seen == rest, table.name
        words = [" ".join(filter(None, (line[c] for line in cells.heads(table)))) for c in rest]
        shown = []
        for panel in found.panels:
            for place, c in enumerate(panel.columns):
                if c in rest:
                    shown.append(" ".join(" ".join(line[place] for line in panel.heads).split()))
        assert shown == [" ".join(word.split()) for word in words], table.name


def test_regressions_have_their_rules_and_both_lines_of_the_head(tables):
    text = latex.latex(tables[0]["regress"], "σ 3")
    assert text.count(r"\midrule") == 3 * text.count(r"\begin{tabular}")
    assert r"\multicolumn{1}{c}{(1)}" in text
    assert r"\multicolumn{1}{c}{ln\_tfpr}" in text
    if r"(continued)" in text:
        assert text.index(r"\addtocounter{table}{-1}") < text.index(r"\caption{Regressions (continued)}")
    assert text.count(r"\label{") == 1


def test_two_tables_of_regressions_can_have_labels_of_their_own():
    firms = firms_of(random_firms())
    plain = measure(firms, regress="ln_tfpr ~ state").tables["regress"]
    assert r"\caption{Regressions}\label{tab:regress}" in latex.latex(plain, "")
    named = measure(
        firms, regress="ln_tfpr ~ state", regress_title="Gaps & more", regress_label="gaps:1"
    ).tables["regress"]
    assert r"\caption{Gaps \& more}\label{tab:gaps:1}" in latex.latex(named, "")
    with pytest.raises(InputError, match="--regress-label: must be of letters"):
        measure(firms, regress="ln_tfpr ~ state", regress_label="my label")
