"""The symbol table in docs/glossary.md: every name in it exists, and every number with a symbol is in it."""

import re
from pathlib import Path

import pytest

from dirigiste.economy.explain import explain
from dirigiste.numerics.markets import clearing, firm
from dirigiste.numerics.operators import kfe, policy
from dirigiste.numerics.setup import arrays, unknowns
from dirigiste.numerics.transition import sequence, steps

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.read_text(encoding="utf-8").split("## Symbols")[1].split("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| symbol")
]
CLASSES = {
    "Prices": firm.Prices,
    "Firms": firm.Firms,
    "Policy": policy.Policy,
    "Distribution": kfe.Distribution,
    "Cleared": clearing.Cleared,
    "Kernel": sequence.Kernel,
}
COLUMNS = {
    *arrays.Arrays._fields,
    *(name for table in arrays.DTYPES.values() for name in arrays.names_of(table)),
}
OTHERS = {
    "firm.reach": firm.reach,
    "sequence.kernel": sequence.kernel,
    "sequence.jacobian": sequence.jacobian,
    **{name: getattr(unknowns, name) for name in ("WAGE", "INTEREST", "TRANSFER", "QUOTA")},
    **{name: getattr(steps, name) for name in ("GAMMA", "BETA")},
    **{name: getattr(policy, name) for name in ("THETA_R", "THETA_L")},
}
WITHOUT_SYMBOL = {
    *("period", "shift", "annual", "mixing", "scheme"),
    *("entry_wealth", "directed_share", "directed_of", "directed_by"),
    *("operates", "size_on_labor", "controlled", "directed_to"),
    *("origin", "destination", "choice", "leaves", "redraws", "jumps", "sharp", "burnt", "size_of"),
}
"""Columns that are flags, indices, or numbers for which docs/method.md has no symbol."""

ARGUMENTS = {"v", "u", "lengths", "policy.py", "steps.py"}


def names(cell):
    """Names between backticks; one that begins with a point belongs to what the first one belongs to."""
    quoted = re.findall(r"`([^`]+)`", cell)
    stem = quoted[0].rpartition(".")[0] if quoted else ""
    return [stem + name if name.startswith(".") else name for name in quoted]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_names_in_code_exist(row):
    assert len(row) == 4
    owner = next((name for name in names(row[1]) if name in CLASSES), None)
    for name in names(row[1]):
        first, _, rest = name.partition(".")
        if first in CLASSES:
            assert not rest or rest in CLASSES[first]._fields, name
        elif owner is not None:
            assert name in CLASSES[owner]._fields, name
        else:
            assert name in COLUMNS or name in OTHERS or name in ARGUMENTS, name


@pytest.mark.parametrize("row", [row for row in ROWS if row[2]], ids=lambda row: row[0])
def test_keys_exist(row):
    for key in names(row[2]):
        if " " not in key:
            assert explain(key.replace(".STATUS", "").replace(".EDGE", ""))


def test_every_number_of_an_economy_is_in_the_table():
    columns = {name for table in arrays.DTYPES.values() for name in arrays.names_of(table)}
    in_table = {name for row in ROWS for name in names(row[1])}
    assert columns - in_table == WITHOUT_SYMBOL
