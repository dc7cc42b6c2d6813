"""A synthetic run: a small economy and chronicle, and made-up datasets with the names that results have."""

from types import SimpleNamespace

import made_up_path
import numpy as np
import pytest
import xarray as xr

from dirigiste import chronicle, economy
from dirigiste.results.equilibria.certificate import Certificate

ECONOMY = """
name: toy
preferences: {rho: {value: 0.05, source: "Author (2001), Table 1"}, sigma: 1.0}
technology: {alpha: {value: 0.4, source: assumption, note: "a guess"}, eta: 0.8, delta: 0.06}
ability:
  law: redraw
  rate: 0.1
  distribution: {pareto: {tail: 6.0, points: 2}}
statuses:
  inside: {collateral: 2.0, controlled: true}
  plain: {collateral: 1.5, data_lending: 0.1}
  loud: {collateral: 1.5, voice: true, title: TITLE}
  held: {operates: false}
edges:
  - {name: join, from: plain, to: inside, kind: choice, rate: 0.3, cost: 0.03, scale: 0.03}
  - {name: leave, from: inside, to: plain, kind: rate, rate: 0.1}
  - {name: speak, from: plain, to: loud, kind: choice, rate: 0.2, scale: 0.03}
  - {name: strike, from: [plain, loud], to: held, kind: enforcement, actual: 0.1, perceived: 0.2, fine: 0.1}
  - {name: released, from: held, to: plain, kind: rate, rate: 0.5}
  - {name: emigrate, from: plain, to: abroad, kind: choice, rate: 0.25, cost: 0.05, scale: 0.15}
abroad: {interest: 0.03}
entry: {status: plain, wealth: 0.5, ability: stationary}
"""

CHRONICLE = """
name: toy-events
title: TITLE
economy: ECONOMY
sources:
  paper: {title: TITLE, publisher: Press, date: 2021, url: "URL", quality: read}
  memory: {title: From memory, publisher: Compiler, date: 2021, quality: remembered}
events:
  - date: 2021-03-01
    title: TITLE
    organisation: Office
    what: Fines rise, see `strike`.
    amounts:
      - {value: 18.228e9, currency: CNY, usd: 2.75e9, usd_upper: 2.8e9, what: fine, whom: A firm}
      - {value: 0.5e6, currency: CNY, usd: null, what: fine, whom: Others, count: 3, note: each}
    sources: [paper]
    quality: read
    discrepancies:
      - {claim: It was 3., claim_source: paper, record: It was 2.8., record_source: memory}
    changes:
      - {parameter: edges.strike.fine, multiply: 1.5, why: "for good"}
      - {parameter: edges.strike.perceived, multiply: 2.0, half_life: 2, why: "it fades"}
  - date: 2020-12-24
    title: Less data lending
    what: A rule.
    sources: [memory]
    quality: remembered
    changes:
      - {parameter: statuses.plain.data_lending, multiply: 0.5, why: "rule"}
  - date: 2022-01-01
    precision: year
    title: A speech
    what: Words.
    sources: [paper]
    quality: read
    no_effect: One move along an edge.
"""

STATUSES = ("inside", "plain", "loud", "held")
ARCS = (
    ("join", "plain", "inside"),
    ("leave", "inside", "plain"),
    ("speak", "plain", "loud"),
    ("strike", "plain", "held"),
    ("strike", "loud", "held"),
    ("released", "held", "plain"),
    ("emigrate", "plain", "abroad"),
)


def dataset(shares, flows, gain=0.0, labor=4.0):
    """Half of the owners of each status at wealth 0, the rest spread; the able half of them runs firms."""
    wealth = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
    by_wealth = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    mass = np.array(shares)[:, None, None] * np.array([0.5, 0.5])[:, None] * by_wealth
    shape = mass.shape
    operates = np.array([1.0, 1.0, 1.0, np.nan])[:, None, None] * np.ones(shape)
    runs = np.where(np.isnan(operates), 0.0, np.array([0.0, 1.0])[:, None] * np.ones(shape))
    capital = operates * (1.0 + wealth)
    mpk = operates * (0.1 + 0.3 / (1.0 + wealth))
    dims = ("status", "ability", "wealth")
    value = (np.log(1.0 + wealth) + gain) / 0.05 * np.ones(shape)
    variables = {
        "value": value,
        "consumption": 1.0 + 0.05 * wealth + 0.0 * mass,
        "saving": 0.0 * mass,
        "income": 1.0 + 0.0 * mass,
        "mass": mass,
        "runs": runs,
        "capital": capital,
        "labor": operates * labor,
        "credit": 0.5 * capital,
        "output": capital**0.5,
        "profit": 0.1 * capital,
        "mpk": mpk,
    }
    edge, origin, destination = zip(*ARCS, strict=True)
    return xr.Dataset(
        {name: (dims, values) for name, values in variables.items()}
        | {
            "people": ("arc", np.array(flows)),
            "wealth_moved": ("arc", np.array(flows)),
            "taken": ("arc", 0.1 * np.array(flows)),
        },
        coords={
            "status": list(STATUSES),
            "ability": [1.0, 2.0],
            "wealth": wealth,
            "edge": ("arc", list(edge)),
            "origin": ("arc", list(origin)),
            "destination": ("arc", list(destination)),
        },
    )


