from pathlib import Path

import pytest

from dirigiste.economy import load

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=["one-status", "political"])
def example(request):
    return load(EXAMPLES / f"{request.param}.yaml")


@pytest.fixture
def political():
    return load(EXAMPLES / "political.yaml")


@pytest.fixture
def base():
    return load(Path(__file__).parent / "parent.yaml")
