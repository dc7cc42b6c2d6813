import pytest
from recovery import ECONOMY, file_of, moments_of

import dirigiste as dg
from dirigiste.fit.moments import loader


@pytest.fixture(scope="session")
def truth(configured):
    """Moments of the economy as it is, by name."""
    return moments_of(ECONOMY)


@pytest.fixture(scope="session")
def exact(truth):
    """Four parameters calibrated on six moments that the economy meets exactly."""
    return dg.calibrate(ECONOMY, loader.loads(file_of(truth), ECONOMY))
