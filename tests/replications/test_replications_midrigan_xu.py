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


@pytest.mark.slow
def test_every_cell_of_midrigan_xu():
    found = replications.run("midrigan-xu-2014")
    assert found.matches, found.misses