def equilibrium(declared, data, **numbers):
    aggregates = {
        "output": 2.0,
        "capital": 5.0,
        "consumption": 1.5,
        "tfp": 1.2,
        "control": 0.4,
        "silence": 0.95,
        "credit_output": 1.0,
        "firms": 0.45,
        "flight": 0.005,
        "fines": 0.001,
    } | numbers
    certificate = Certificate(
        hjb=1e-11,
        distribution=1e-14,
        mass=0.0,
        labor=-3e-9,
        capital=1e-10,
        budget=0.0,
        quota=0.0,
        walras=4e-10,
        top_mass=0.0,
        least_mass=0.0,
        rounds=2,
        history=(1e-3, 3e-9),
        warnings=(),
    )
    return SimpleNamespace(
        economy=declared,
        prices={"wage": 1.0, "interest": 0.02, "transfer": 0.01},
        aggregates=aggregates,
        by_edge={},
        certificate=certificate,
        identity={"output": 2.0, "consumption": -1.5, "depreciation": -0.5, "burnt": 0.0, "residual": 8e-10},
        provenance={},
        states=data,
    )


def build(folder, title="A title", url="https://example.org/a?b=1&c=2"):
    quoted = "'" + title.replace("'", "''") + "'"
    path = folder / "toy.yaml"
    path.write_text(ECONOMY.replace("TITLE", quoted), encoding="utf-8")
    text = CHRONICLE.replace("TITLE", quoted).replace("ECONOMY", "toy.yaml").replace("URL", url)
    file = folder / "chronicle.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = chronicle.load(file)
    before = equilibrium(
        economy.load(path), dataset([0.30, 0.60, 0.08, 0.02], [0.02, 0.03, 0.01, 0.006, 0.002, 0.01, 0.001])
    )
    after = equilibrium(
        loaded.lasting(),
        dataset(
            [0.40, 0.50, 0.07, 0.03], [0.024, 0.03, 0.008, 0.006, 0.001, 0.015, 0.0], gain=-0.02, labor=3.0
        ),
        output=1.96,
        tfp=1.176,
        control=0.5,
        silence=0.97,
        flight=0.004,
    )
    provenance = {
        "program": "dirigiste",
        "version": "9.9",
        "command": "dirigiste run toy",
        "nested": {"a": 1.5},
    }
    return made_up_run(loaded, before, after, provenance, {"chronicle.yaml": text})


def made_up_run(loaded, before, after, provenance, given, **options):
    """A run with a made-up path between two made-up states."""
    run = SimpleNamespace(
        chronicle=loaded,
        before=before,
        after=after,
        changes=loaded.lasting_changes(),
        certificate=SimpleNamespace(certified=True),
        warnings=(),
        provenance=provenance,
        given=given,
        drawn=None,
        draws=None,
    )
    days = [event.date for event in loaded.ordered if event.changes]
    vars(run).update(vars(made_up_path.path_parts(run, days, **options)))
    return run


def course_run(folder, declared=made_up_path.ECONOMY, events=made_up_path.CHRONICLE, **options):
    """A run with a made-up path: three surprises on a toy economy with listed and withdrawn owners."""
    path = folder / "course.yaml"
    path.write_text(declared, encoding="utf-8")
    text = events.replace("ECONOMY", "course.yaml")
    file = folder / "course-chronicle.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = chronicle.load(file)
    before = equilibrium(economy.load(path), made_up_path.states(economy.load(path)))
    after = equilibrium(loaded.lasting(), made_up_path.states(loaded.lasting(), 0.02), output=1.96)
    return made_up_run(loaded, before, after, {"program": "dirigiste", "version": "9.9"}, {}, **options)


@pytest.fixture
def make_course(tmp_path):
    return lambda **options: course_run(tmp_path, **options)


@pytest.fixture(scope="session")
def course_of_three(tmp_path_factory):
    return course_run(tmp_path_factory.mktemp("course"))


@pytest.fixture
def make(tmp_path):
    return lambda **options: build(tmp_path, **options)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return build(tmp_path_factory.mktemp("toy"))
