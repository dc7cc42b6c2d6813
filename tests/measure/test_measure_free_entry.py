"""Restuccia and Rogerson (2008): Tables 3 to 6 and 8 from the size data; the closed form on firm data."""

import numpy as np
import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measure import Choices
from dirigiste.measure.choices import Trim
from dirigiste.measure.entry_gains import data_ratios
from dirigiste.measure.free_entry import grid, policy, ratios
from dirigiste.measure.gains import estimate
from dirigiste.measure.sample import sample_of

SIZES = """4 .482359949; 9 .21665686; 14 .092591623; 19 .049473226; 24 .031397291; 29 .021542855; 34
.015801151; 39 .011847888; 44 .009307797; 49 .007457313; 59 .011325843; 69 .007940958; 79
.005988763; 89 .004677303; 99 .003753013; 124 .00683308; 149 .004509741; 174 .003126242; 199
.002215598; 224 .001685936; 249 .001293212; 299 .001867145; 349 .001285596; 399 .000873831; 449
.000649621; 499 .000511097; 599 .000705634; 699 .000463018; 799 .000331475; 899 .0002469; 999
.000184065; 1249 .000311482; 1499 .000191522; 1749 .000130432; 1999 9.10802e-5; 2249
7.14044e-5; 2499 5.42673e-5; 2999 6.96589e-5; 3499 4.42707e-5; 3999 3.09419e-5; 4499
1.96759e-5; 4999 1.60263e-5; 9999 5.06178e-5; 10000 1.45982e-5"""
"""2000 US Census of Businesses, as in Restuccia and Rogerson: upper bound of employment, share of
establishments.
"""
DATA = [(float(a), float(b)) for a, b in (line.split() for line in SIZES.split(";"))]

RATES = (0.1, 0.2, 0.3, 0.4)
TABLE_3 = {
    "output": (0.98, 0.96, 0.93, 0.92),
    "tfp": (0.98, 0.96, 0.93, 0.92),
    "entry": (1.0, 1.0, 1.0, 1.0),
    "subsidised": (0.72, 0.85, 0.93, 0.97),
    "cost": (0.05, 0.08, 0.09, 0.10),
    "subsidy": (0.06, 0.09, 0.10, 0.11),
}
TABLE_5 = {
    "output": (0.90, 0.80, 0.73, 0.69),
    "tfp": (0.90, 0.80, 0.73, 0.69),
    "entry": (1.0, 1.0, 1.0, 1.0),
    "subsidised": (0.42, 0.67, 0.83, 0.92),
    "cost": (0.17, 0.32, 0.43, 0.49),
    "subsidy": (0.40, 0.48, 0.52, 0.53),
}
TABLE_4 = {
    0.9: (0.92, 0.84, 0.78, 0.74),
    0.8: (0.95, 0.89, 0.84, 0.81),
    0.6: (0.98, 0.94, 0.91, 0.89),
    0.5: (0.98, 0.96, 0.93, 0.92),
    0.4: (0.99, 0.97, 0.95, 0.94),
    0.2: (1.00, 0.99, 0.98, 0.97),
    0.1: (1.00, 0.99, 0.99, 0.99),
}
TABLE_6 = {
    0.9: (0.81, 0.66, 0.56, 0.51),
    0.8: (0.84, 0.70, 0.62, 0.57),
    0.6: (0.88, 0.77, 0.69, 0.65),
    0.5: (0.90, 0.80, 0.73, 0.69),
    0.4: (0.92, 0.82, 0.76, 0.72),
    0.2: (0.95, 0.89, 0.84, 0.81),
    0.1: (0.97, 0.92, 0.88, 0.86),
}
TABLE_8 = {
    (0.5, False): (0.97, 0.74, 0.03, 0.14),
    (1.0, False): (0.95, 0.83, 0.04, 0.15),
    (0.5, True): (0.89, 0.33, 0.10, 0.51),
    (1.0, True): (0.82, 0.46, 0.14, 0.51),
}
TOLERANCE = 0.006


@pytest.mark.parametrize(("table", "correlated"), [(TABLE_3, False), (TABLE_5, True)])
def test_tables_3_and_5(table, correlated):
    for n, rate in enumerate(RATES):
        effect = policy(DATA, 0.5, rate, correlated)
        for name, published in table.items():
            assert getattr(effect, name) == pytest.approx(published[n], abs=TOLERANCE), (name, rate)
        assert effect.capital == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize(("table", "correlated"), [(TABLE_4, False), (TABLE_6, True)])
