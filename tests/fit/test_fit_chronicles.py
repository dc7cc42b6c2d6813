"""Numbers of chronicles estimated on observed series, and files of uncertain numbers."""

from pathlib import Path

import numpy as np
import pytest
from observed_village import COLLATERAL, FEAR, JOIN, chronicle, observed_with, series

import dirigiste as dg
from dirigiste import chronicle as chronicles
from dirigiste.chronicle.sizes import sizes
from dirigiste.errors import InputError
from dirigiste.fit.chronicles import loader
from dirigiste.fit.chronicles.estimate import fit
from dirigiste.fit.chronicles.linear import linear
from dirigiste.fit.chronicles.output import files, tables
from dirigiste.results.runs import observed

ROOT = Path(__file__).parents[2]

TRUTH = {COLLATERAL: 0.8, FEAR: 2.0, JOIN: 0.022}

NUMBERS = f"""
name: village
numbers:
  {COLLATERAL}: {{sd: 0.3, transform: log}}
  {FEAR}: {{sd: 0.7, transform: log}}
  {JOIN}: {{sd: 0.01, bounds: [0.0, 0.1]}}
"""


@pytest.fixture(scope="module")
def village():
    return observed_with(TRUTH)


@pytest.fixture(scope="module")
def fitted(village):
    return fit(loader.loads(NUMBERS, village))


def test_numbers_that_made_the_series_are_found(fitted):
    truth = np.array([fitted.plan.numbers[k].scale.of(x) for k, x in enumerate(TRUTH.values())])
    assert np.abs((truth - fitted.z) / fitted.sd).max() < 3.0
    found = fitted.plan.values(fitted.z)
    assert found[COLLATERAL] == pytest.approx(0.8, rel=0.01)
    assert found[JOIN] == pytest.approx(0.022, rel=0.05)
    assert fitted.rounds[-1].from_data < 60.0 < fitted.rounds[0].from_data
    assert fitted.failures == fitted.at_bounds == ()
    assert fitted.ended
    assert not fit(fitted.plan, rounds=0).ended


def test_what_series_move_adds_up_to_the_estimate(fitted):
    parts = fitted.contributions
    assert set(parts) == {"share", "product", "joined"}
    np.testing.assert_allclose(sum(parts.values()), fitted.z - fitted.plan.mean, atol=0.05 * fitted.sd.max())
    assert np.all((fitted.learnt >= 0.0) & (fitted.learnt <= 1.0))
    assert fitted.learnt[0] > 0.99


def test_the_estimate_is_written_and_read_again(fitted, village, tmp_path):
    files.save_fit(fitted, tmp_path)
    again = loader.load(tmp_path / "numbers.yaml", village)
    np.testing.assert_allclose(again.mean, fitted.z, rtol=1e-12)
    np.testing.assert_allclose(again.covariance, fitted.covariance, rtol=1e-9)
    assert {item.name for item in tmp_path.iterdir()} == {
        "numbers.yaml", "chronicle.yaml", "economy.yaml", "fit.json", "numbers.csv", "series.csv",
        "influence.csv", "fit.png", "numbers.png",
    }  # fmt: skip
    text = (tmp_path / "chronicle.yaml").read_text(encoding="utf-8")
    assert "source: estimate" in text
    assert text.count("Estimated by `dirigiste fit`") == 1
    shown = tables.of_fit(fitted)
    assert [table.rows[0][0] for table in shown] == [COLLATERAL, "share", COLLATERAL]
    frame = files.series_frame(fitted)
    assert list(frame["series"].unique()) == ["share", "product", "joined"]
    gaps = (frame["observed"] - frame["after"]) / frame["se"]
    assert np.sqrt((gaps**2).mean()) < 1.5


def test_numbers_that_do_the_same_are_not_told_apart(village):
    """A change and the scale of all changes to its parameter move the same thing. At the means, since where
    a search of the village goes hangs on last digits: like owners change over at many points.
    """
    same = f"""
name: twice
numbers:
  {COLLATERAL}: {{sd: 0.1, transform: log}}
  scale statuses.free.collateral: {{sd: 0.5}}
"""
    result = fit(loader.loads(same, village), rounds=0)
    correlation = result.covariance[0, 1] / np.prod(result.sd)
    assert abs(correlation) > 0.95
    assert result.learnt.max() < 0.99


def test_every_fault_of_a_file_is_told_at_once(village):
    text = """
name: Bad name
numbers:
  scale feer: {sd: 1}
  scale fear: {sd: -1}
"""
    with pytest.raises(InputError) as error:
        loader.loads(text, village)
    assert len(error.value.problems) == 2
    text = f"""
name: bad
numbers:
  scale feer: {{sd: 1}}
  {COLLATERAL}: {{sd: 1, mean: -1, transform: log}}
  {JOIN}: {{sd: 1, mean: 3, bounds: [0, 1]}}
series:
  shar: {{se: 1}}
correlation: [[1, 2], [2, 1]]
"""
    with pytest.raises(InputError) as error:
        loader.loads(text, village)
    said = str(error.value)
    assert len(error.value.problems) == 5
    for part in ("`scale fear`", "above 0 with `transform: log`", "outside of [0, 1]", "`share`", "3 rows"):
        assert part in said
    assert all(problem.line > 1 for problem in error.value.problems)


def test_without_errors_of_series_nothing_can_be_estimated(village):
    silent = village.model_copy(
        update={
            "observed": {
                name: one.model_copy(update={"se": None, "se_source": None})
                for name, one in village.observed.items()
            }
        }
    )
    plan = loader.loads(f"name: a\nnumbers:\n  {COLLATERAL}: {{sd: 0.1}}\n", silent)
    with pytest.raises(InputError, match="no observed series counts"):
        fit(plan)
    given = loader.loads(
        f"name: a\nnumbers:\n  {COLLATERAL}: {{sd: 0.1}}\nseries:\n  share: {{se: 0.002}}\n", silent
    )
    assert set(fit(given, rounds=1).data.series) == {"share"}


def test_scales_stand_in_where_nothing_is_known():
    plan = loader.scales(chronicle())
    assert plan.names == ["scale statuses.free.collateral", "scale edges.inspection.perceived"]
    moved = plan.at(np.array([2.0, 1.0]))
    assert sizes(moved)[COLLATERAL].value == pytest.approx(0.81)


def test_market_values_have_derivatives_too():
    """Against small changes solved in full."""
    value = series("market_value[free] / market_value[loyal]", {"2020-06-30": 1.0, "2019-12-31": 1.0}, 0.1)
    text = f"name: a\nnumbers:\n  {COLLATERAL}: {{sd: 0.1}}\n  {JOIN}: {{sd: 0.001}}\n"
    plan = loader.loads(text, chronicle({"worth": value}))
    found, slopes = linear(plan, plan.mean).series(value)

    def solved(k, step):
        moved = plan.mean.copy()
        moved[k] += step
        run = dg.run(plan.at(moved))
        return observed.compare(value, run.path, run.base).model

    for k, step in ((0, 2e-3), (1, 4e-5)):
        expected = (solved(k, step) - solved(k, -step)) / (2.0 * step)
        np.testing.assert_allclose(slopes[:, k], expected, rtol=2e-2, atol=2e-2 * np.abs(expected).max())
    assert np.isfinite(found.model).all()


def test_the_example_fits_the_shipped_chronicle():
    plan = loader.load(ROOT / "examples" / "strength.yaml", chronicles.load("crackdown-2020"))
    assert plan.names == [f"scale {channel}" for channel in ("fear", "credit", "force", "listing")]
