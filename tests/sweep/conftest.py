"""Sweeps of a tiny economy."""

import pytest
from sweep_texts import GRID, SQUEEZE

from dirigiste import sweep as sweeps
from tiny import TINY


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder with the economy and the chronicle."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "squeeze.yaml").write_text(SQUEEZE)
    return folder


@pytest.fixture(scope="session")
def read(home):
    """Sweeps from their texts, whose files are in `home`."""
    return lambda text: sweeps.loads(text, str(home / "sweep.yaml"))


@pytest.fixture(scope="session")
def grid(read):
    return read(GRID)


@pytest.fixture(scope="session")
def solved(grid, configured, tmp_path_factory):
    """The sweep solved in one thread of this process: what all others must give."""
    from dirigiste.sweep.executors.local import Threads

    return sweeps.run(grid, tmp_path_factory.mktemp("solved"), executor=Threads(1))
