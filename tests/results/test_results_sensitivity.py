"""Derivatives of equilibria in parameters, held against central differences of solved equilibria."""

import numpy as np
import pytest

import dirigiste as dg
from dirigiste import economy as economies
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.numerics.stationary import sensitivity as linear
from dirigiste.report.drawing import elasticities
from dirigiste.results.equilibria import known, sensitivity, stationary
from dirigiste.results.quantities import outcomes

EXACT = {
    "numerics.tolerances.markets": 1e-11,
    "numerics.tolerances.hjb": 1e-10,
    "numerics.tolerances.distribution": 1e-13,
}
FEW_KINKS = 3e-6
"""Step of differences, relative: thresholds of wealth that pass from cell to cell bend outcomes a little."""


def small(**changes):
    return economies.loads(known.ECONOMY).with_({**EXACT, **changes})


def differences(economy, equilibrium, path, step):
    """Derivatives by the five-point rule on solved equilibria."""
    x = float(economy.get(path))
    at = []
    for k in (-2, -1, 1, 2):
        compiled = compile_economy(economy.with_({path: x + k * step}))
        solved = solver.solve(compiled, stationary.start_of(equilibrium))
        assert solved.why == ""
        at.append(outcomes.of_point(compiled, solved.point))
    low, below, above, high = at
    return {x: (8 * (above[x] - below[x]) - high[x] + low[x]) / (12 * step) for x in low}


def off(economy, paths):
    """Differences between both kinds of derivatives, over the size of outcome and parameter."""
    equilibrium = dg.solve(economy)
    result = equilibrium.sensitivity(["*"], wrt=paths)
    sizes = []
    for path in paths:
        size = max(abs(float(economy.get(path))), 1e-2)
        expected = differences(economy, equilibrium, path, FEW_KINKS * size)
        for name in result["outcome"].values:
            value = float(result["derivative"].sel(outcome=name, parameter=path))
            if np.isfinite(expected[str(name)]):
                level = abs(float(result["value"].sel(outcome=name)))
                largest = max(abs(expected[str(name)]) * size, level, 1e-3)
                sizes.append((abs(value - expected[str(name)]) * size / largest, str(name), path))
    assert len(sizes) > 50 * len(paths)
    return sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        (
            {},
            [
                "statuses.free.collateral",
                "statuses.loyal.wedge",
                "edges.join.cost",
                "edges.inspection.actual",
                "edges.inspection.perceived",
                "edges.emigrate.fine",
                "entry.wealth",
                "preferences.rho",
                "preferences.sigma",
                "technology.eta",
                "ability.rate",
            ],
        ),
        ({"preferences.sigma": 2.5, "technology.growth": 0.01}, ["preferences.sigma", "technology.growth"]),
        (
            {"closure.capital": {"open": {"interest": 0.02}}},
            ["closure.capital.open.interest", "technology.delta"],
        ),
        ({"closure.labor": {"wage": 0.83}}, ["closure.labor.wage", "statuses.free.spread"]),
        (
            {"closure.directed": {"of": "credit", "to": ["loyal"], "share": 0.8, "by": "spread"}},
            ["closure.directed.share", "statuses.free.collateral"],
        ),
        ({"clock": "annual"}, ["statuses.free.collateral", "edges.inspection.perceived"]),
    ],
)
def test_derivatives_are_those_of_solved_equilibria(changes, paths):
    sizes = off(small(**changes), paths)
    assert sizes[0][0] < 1e-4, sizes[:5]
    assert np.median([size for size, _, _ in sizes]) < 2e-6, sizes[:5]


TWO = """
name: two
preferences: {rho: 0.06, sigma: 1.0}
technology: {alpha: 0.4, eta: 0.8, delta: 0.06}
ability: {law: redraw, rate: 0.12, distribution: {pareto: {tail: 6.0, points: 6}}}
statuses: {rich: {collateral: 2.0, mass: 0.4}, poor: {collateral: 1.4, mass: 0.6}}
closure: {capital: closed, fiscal: rebate}
numerics: {wealth: {points: 40, max: 2000, scale: 0.3}}
"""


def test_masses_that_add_up_to_one_cannot_move_alone():
    economy = economies.loads(TWO).with_(EXACT)
    result = dg.sensitivity(economy, ["output*"], wrt=["statuses.*"])
    assert result.attrs["fixed"] == ["statuses.rich.mass", "statuses.poor.mass"]
    assert "statuses.rich.collateral" in result["parameter"]
    with pytest.raises(dg.InputError, match="cannot move by a little"):
        dg.sensitivity(economy, ["mass[*]"], wrt=["statuses.rich.mass"])


