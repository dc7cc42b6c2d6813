"""Shared by all tests."""

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from dirigiste import config
from dirigiste.cli import main

# No test may depend on how fast the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(scope="session")
def configured():
    """The solver's programs, compiled and kept in the shared folder; `make test` has them ready."""
    config.ensure()


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
