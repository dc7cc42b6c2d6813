"""The tax on size as a declaration: read, checked, explained, in the schema, in the file format."""

import pytest

from dirigiste.economy import explain, json_schema, loads
from dirigiste.errors import InputError

TEXT = """
name: taxed
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses:
  big: {collateral: 1.5, size_tax: {on: capital, above: 5, rate: {value: 0.2, source: assumption}}}
  other: {}
edges:
  - {name: there, from: big, to: other, kind: rate, rate: 0.1}
  - {name: back, from: other, to: big, kind: rate, rate: 0.1}
"""


def test_reads_and_writes_back():
    economy = loads(TEXT)
    tax = economy.statuses["big"].size_tax
    assert tax is not None
    assert (tax.on, tax.above, tax.rate) == ("capital", 5.0, 0.2)
    assert economy.statuses["other"].size_tax is None
    assert economy.get("statuses.big.size_tax.rate") == 0.2
    assert loads(economy.to_yaml()) == economy
    units = {p.path: p.unit for p in economy.parameters()}
    assert units["statuses.big.size_tax.rate"] == "share of the cost of the factor"
    assert "statuses.other.size_tax.rate" not in units
    assert economy.with_({"statuses.big.size_tax": None}).statuses["big"].size_tax is None
    assert economy.with_({"statuses.big.size_tax.rate": 0.3}).hash != economy.hash


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("on: capital", "on: revenue", "statuses.big.size_tax.on"),
        ("above: 5", "above: -5", "must be at least 0"),
        ("value: 0.2", "value: -0.2", "must be at least 0"),
        ("above: 5, ", "", "statuses.big.size_tax.above"),
        ("above: 5", "above: .inf", "statuses.big.size_tax.above"),
        ("above: 5", "abvoe: 5", "above"),
    ],
)
def test_refuses(old, new, says):
    with pytest.raises(InputError) as caught:
        loads(TEXT.replace(old, new))
    assert says in str(caught.value)


def test_warns_where_nobody_runs_a_firm():
    idle = loads(TEXT).with_({"statuses.big.operates": False})
    assert [p.code for p in idle.warnings() if p.key == "statuses.big"] == ["W-no-effect"]
    off = idle.with_({"statuses.big.size_tax.rate": 0.0})
    assert not [p for p in off.warnings() if p.key == "statuses.big"]


def test_explained_and_in_the_schema():
    text = explain("statuses.size_tax.rate")
    for word in ("share of the cost of the factor", "at least 0", "(1+t)"):
        assert word in text
    group = explain("statuses.size_tax")
    for key in ("on", "above", "rate"):
        assert f"\n    {key}" in group
    assert "SizeTax" in str(json_schema())