@pytest.mark.parametrize("nudge", [0.0, 1e-6, -1e-6])
def test_factors_and_gmres_agree(monkeypatch, nudge):
    """Over steps so wide, and with systems solved so exactly, that rounding does not decide; of economies
    that differ in their last digits.
    """
    monkeypatch.setattr(linear, "STEP", 1e-5)
    monkeypatch.setattr(linear, "EXACT", 1e-12)
    rho = float(small().get("preferences.rho"))
    equilibrium = dg.solve(small(**{"preferences.rho": rho * (1.0 + nudge)}))
    paths = ["statuses.*.collateral", "edges.*.rate"]
    by_gmres = equilibrium.sensitivity(["*"], wrt=paths)
    monkeypatch.setattr(sensitivity, "MANY", 1)
    by_factors = equilibrium.sensitivity(["*"], wrt=paths)
    scale = np.abs(by_gmres["derivative"]).max("parameter")
    assert float((np.abs(by_gmres["derivative"] - by_factors["derivative"]) / scale).max()) < 1e-6


def test_corrections_that_would_grow_are_mixed():
    """Here many owners are nearly indifferent, and each correction is seven times the last one."""
    path, step = "statuses.free.spread", 1e-5
    economy = economies.loads(known.ECONOMY).with_(
        {"statuses.free.collateral": 1.82907712, path: 0.030862338, "edges.inspection.actual": 0.2}
    )
    solved = dg.solve(economy)
    result = solved.sensitivity(["control", "output"], wrt=[path])
    low, high = (
        dg.solve(economy.with_({path: 0.030862338 + sign * step}), start=solved).aggregates
        for sign in (-1, 1)
    )
    expected = [(high[name] - low[name]) / (2 * step) for name in ("control", "output")]
    np.testing.assert_allclose(result["derivative"].values[:, 0], expected, rtol=2e-3)


def test_a_parameter_at_its_bound_has_the_derivative_of_its_side():
    economy = small(**{"edges.emigrate.fine": 0.0})
    result = dg.sensitivity(economy, ["emigrants"], wrt=["edges.emigrate.fine"])
    above = dg.solve(economy.with_({"edges.emigrate.fine": 1e-4})).aggregates["emigrants"]
    here = float(result["value"].sel(outcome="emigrants"))
    assert float(result["derivative"].squeeze()) == pytest.approx((above - here) / 1e-4, rel=1e-3)
    assert np.isnan(result["elasticity"]).all()
    assert not result["kink"].any()


def test_a_quota_that_begins_to_bind_is_a_kink():
    economy = small()
    credit = dg.solve(economy).statuses["credit"]
    share = float(credit.sel(status="loyal") / credit.sum())
    at_corner = economy.with_(
        {"closure.directed": {"of": "credit", "to": ["loyal"], "share": share, "by": "spread"}}
    )
    result = dg.sensitivity(at_corner, ["credit[loyal]"], wrt=["closure.directed.share"])
    assert result["kink"].all()


def test_all_parameters_but_grid_and_law_of_ability_are_taken():
    result = dg.sensitivity(small(), ["mass[*]"])
    names = [str(name) for name in result["parameter"].values]
    assert "edges.inspection.perceived" in names
    assert not [name for name in names if name.startswith(("numerics.", "ability."))]
    assert list(result["outcome"].values) == ["mass[loyal]", "mass[free]", "mass[critic]"]
    assert np.allclose(result["derivative"].sum("outcome"), 0.0, atol=1e-5)
    assert np.isfinite(result["derivative"]).all()


def test_unknown_names_are_named():
    with pytest.raises(dg.InputError, match=r"credit\[fre\].*did you mean `credit\[free\]`"):
        dg.sensitivity(small(), ["credit[fre]"])
    with pytest.raises(dg.InputError, match="there is no parameter of this name"):
        dg.sensitivity(small(), wrt=["edges.nothing.*"])


def test_the_figure_shows_the_largest_elasticities():
    result = dg.sensitivity(small(), wrt=["statuses.*.collateral", "edges.*.rate"])
    assert elasticities.png(result).startswith(b"\x89PNG")
    figure = elasticities.draw(result)
    labels = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    assert "statuses.loyal.collateral" in labels


def test_names_are_known_before_an_economy_is_solved():
    economy = small()
    compiled = compile_economy(economy)
    point = solver.solve(compiled).point
    assert set(outcomes.names(economy)) == set(outcomes.of_point(compiled, point))
    with pytest.raises(dg.InputError, match=r"did you mean `edges.inspection.\*`"):
        dg.sensitivity(economy, wrt=["edges.inspection"])