def test_tables_4_and_6(table, correlated):
    for share, published in table.items():
        for rate, value in zip(RATES, published, strict=True):
            assert policy(DATA, share, rate, correlated).tfp == pytest.approx(value, abs=TOLERANCE), (
                share,
                rate,
            )


def test_table_8():
    for (rate, correlated), published in TABLE_8.items():
        effect = policy(dict(DATA), 0.5, rate, correlated, "capital")
        found = (effect.output, effect.subsidised, effect.cost, effect.subsidy)
        np.testing.assert_allclose(found, published, atol=TOLERANCE)
        assert effect.tfp == pytest.approx(effect.output, abs=1e-10)
        assert effect.entry == pytest.approx(effect.output, abs=1e-10)


def test_size_data_give_table_2():
    s, share = grid(DATA)
    size = s ** (1 / 0.15)
    assert share.sum() == pytest.approx(1)
    cuts = [size < 5, (size >= 5) & (size < 50), size >= 50]
    np.testing.assert_allclose([share[c].sum() for c in cuts], [0.5546, 0.3895, 0.0559], atol=1e-4)
    work = share * size / (share * size).sum()
    np.testing.assert_allclose([work[c].sum() for c in cuts], [0.0746, 0.3403, 0.5851], atol=1e-4)
    assert (share * size).sum() == pytest.approx(17.73, abs=0.01)


def test_ratios_against_a_solved_economy():
    """w from free entry, E from labour, K and Y from firms' decisions, solved with numbers and no ratio."""
    random = np.random.default_rng(0)
    n, a, g, r = 40, 0.28, 0.55, 0.12
    mass, s = random.dirichlet(np.ones(n)), np.exp(random.normal(0, 0.2, n))
    t, c, w_tax = (np.exp(random.normal(0, 0.2, n)) for _ in range(3))

    def economy(t, c, h):
        x = 1 - a - g

        def firm(w):
            k = (t * s) ** (1 / x) * (a / (r * c)) ** ((1 - g) / x) * (g / (w * h)) ** (g / x)
            labor = (t * s) ** (1 / x) * (a / (r * c)) ** (a / x) * (g / (w * h)) ** ((1 - a) / x)
            y = s * k**a * labor**g
            return k, labor, y, t * y - w * h * labor - r * c * k

        low, high = 1e-3, 1e3
        for _ in range(200):
            w = (low * high) ** 0.5
            low, high = (w, high) if mass @ firm(w)[3] > 1 else (low, w)
        k, labor, y, _ = firm(w)
        entry = 1 / (mass @ labor)
        return np.array([entry * (mass @ y), entry * (mass @ k), entry, w])

    one = np.ones(n)
    found = ratios(mass, s, t, c, w_tax, a, g)
    wanted = economy(t, c, w_tax) / economy(one, one, one)
    np.testing.assert_allclose([found.output, found.capital, found.entry, found.wage], wanted, rtol=1e-9)


def test_data_form_is_that_of_ratios_with_capital_kept():
    choices = Choices(alpha="constant", alpha_value=0.35, trim=Trim(tail=0))
    frame = random_firms(1, industries=2, years=1)
    found = estimate(sample_of(firms_of(frame), choices)[0], choices)
    made, entered = data_ratios(found, 0.8)
    a, g = 0.8 * 0.35, 0.8 * 0.65
    sample = found.sample
    for n in range(2):
        rows = sample.row_cell == n
        y, k, labor, weight = sample.y[rows], sample.k[rows], sample.l[rows], sample.weight[rows]
        s, t = y / (k**a * labor**g), labor / y
        c = labor / k * (weight @ k) / (weight @ labor)
        low, high = 1e-6, 1e6
        for _ in range(200):
            level = (low * high) ** 0.5
            got = ratios(weight, s, level * t, c, np.ones(y.size), a, g)
            low, high = (low, level) if got.capital > 1 else (level, high)
        assert made[n] == pytest.approx(np.log(got.output), abs=1e-10)
        assert entered[n] == pytest.approx(np.log(got.entry), abs=1e-10)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ((DATA, 1.5, 0.1, False), "taxed_share"),
        ((DATA, 0.5, 1.2, False), "tax"),
        ((DATA, 0.5, 0.1, False, "wages"), "kind"),
        ((DATA[::-1], 0.5, 0.1, False), "size_data"),
        ((DATA, 0.999, 0.1, True), "taxed_share"),
    ],
)
def test_bad_policies(arguments, key):
    with pytest.raises(InputError, match=key):
        policy(*arguments)
