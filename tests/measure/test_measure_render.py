"""Rendering: cells, Markdown, LaTeX that is well formed, and files that give the numbers back."""

import re

import pandas as pd
import polars as pl
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import measure
from dirigiste.measurement.output.render import cells, files, latex, markdown, terminal
from dirigiste.measurement.output.table import Column, Table

TABLE = Table(
    "gains_by_year",
    "Gains & losses, 50 % of σ_K <all>",
    pl.DataFrame(
        {
            "year": [1999, 2000],
            "group": ["state_owned | A&B #1", "100% foreign {x} ~^\\"],
            "gain": [193.78421, None],
            "rows": [1589, 12],
            "ln_sd": [-0.00004, float("nan")],
            "yes": [True, False],
        }
    ),
    {
        "year": Column("Year"),
        "group": Column("Group"),
        "gain": Column("Gain", "%", 2),
        "rows": Column("Rows", "count"),
        "ln_sd": Column("sd of ln TFPR", "log", 3),
        "yes": Column("Trimmed"),
    },
    ("1+τ_K ≥ 0 — Hsieh & Klenow (2009), σ/(σ−1) × 2², A̅ → ∞",),
)
CHOICES = "σ 3; α own (1 - wage share, clipped to 0.05–0.95); trim 1 % tails"


def test_cells_follow_units_and_digits():
    rows = cells.rows(TABLE)
    assert rows[0] == ["1999", "state_owned | A&B #1", "193.78", "1,589", "0.000", "yes"]
    assert rows[1][2:] == ["–", "12", "–", "no"]
    assert cells.header(TABLE.columns["gain"]) == "Gain, %"
    assert cells.texts(TABLE) == {1, 5}


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.0, 2, "0.00"),
        (-0.001, 2, "0.00"),
        (-1234.5, 1, "−1,234.5"),
        (float("inf"), 2, "∞"),
        (1e-9, 3, "1.0e−09"),
    ],
)
def test_numbers(value, digits, expected):
    assert cells.cell(value, Column("x", "", digits)) == expected


def test_markdown_has_as_many_cells_in_every_row():
    text = markdown.markdown(TABLE, CHOICES)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 4
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert counts == {7}
    assert CHOICES.split(";")[0] in text
    assert r"state\_owned \| A&B" in text


def unescaped(text):
    """Letters that mean something to LaTeX and are not escaped, outside of commands."""
    bare = re.sub(r"\\[a-zA-Z]+\*?|\\[&%$#_{}\\,]|\$\\[a-z]+\$", "", text)
    return re.findall(r"[%#_^~$]", bare.replace("~", ""))


def test_latex_is_well_formed():
    text = latex.latex(TABLE, CHOICES)
    stack = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if what == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 3
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {5}
    assert re.search(r"\\begin\{tabular\}\{@\{\}rlrrrl@\{\}\}", text)
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(f"\\{rule}") == 1
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert unescaped(re.sub(r"\\ensuremath\{[^{}]*(\{[^{}]*\})?[^{}]*\}", "", text)) == []
    assert all(ord(letter) < 0x250 for letter in text)  # pdfLaTeX takes Latin letters
    assert r"\ensuremath{\sigma}" in text
    assert "Choices: " in text


def test_long_tables_run_over_pages():
    frame = pl.DataFrame({"industry": [f"{n}" for n in range(100)], "gain": [1.0 * n for n in range(100)]})
    table = Table(
        "long", "Long", frame, {"industry": Column("Industry"), "gain": Column("Gain", "%", 1)}, ("n",)
    )
    text = latex.latex(table, CHOICES)
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1
    assert text.index(r"\endhead") < text.index(r"\endlastfoot") < text.index("99.0")
    assert sum(line.endswith(r" \\") for line in text.splitlines()) == 102
    assert "Choices: " in text


def test_means_keep_their_bar():
    assert latex.escaped("A̅/TFP, φ̅") == (
        r"\ensuremath{\overline{\mathrm{A}}}/TFP, \ensuremath{\overline{\varphi}}"
    )


def test_every_sign_that_notes_use_is_known_to_latex():
    source = "".join(latex.escaped(sign) for sign in "αβγδεηθκλμρστφΔΣΠ∞−×·≤≥≈±→√⁻¹²³½–—…“”‘’")
    assert source.isascii()


def test_a_document_holds_the_tables():
    text = latex.document([latex.latex(TABLE, CHOICES)], "A & B")
    assert text.index(r"\begin{document}") < text.index(r"\begin{table}") < text.index(r"\end{document}")
    assert r"\usepackage{amsmath,array,booktabs,longtable}" in text
    assert r"\title{A \& B}" in text


def test_plain_text_and_limits():
    text = terminal.plain(TABLE)
    assert "193.78" in text
    assert TABLE.notes[0] in text
    short = terminal.plain(TABLE, 1)
    assert "1 more rows" in short
    assert "100% foreign" not in short


def test_rich_draws_markup_as_it_is():
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    table = Table("t", "[bold]x[/bold]", pl.DataFrame({"a": ["[red]b"]}), {"a": Column("[i]A")})
    terminal.draw(Console(file=out, width=80), table)
    assert "[bold]x[/bold]" in out.getvalue()
    assert "[red]b" in out.getvalue()


def test_files_give_the_numbers_back(tmp_path):
    written = files.write_tables(
        {"gains_by_year": TABLE}, tmp_path / "new" / "out", files.FORMATS, CHOICES, "T"
    )
    assert sorted(path.name for path in written) == sorted(
        [*(f"gains_by_year.{kind}" for kind in files.FORMATS), "tables.tex"]
    )
    folder = tmp_path / "new" / "out"
    assert pl.read_parquet(folder / "gains_by_year.parquet").equals(TABLE.frame)
    assert pl.read_csv(folder / "gains_by_year.csv")["gain"].to_list() == [193.78421, None]
    again = pd.read_stata(folder / "gains_by_year.dta")
    assert again["gain"][0] == pytest.approx(193.78421)
    assert again["group"][0] == "state_owned | A&B #1"


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="no format `xls`; formats are csv"):
        files.write_tables({}, tmp_path, ["xls"], "", "")
    with pytest.raises(InputError, match="frames are written as"):
        files.write_frame(TABLE.frame, tmp_path / "x.xls")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        files.write_frame(TABLE.frame, blocked / "x.csv")


def test_numbers_of_the_summary_have_digits_by_their_unit():
    table = measure(firms_of(random_firms()), bootstrap=5).tables["summary"]
    shown = {name: (value, error) for name, value, error in cells.rows(table)}
    assert all(len(text.partition(".")[2]) == 2 for text in shown["mean gain, %"])
    assert all(len(text.partition(".")[2]) == 4 for text in shown["sd of ln TFPR"])
    assert "." not in shown["rows used"][0]
    assert len(shown["rows of the median cell"][0].partition(".")[2]) in (0, 1)
