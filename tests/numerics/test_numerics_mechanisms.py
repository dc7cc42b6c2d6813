"""What each institution of the political economy does, in the direction that the model implies.

At given prices unless the claim is about an equilibrium: then nothing moves but owners, and directions are
theorems or nearly so.
"""

import numpy as np
import pytest
from numerics_economies import UNLIMITED
from numerics_solving import partial, solved

from dirigiste.numerics.markets import aggregates
from dirigiste.numerics.operators import generator
from dirigiste.numerics.setup.arrays import compile_economy
from dirigiste.numerics.stationary import point


@pytest.fixture(scope="module")
def at_prices(political):
    """Changes to the point, and the point's masses by status, at the prices of the political economy."""
    known = {}

    def change(**changes):
        key = tuple(sorted(changes.items()))
        if key not in known:
            paths = {name.replace("__", "."): value for name, value in changes.items()}
            known[key] = partial(political.economy.with_(paths), political)
        return known[key]

    return change


@pytest.fixture(scope="module")
def mass(political):
    def of(at, status):
        return float(at.distribution.g[:, political.index(status)].sum())

    return of


@pytest.fixture(scope="module")
def moved(political):
    def of(at, edge, what="people"):
        return float(getattr(at.moves, what)[political.arc(edge)].sum())

    return of


def choices(political, changes):
    """Static choices at the prices of the political economy."""
    compiled = compile_economy(political.economy.with_(changes))
    return point.choices(compiled.arrays, political.point.u)[1]


def silence(at, mass):
    return 1 - mass(at, "critic") / (mass(at, "critic") + mass(at, "independent"))


def test_unequal_credit_disperses_marginal_products_and_lowers_tfp(triangle):
    """Claim (Hsieh and Klenow 2009; docs/method.md, section 7): where all borrow alike marginal products of
    capital are one; a spread that only some pay disperses them and lowers TFP below that of the same firms
    with the same inputs.
    """
    alike = solved(triangle.economy.with_(UNLIMITED))
    unequal = solved(alike.economy.with_({"statuses.free.spread": 0.02}), alike.start)

    def dispersion(result):
        f = result.point.firms
        weight = result.point.distribution.g * f.share
        product = np.log(np.where(weight > 0, f.output, 1.0) / np.where(weight > 0, f.capital, 1.0))
        mean = (weight * product).sum() / weight.sum()
        return (weight * (product - mean) ** 2).sum() / weight.sum()

    def shortfall(result):
        """TFP over that of the same firms, were they to share their inputs efficiently."""
        m, f = result.compiled.arrays, result.point.firms
        A = m.productivity[:, None] * m.ability
        weight = result.point.distribution.g * f.share
        K, L = float(result.static.capital.sum()), float(result.static.labor.sum())
        return result.output / ((weight * A**5.0).sum() ** 0.2 * (K**0.4 * L**0.6) ** 0.8)

    assert dispersion(alike) < 1e-12
    assert shortfall(alike) == pytest.approx(1, abs=1e-9)
    assert dispersion(unequal) > 0.001
    assert shortfall(unequal) < 0.9999


def test_enforcement_against_big_firms_leaves_fewer_of_them(political, at_prices):
    """Claim: where capital brings the authorities in, independent owners with big firms are fewer and
    independents hold less.
    """
    harsh = at_prices(edges__crackdown__actual=0.3, edges__crackdown__perceived=0.3)
    free = political.index("independent")

    def big(at):
        k = at.firms.capital[:, free] * at.firms.share[:, free]
        return float((at.distribution.g[:, free] * (k > 10)).sum())

    def wealth(at):
        g = at.distribution.g[:, free]
        return float((g * political.compiled.arrays.wealth[:, None]).sum() / g.sum())

    assert big(harsh) < 0.8 * big(political.point)
    assert wealth(harsh) < wealth(political.point)


def test_fear_moves_choices_and_no_people(political, at_prices, moved, mass):
    """Claim (docs/method.md, section 3): more perceived than actual enforcement changes what owners do, while
    each owner at risk is hit as often as before; owners join the party to be safe.
    """
    afraid = at_prices(edges__crackdown__perceived=0.6)
    e, free = political.arc("crackdown")[0], political.index("independent")
    for at in (afraid, political.point):
        at_risk = float((at.reach[:, e] * at.distribution.g[:, free]).sum())
        assert moved(at, "crackdown") == pytest.approx(0.06 * at_risk, rel=1e-10)
    assert moved(afraid, "join") / mass(afraid, "independent") > 1.02 * moved(political.point, "join") / mass(
        political.point, "independent"
    )
    worse = afraid.values.v <= political.point.values.v + 1e-9
    assert worse.all()


def test_fines_are_received_or_burnt(political, at_prices, moved):
    """Claim (docs/method.md, section 5): what an edge takes is revenue, unless it is burnt; nothing else
    depends on which.
    """
    burnt = at_prices(edges__crackdown__burnt=True)
    np.testing.assert_allclose(burnt.distribution.g, political.point.distribution.g, atol=1e-9)
    m = political.compiled.arrays
    kept = float(aggregates.receipts(m, political.point.static, political.point.moves))
    lost = float(
        aggregates.receipts(
            compile_economy(political.economy.with_({"edges.crackdown.burnt": True})).arrays,
            burnt.static,
            burnt.moves,
        )
    )
    assert kept - lost == pytest.approx(moved(burnt, "crackdown", "taken"), abs=1e-8)
    assert kept - lost > 1e-4


