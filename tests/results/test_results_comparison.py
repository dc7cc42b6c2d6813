"""Comparisons: arithmetic, welfare, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

import dirigiste as dg
from dirigiste.results.equilibria.comparison import Difference
from dirigiste.results.quantities.welfare import log_equivalent


def test_identical_economies_differ_in_nothing(solved):
    same = dg.compare(solved, solved)
    assert same.inputs == {}
    assert all(pair.absolute == 0 for pair in same.aggregates.values() if np.isfinite(pair.old))
    welfare = same.welfare
    assert float(abs(welfare["change"]).max()) == 0.0
    assert float(welfare["gains_in_all"]) == 0.0
    assert float(welfare["loses_in_all"]) == 0.0


def test_inputs_are_the_parameters_that_were_changed(solved, tighter):
    result = dg.compare(solved, tighter)
    assert result.inputs == {
        "statuses.free.collateral": (1.4, 1.2),
        "edges.inspection.perceived": (0.05, 0.15),
    }


def test_differences(solved, tighter):
    result = dg.compare(solved, tighter)
    pair = result.aggregates["output"]
    assert pair == Difference(solved.aggregates["output"], tighter.aggregates["output"])
    assert pair.absolute == pair.new - pair.old
    assert pair.relative == pytest.approx(pair.absolute / pair.old)
    assert np.isnan(Difference(0.0, 1.0).relative)
    assert result.by_status["free"]["mass"].new == float(tighter.statuses["mass"].sel(status="free"))


def test_less_credit_and_more_fear_cost_output(solved, tighter):
    assert dg.compare(solved, tighter).aggregates["output"].absolute < 0


def test_welfare_groups_add_up(solved, tighter):
    welfare = dg.compare(solved, tighter).welfare
    everyone = float(welfare["change_in_all"])
    for group, dim in (("by_status", "status"), ("by_quintile", "quintile"), ("by_tercile", "tercile")):
        mass = welfare[f"mass_{group}"]
        assert float(mass.sum()) == pytest.approx(1.0)
        assert float((mass * welfare[f"change_{group}"]).sum(dim)) == pytest.approx(everyone, rel=1e-9)
    np.testing.assert_allclose(welfare["mass_by_quintile"], 0.2)
    gains, loses = float(welfare["gains_in_all"]), float(welfare["loses_in_all"])
    assert gains >= 0
    assert gains + loses <= 1 + 1e-12


@pytest.mark.parametrize("sigma", [1.0, 0.5, 2.0])
def test_consumption_equivalents_undo_utility(economy, sigma):
    changed = economy.with_({"preferences.sigma": sigma, "technology.growth": 0.01})
    consumption = np.array([0.3, 1.0, 4.0])
    rho = 0.06 - (1 - sigma) * 0.01
    utility = np.log(consumption) if sigma == 1.0 else consumption ** (1 - sigma) / (1 - sigma)
    np.testing.assert_allclose(log_equivalent(changed, utility / rho), np.log(consumption), atol=1e-12)


def test_other_grids_are_refused(solved):
    shorter = replace(solved, states=solved.states.isel(wealth=slice(0, 30)))
    with pytest.raises(dg.InputError, match=r"cannot be compared: they differ in wealth \(40 points"):
        dg.compare(solved, shorter)
    fewer = replace(solved, states=solved.states.isel(status=slice(0, 2)))
    with pytest.raises(dg.InputError, match="status"):
        dg.compare(solved, fewer)


def test_welfare_needs_the_same_preferences(economy, solved):
    other = replace(solved, economy=economy.with_({"preferences.rho": 0.05}))
    result = dg.compare(solved, other)
    assert result.welfare is None
    assert "welfare cannot be compared" in repr(result)
    assert result.to_json()["welfare"] is None


def test_json_and_text(solved, tighter):
    result = dg.compare(solved, tighter)
    data = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert data["prices"]["wage"]["old"] == solved.prices["wage"]
    assert set(data["welfare"]) == {"in_all", "by_status", "by_quintile", "by_tercile"}
    text = repr(result)
    assert "statuses.free.collateral" in text
    assert "Who gains, by quintile of wealth" in text
    assert "<table>" in result._repr_html_()
