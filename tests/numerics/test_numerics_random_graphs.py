"""Any valid graph is solved with a certificate, or refused with an error of the package."""

import json

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numerics_economies import TRIANGLE, economy
from numerics_solving import solved

from dirigiste.economy import loads
from dirigiste.errors import NotConverged

BASE = economy(TRIANGLE, {"ability.distribution.pareto.points": 20})
NAMES = list(BASE.statuses)


def amount(low, high):
    """Numbers as people write them."""
    return st.floats(low, high).map(lambda x: round(x, 3))


share, rate = amount(0.01, 0.5), amount(0.02, 0.5)


@st.composite
def size(draw):
    return {
        "of": draw(st.sampled_from(["capital", "revenue", "wealth"])),
        "ref": draw(amount(0.5, 20)),
        "power": draw(amount(0.5, 2)),
    }


@st.composite
def edge(draw, name, origin, to, kinds=("rate", "enforcement", "choice"), sized=False):
    kind = draw(st.sampled_from(kinds))
    made = {"name": name, "from": origin, "to": to, "kind": kind}
    if kind == "enforcement":
        made |= {"actual": draw(rate), "perceived": draw(rate)}
        if sized or draw(st.booleans()):
            made["size"] = draw(size())
    else:
        made["rate"] = draw(rate)
    if kind == "choice":
        made |= {"cost": draw(amount(-0.1, 0.2)), "scale": draw(amount(0.02, 0.2))}
    return made


@st.composite
def status(draw):
    return {
        "collateral": draw(amount(1.0, 3.0)),
        "spread": draw(amount(-0.02, 0.08)),
        "productivity": draw(amount(0.7, 1.2)),
        "wedge": draw(amount(-0.05, 0.2)),
        "data_lending": draw(st.sampled_from([0.0, 0.2])),
        "fixed_cost": draw(st.sampled_from([0.0, 0.05])),
        "labor_efficiency": draw(amount(0.3, 1.0)),
        "amenity": draw(amount(-0.1, 0.1)),
        "operates": draw(st.sampled_from([True, True, False])),
        "mandates": {"labor": draw(amount(0, 0.3)), "capital": draw(amount(0, 0.3))},
    }


@st.composite
def economies(draw):
    """Three statuses on a ring of edges of any kind, with fines, a successor, two more edges and a door
    abroad: one layout.
    """
    one, two, three = draw(st.permutations(NAMES))
    other = draw(st.permutations(NAMES))
    edges = [
        draw(edge("first", one, two)) | {"fine": draw(share), "burnt": draw(st.booleans())},
        draw(edge("second", two, three))
        | {"fee": draw(share), "ability": draw(st.sampled_from(["keep", "redraw"]))},
        draw(edge("third", three, one)) | {"ability": "redraw"},
        draw(edge("fourth", other[0], other[1], kinds=("choice",))),
        draw(edge("fifth", other[1], other[2], kinds=("enforcement",), sized=True)),
        draw(edge("sixth", draw(st.sampled_from(NAMES)), "abroad")) | {"fine": draw(share)},
    ]
    statuses = {name: draw(status()) for name in NAMES}
    statuses[NAMES[0]]["operates"] = True
    data = BASE.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {
        "edges": edges,
        "statuses": statuses,
        "name": "random",
    }
    data["entry"] = {"status": draw(st.sampled_from(NAMES)), "wealth": draw(amount(0, 2))}
    return json.dumps(data)


def test_random_graphs():
    """Claim: whatever the graph, solving ends in a certificate or in `NotConverged` with finite residuals,
    never in another exception. Excess demand may jump where abilities are few (with six a
    third of these fail), but with twenty most have an equilibrium.
    """
    failures, certified = [], []

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(economies())
    def run(text):
        try:
            certified.append(solved(loads(text)))
        except NotConverged as error:
            failures.append(error)

    run()
    for error in failures:
        assert np.isfinite(list(error.residuals.values())).all(), str(error)
    for found in certified:
        assert abs(found.certificate.walras) < 1e-6
        assert found.output > 0
        assert float(found.point.distribution.g.min()) > -1e-12
    assert len(certified) >= 0.8 * (len(certified) + len(failures)), [str(error) for error in failures]
