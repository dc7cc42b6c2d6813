import pytest

import dirigiste as dg
import fake_course
from chronicles import VILLAGE
from dirigiste import economy as economies
from dirigiste.results.equilibria import known


@pytest.fixture(scope="session")
def economy():
    return economies.loads(known.ECONOMY)


@pytest.fixture(scope="session")
def solved(economy, configured):
    return dg.solve(economy)


@pytest.fixture(scope="session")
def tighter(economy, solved):
    """The same economy with less credit and more fear."""
    return dg.solve(
        economy.with_({"statuses.free.collateral": 1.2, "edges.inspection.perceived": 0.15}), start=solved
    )


CHRONICLE = """
name: squeeze
title: A squeeze
economy: village.yaml
sources:
  gazette: {title: Gazette, publisher: The village, date: "2021", quality: read}
events:
  - date: 2021-01-01
    title: Credit is cut
    organisation: the bank
    what: The bank lends less.
    sources: [gazette]
    quality: read
    discrepancies:
      - {claim: "credit was cut by half", claim_source: gazette, record: "by less", record_source: gazette}
    changes:
      - {parameter: statuses.free.collateral, multiply: 0.9, why: "banks lend less on the same collateral"}
  - date: 2021-06-01
    precision: month
    title: Inspections, for a while
    sources: [assumption]
    changes:
      - {parameter: edges.inspection.perceived, multiply: 4, half_life: 3}
"""


@pytest.fixture(scope="session")
def squeeze(tmp_path_factory):
    """A chronicle file beside the economy that it names."""
    folder = tmp_path_factory.mktemp("squeeze")
    (folder / "village.yaml").write_text(VILLAGE)
    path = folder / "squeeze.yaml"
    path.write_text(CHRONICLE)
    return path


@pytest.fixture(scope="session")
def made(squeeze, configured):
    """The chronicle solved; tests that change something of it make a copy."""
    return dg.run(squeeze)


@pytest.fixture(scope="session")
def whole(squeeze, configured):
    """The same with everything that can be asked for."""
    return dg.run(squeeze, channels=True, certify=True)


@pytest.fixture(scope="session")
def village(configured):
    """The known economy solved before and after a cut of credit, with the solver's points."""
    return fake_course.village()
