"""Midrigan and Xu (2014): closed forms, files, and every published cell."""

import math

import numpy as np
import pytest

from dirigiste import replications
from dirigiste.replications.midrigan_xu_2014 import closed_forms
from dirigiste.replications.midrigan_xu_2014.producers import Producers

pytestmark = pytest.mark.usefixtures("configured")


def test_lognormal_loss_is_exact_for_lognormal_shocks():
    """Claim: the bound for normal shocks is that of many points of a normal law."""
    x = np.linspace(-8.0, 8.0, 4001)
    shares = np.exp(-0.5 * x**2)
    shares /= shares.sum()
    variance = closed_forms.variance(0.5, 0.3)
    exact = closed_forms.never_adjusts(variance)
    assert closed_forms.never_adjusts_on(math.sqrt(variance) * x, shares) == pytest.approx(exact, rel=1e-8)


def test_coefficient_and_bound_agree():
    """Claim: where capital is the same for all, ln(Y/K) is as disperse as output, and both formulas agree."""
    variance, labor, span = 0.4, 2 / 3, 0.85
    of_output = ((1 - span) / (1 - labor * span)) ** 2 * variance
    assert closed_forms.coefficient() * of_output == pytest.approx(
        closed_forms.never_adjusts(variance), rel=1e-12
    )


def test_loss_does_not_depend_on_the_wage():
    coarse = {"numerics.wealth.points": 300}
    losses = [
        Producers.from_file("korea.yaml", {**coarse, "closure.labor.wage": w}).loss for w in (0.7, 0.95)
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert losses[0] == pytest.approx(2.514, abs=0.01)


def test_unequal_borrowing_rates():
    """Claim: Table 8 with unequal rates, to the digits that are printed; who borrows at the rate that wealth
    earns loses nothing.
    """
    rates = Producers.from_file("rates.yaml", {"numerics.wealth.points": 400})
    losses = [rates.losses[group] for group in ("low", "middle", "high")]
    assert losses == pytest.approx([2.2, 1.0, 0.0], abs=0.05)
    assert losses[2] == pytest.approx(0.0, abs=1e-10)
    assert rates.loss == pytest.approx(1.6, abs=0.05)
    assert math.log(rates.returns["low"] / rates.returns["high"]) == pytest.approx(0.23, abs=0.005)
    assert rates.returns["low"] - 0.06 == pytest.approx(0.08, abs=0.005)
    assert rates.returns["high"] - 0.06 == pytest.approx(0.05, rel=1e-10)
    assert math.exp(-rates.result.economy.preferences.rho) == pytest.approx(0.933, rel=1e-12)


@pytest.mark.slow
def test_every_cell_of_midrigan_xu():
    result = replications.run("midrigan-xu-2014")
    assert [(cell.kind, cell.row, cell.column) for cell in result.misses] == [
        ("recomputed", "variance of ln(Y/K)", "no finance"),
        ("recomputed", "loss by the lognormal formula", "no finance"),
        ("read", "sd of growth", "Korea"),  # of the authors' own grid and simulation
        ("read", "sd of growth", "no finance"),
        ("recomputed", "labour demand", "groups"),
    ]
    for cell in result.misses:
        assert abs(cell.difference) < (0.03 if cell.kind == "read" else 0.001)
