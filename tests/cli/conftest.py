import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from dirigiste.cli import main
from dirigiste.results.equilibria import known


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call the command line in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        result = CliRunner().invoke(main, [str(arg) for arg in args])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def village(tmp_path):
    path = tmp_path / "village.yaml"
    path.write_text(known.ECONOMY)
    return path


@pytest.fixture
def squeeze(village, tmp_path):
    path = tmp_path / "squeeze.yaml"
    path.write_text(
        "name: squeeze\neconomy: village.yaml\nevents:\n"
        "  - {date: 2021-01-01, title: Credit is cut, sources: [assumption],\n"
        "     changes: [{parameter: statuses.free.collateral, multiply: 0.9}]}\n"
        "  - {date: 2022-03-01, title: Fear, sources: [assumption], organisation: the bank,\n"
        "     changes: [{parameter: edges.inspection.perceived, multiply: 4, half_life: 3}]}\n"
    )
    return path


@pytest.fixture
def made_up(configured, monkeypatch):
    """Paths made up in place of solved ones; commands that solve none need no solver."""
    import fake_course

    module = SimpleNamespace(solve=fake_course.solver(*fake_course.village()))
    monkeypatch.setitem(sys.modules, "dirigiste.solver.surprises", module)