@pytest.mark.parametrize(
    ("edge", "status"), [("join", "aligned"), ("retire", "withdrawn"), ("speak", "critic")]
)
def test_without_an_edge_into_it_a_status_is_empty(edge, status, political, at_prices, mass, moved):
    """Claim: with its choice edge at rate 0 a status loses members (all of them where that edge is the only
    way in).
    """
    shut = at_prices(**{f"edges__{edge}__rate": 0.0})
    assert moved(shut, edge) == 0
    only = not any(other.to == status for other in political.economy.edges if other.name != edge)
    assert mass(shut, status) < (1e-12 if only else 0.9 * mass(political.point, status))


def test_detention_empties_firms(political, at_prices, mass):
    """Claim: the detained run nothing and earn their share of a wage; longer detention holds more of them
    and leaves fewer firms.
    """
    s = political.index("detained")
    assert float(political.static.output[s]) == 0
    assert float(political.static.entrepreneurs[s]) == 0
    np.testing.assert_allclose(political.point.firms.income[:, s], 0.2 * political.wage)
    long = at_prices(edges__released__rate=0.1)
    assert mass(long, "detained") > 2 * mass(political.point, "detained")
    assert float(long.static.entrepreneurs.sum()) < float(political.static.entrepreneurs.sum())


@pytest.mark.parametrize("actual", [1.2, None], ids=["retaliation", "pre-emptive monitoring"])
def test_retaliation_silences_and_so_does_its_announcement(actual, political, at_prices, mass):
    """Claim: more retaliation against critics raises silence, by removing them and by what is expected; the
    expectation alone does too, with fewer detained than in the other case.
    """
    changes = {"edges__retaliation__perceived": 1.2} | (
        {"edges__retaliation__actual": actual} if actual else {}
    )
    after = at_prices(**changes)
    assert silence(after, mass) > silence(political.point, mass) + 1e-4
    both = at_prices(edges__retaliation__perceived=1.2, edges__retaliation__actual=1.2)
    assert mass(both, "detained") >= mass(after, "detained")
    speak, free = political.arc("speak")[0], political.index("independent")
    runs = political.point.firms.capital[:, free] * political.point.firms.share[:, free] > 5
    chance = [at.values.hazards.flow[:, speak][runs] for at in (after, political.point)]
    assert (chance[0] <= chance[1] + 1e-12).all()
    assert chance[0].mean() < 0.95 * chance[1].mean()


def test_mandates_bend_the_ratio_of_capital_to_labour(political):
    """Claim (docs/method.md, section 2): with k given, a labour mandate m multiplies labour by
    (1-m)^(-1/(1-eta(1-alpha))); unconstrained firms have k/l = alpha/(1-alpha) w~/R~.
    """
    s = political.index("connected")
    off = choices(political, {"statuses.connected.mandates.labor": 0.0, "statuses.connected.spread": 0.0})
    on = choices(political, {"statuses.connected.mandates.labor": 0.2, "statuses.connected.spread": 0.0})
    k0, k1, l0, l1 = (x[:, s] for x in (off.capital, on.capital, off.labor, on.labor))
    bound = (np.abs(k1 - k0) <= 1e-12 * k0) & (k0 > 0)
    assert bound.sum() > 20
    np.testing.assert_allclose(
        (l1 / np.where(l0 > 0, l0, 1))[bound], 0.8 ** (-1 / (1 - 0.82 * 0.6)), rtol=1e-9
    )
    a = political.compiled.arrays.wealth[:, None]
    free = (k1 < a) & (on.share[:, s] == 1)
    assert free.any()
    rental = 0.95 * (political.interest + 0.06)
    np.testing.assert_allclose(k1[free] / l1[free], 0.4 / 0.6 * 0.8 * political.wage / rental, rtol=1e-9)


def test_a_successor_draws_ability_anew(political):
    """Claim (docs/method.md, section 3): after `redraw` nothing is left of the owner's ability; wealth is
    kept.
    """
    e = political.arc("rectified")[0]
    v = political.point.values.v
    landed = generator.landed(political.compiled.arrays, v)[:, e]
    drawn = v[:, political.index("aligned")] @ political.compiled.arrays.stationary
    np.testing.assert_allclose(landed, np.broadcast_to(drawn[:, None], landed.shape), rtol=1e-12)


def test_flight_and_its_tax(political, at_prices, moved):
    """Claim: emigrants carry their wealth; a tax on it keeps people and wealth at home, better returns
    abroad draw them out.
    """

    def flight(at):
        return moved(at, "emigrate", "wealth") - moved(at, "emigrate", "taken")

    base = political.point
    assert moved(base, "emigrate", "taken") == pytest.approx(
        0.2 * moved(base, "emigrate", "wealth"), rel=1e-9
    )
    taxed, drawn = at_prices(edges__emigrate__fine=0.6), at_prices(abroad__interest=0.05)
    assert moved(taxed, "emigrate") < moved(base, "emigrate")
    assert flight(taxed) < 0.7 * flight(base)
    assert flight(drawn) > flight(base)
    assert moved(drawn, "emigrate") > moved(base, "emigrate")


def test_a_new_start(political, at_prices, mass):
    """Claim: an easier way back from withdrawal leaves fewer withdrawn."""
    easy = at_prices(edges__return__rate=1.0)
    assert mass(easy, "withdrawn") < 0.8 * mass(political.point, "withdrawn")


def test_data_lending_reaches_those_without_collateral(political):
    """Claim (docs/method.md, section 2): credit on data gives capital to able owners who are poor and
    nothing to those who need none.
    """
    s = political.index("independent")
    off, on = (choices(political, {"statuses.independent.data_lending": x}) for x in (0.0, 0.4))
    k0, k1 = off.capital[:, s], on.capital[:, s]
    assert (k1 >= k0 - 1e-12).all()
    assert k0[0].max() == 0
    assert k1[0, -1] > 0
    rich = k0 < political.compiled.arrays.wealth[:, None]
    np.testing.assert_allclose(k1[rich], k0[rich])
