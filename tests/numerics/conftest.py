"""Every test here needs the solver's programs; economies that many tests look at are solved once."""

import pytest
from numerics_economies import LONE, POLITICAL, TRIANGLE, economy
from numerics_solving import solved


@pytest.fixture(scope="session", autouse=True)
def ready(configured):
    """Programs are compiled before the first test, and by one process."""


@pytest.fixture(scope="session")
def triangle():
    """Three statuses, every kind of edge, a closed economy that rebates; and its equilibrium."""
    return solved(economy(TRIANGLE))


@pytest.fixture(scope="session")
def lone():
    """One status, no edges; and its equilibrium."""
    return solved(economy(LONE))


@pytest.fixture(scope="session")
def political():
    """The shipped political economy on fewer abilities and nodes; and its equilibrium."""
    return solved(POLITICAL())
