from pathlib import Path

import pytest

from dirigiste import chronicle
from dirigiste.chronicle import Chronicle

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def whole() -> Chronicle:
    return chronicle.load(HERE / "whole.yaml")


@pytest.fixture(scope="session")
def crackdown() -> Chronicle:
    return chronicle.load("crackdown-2020")
