"""A number has one name in tables, datasets, files and docs/glossary.md."""

import re
from pathlib import Path

import pytest
import xarray as xr

from dirigiste.results.quantities import measures
from dirigiste.results.runs import paths

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
SECTIONS = {
    "Prices": measures.PRICES,
    "Aggregates": measures.AGGREGATES,
    "By status": measures.STATUS,
    "By edge": measures.EDGE,
    "By status, ability and wealth": measures.STATES,
    "Values of observed series": measures.OBSERVED,
    "Agreement with observed series": measures.FIT,
}


@pytest.mark.parametrize("title", SECTIONS)
def test_the_glossary_has_every_number_with_symbol_unit_and_meaning(title):
    section = re.split(r"^### ", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(f"{title}\n")]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    assert rows == [
        [f"`{name}`", row.symbol, row.unit, row.description] for name, row in SECTIONS[title].items()
    ]


def test_every_table_is_by_the_name_of_its_rows():
    for what, table in measures.TABLES:
        assert [row.name for row in table.values()] == list(table), what


def test_what_a_path_and_an_equilibrium_share_is_one_entry():
    whole = {**measures.AGGREGATES, **measures.PRICES}
    assert set(measures.PATH) <= set(whole)
    assert all(measures.PATH[name] is whole[name] for name in measures.PATH)
    assert not set(measures.AGGREGATES) & set(measures.PRICES)


def test_a_path_and_an_equilibrium_have_the_same_variables(solved):
    base = paths.base(solved)
    whole = {name for name in measures.PATH if name in base}
    assert whole == set(measures.PATH) - set(measures.QUOTA)
    for name in whole | set(measures.PATH_ARC):
        xr.testing.assert_identical(
            base[name].drop_vars(base[name].coords),
            solved.dataset[name].drop_vars(solved.dataset[name].coords),
        )
    assert float(base["output"]) == solved.aggregates["output"]
    assert float(base["wage"]) == solved.prices["wage"]
