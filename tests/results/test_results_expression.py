"""Arithmetic of outcomes, and the outcomes of paths by name."""

import numpy as np
import pytest

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste.errors import InputError
from dirigiste.results.quantities import expression, outcomes


def test_arithmetic_of_numbers_and_of_arrays():
    share = expression.parse(" credit[free] / (credit[free] + credit[loyal]) ")
    assert share.names == ("credit[free]", "credit[loyal]")
    assert not share.plain
    assert share.value({"credit[free]": 1.0, "credit[loyal]": 3.0, "output": 7.0}) == 0.25
    values = {"credit[free]": np.array([1.0, 2.0]), "credit[loyal]": np.array([1.0, 6.0])}
    np.testing.assert_allclose(share.value(values), [0.5, 0.25])
    other = expression.parse("-2 * log(output) ** 2 + sqrt(abs(wage)) - exp(-wage)")
    assert other.value({"output": np.e, "wage": -4.0}) == pytest.approx(-2 + 2 - np.exp(4.0))


def test_what_is_not_defined_is_no_number():
    assert np.isinf(expression.parse("1 / output").value({"output": 0.0}))
    assert np.isnan(expression.parse("log(output)").value({"output": -1.0}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outptu / wage", "there is no outcome `outptu`; did you mean `output`?"),
        ("credit[fre]", "did you mean `credit[free]`?"),
        ("credit[zzz]", "there are `credit[free]`"),
        ("output +", "is no expression"),
        ("__import__('os')", "is not understood"),
        ("output.real", "is not understood"),
        ("output if wage else 1", "is not understood"),
        ("True + output", "is not understood"),
        ("2 + 3", "uses no outcome"),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(InputError) as error:
        expression.parse(text, ["output", "wage", "credit[free]"], key="moments.a")
    assert message in str(error.value)
    assert error.value.problems[0].key == "moments.a"


def test_outcomes_of_a_path_have_the_names_of_those_of_its_equilibrium():
    economy = economies.loads(VILLAGE)
    change = {"parameter": "statuses.free.spread", "add": 0.01, "half_life": 1}
    run = dg.run(told(economy, ("2020-01-01", change)))
    path, base = outcomes.of_path(run.path), outcomes.of_path(run.base)
    known = outcomes.names_of_path(economy, valued=True)
    plain = outcomes.names_of_path(economy)
    assert [name for name in known if not name.startswith("market_value[")] == plain
    for name in known:
        np.testing.assert_array_equal(outcomes.on_path(run.path, name), path[name])
        np.testing.assert_array_equal(outcomes.on_path(run.base, name), base[name])
    assert set(path) == set(base) == set(known)
    known_by_equilibrium = run.before.sensitivity(["*"], wrt=[])["value"]
    stationary = dict(zip(known_by_equilibrium["outcome"].values, known_by_equilibrium.values, strict=True))
    for name in set(known) & set(stationary):
        if np.isfinite(stationary[name]):
            assert base[name] == pytest.approx(stationary[name], rel=1e-6, abs=1e-9), name
    missing = {name for name in plain if name not in stationary}
    assert {name.partition("[")[0] for name in missing} == {"investment"}
    assert outcomes.measure("investment[free]").unit == "goods per year"
    assert outcomes.measure("wealth_moved[join]").unit == "goods per year"


def test_a_stationary_state_stands_where_a_path_without_events_stays(economy, solved):
    from dirigiste.numerics.setup import arrays
    from dirigiste.numerics.stationary import equilibrium
    from dirigiste.results.runs import paths

    compiled = arrays.compile_economy(economy)
    standing = outcomes.standing(compiled, equilibrium.solve(compiled).point)
    base = paths.base(solved)
    for name in outcomes.names_of_path(economy):
        expected = outcomes.on_path(base, name)
        np.testing.assert_allclose(standing[name], expected, rtol=1e-6, atol=1e-9, err_msg=name)
    assert {name for name in outcomes.names_of_path(economy, valued=True) if name not in standing} == set()
