"""Who gains from a surprise: groups, means and votes, against sums over states."""

import numpy as np
import pytest

from dirigiste.results.quantities import welfare


@pytest.fixture(scope="module")
def exchange(village):
    compiled, _, _, (old, new) = village
    v = [np.asarray(point.values.v) for point in (old, new)]
    g = np.asarray(old.distribution.g)
    return compiled, v, g, welfare.at_surprise(compiled.economy, compiled.statuses, *v, g)


def test_groups_are_of_the_whole_population_at_the_surprise(exchange):
    result = exchange[3]
    assert result["gain"].dims == ("status", "quintile", "ability_group")
    assert result["quintile"].values.tolist() == [1, 2, 3, 4, 5]
    assert result["ability_group"].values.tolist() == ["low", "middle", "high"]
    np.testing.assert_allclose(result["mass"].sum(("status", "ability_group")), 0.2)
    np.testing.assert_allclose(result["mass"].sum(("status", "quintile")), 1 / 3)
    assert float(result["mass"].sum()) == pytest.approx(1.0)


def test_groups_add_up_to_sums_over_states(exchange):
    compiled, v, g, result = exchange
    change = welfare.log_equivalent(compiled.economy, v[1]) - welfare.log_equivalent(compiled.economy, v[0])
    assert float((result["gain"] * result["mass"]).sum()) == pytest.approx((change * g).sum())
    assert float(result["gain_in_all"]) == pytest.approx((change * g).sum())
    by_status = (result["gain"] * result["mass"]).sum(("quintile", "ability_group"))
    np.testing.assert_allclose(by_status, (change * g).sum(axis=(0, 2)))
    assert float(result["votes_for"]) == pytest.approx(g[change > welfare.SAME].sum())
    for votes, share in (("votes_for", "share_gaining"), ("votes_against", "share_losing")):
        assert float((result[share] * result["mass"]).sum()) == pytest.approx(float(result[votes]))
    assert 0 < float(result["votes_for"]) + float(result["votes_against"]) <= 1 + 1e-12


def test_less_credit_is_a_loss_and_its_mirror_a_gain(exchange):
    compiled, v, g, result = exchange
    back = welfare.at_surprise(compiled.economy, compiled.statuses, v[1], v[0], g)
    assert float(result["gain_in_all"]) < 0
    np.testing.assert_allclose(back["gain"], -result["gain"])
    assert float(back["votes_for"]) == float(result["votes_against"])


def test_nothing_happens_and_nobody_votes(exchange):
    compiled, v, g, _ = exchange
    still = welfare.at_surprise(compiled.economy, compiled.statuses, v[0], v[0], g)
    assert float(abs(still["gain"]).max()) == 0.0
    assert float(still["votes_for"]) == float(still["votes_against"]) == 0.0


def test_only_those_who_are_given_something_gain(exchange):
    compiled, v, g, _ = exchange
    at_node = g.sum(axis=(1, 2))
    rich = np.cumsum(at_node) > 0.9
    given = np.where(rich[:, None, None], 1.0, 0.0)
    result = welfare.at_surprise(compiled.economy, compiled.statuses, v[0], v[0] + given, g)
    share = (result["share_gaining"] * result["mass"]).sum(("status", "ability_group")) / 0.2
    np.testing.assert_allclose(share[:4], 0.0, atol=1e-12)
    assert float(share[4]) == pytest.approx(at_node[rich].sum() / 0.2)
    # a util more for ever is rho log points of consumption (log utility)
    gain = (result["gain"] * result["mass"]).sum()
    assert float(gain) == pytest.approx(0.06 * at_node[rich].sum())


def test_empty_groups_have_no_gain(exchange):
    compiled, v, g, _ = exchange
    alone = g * (np.arange(3) == 1)[:, None]
    result = welfare.at_surprise(compiled.economy, compiled.statuses, *v, alone)
    assert np.isnan(result["gain"].sel(status="loyal")).all()
    assert np.isfinite(result["gain"].sel(status="free")).all()
