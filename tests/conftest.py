"""Shared by all tests: the numerical library set up as `dirigiste.configure` does, with compiled programs
kept between runs.
"""

import sys

import pytest

import dirigiste


@pytest.fixture(scope="module", autouse=True)
def _programs_of_a_module():
    """Compiled programs go with the module that used them: a process that keeps those of all modules runs
    out of memory maps.
    """
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


@pytest.fixture(scope="session")
def configured(request, tmp_path_factory):
    """64-bit floats, and compiled programs in pytest's own cache folder."""
    store = getattr(request.config, "cache", None)
    dirigiste.configure(cache=store.mkdir("compiled") if store else tmp_path_factory.mktemp("compiled"))
