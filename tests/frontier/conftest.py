"""Frontiers of an economy that is solved in no time."""

import pytest
from frontier_tiny import GOALS, INSTRUMENTS

import dirigiste as dg
from tiny import TINY


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The economy as a file."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def economy(tiny):
    return dg.load(tiny)


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """The folder that keeps what the edge has solved."""
    return tmp_path_factory.mktemp("kept") / "frontier"


@pytest.fixture(scope="session")
def edge(economy, kept, configured):
    """Control and output over two instruments."""
    return dg.frontier(economy, INSTRUMENTS, GOALS, points=6, folder=kept)
