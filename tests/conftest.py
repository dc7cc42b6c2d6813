"""Shared by all tests."""

import pytest
from hypothesis import HealthCheck, settings

from dirigiste import config

# No test may depend on how fast the machine is.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(scope="session")
def configured():
    """The solver's programs, compiled and kept in the shared folder; `make test` has them ready."""
    config.ensure()
