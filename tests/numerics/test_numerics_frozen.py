"""The engine against numbers of the first one, kept in tests/frozen: stationary states to 1e-7, and paths
against the limit of small steps.

Each file has the changes of its case, so a case that was edited without computing its numbers anew fails here
first.
"""

import json

import pytest

import dirigiste as dg
from dirigiste.numerics.setup import arrays
from frozen import cases, compare, freeze

STATIONARY = {case.name: case for case in cases.STATIONARY}
PATHS = {case.name: case for case in cases.PATHS}

KINKS = {"diffusion": 5.0}
"""Paths with dates next to a kink in time (a class of owners becomes indifferent between running a firm and
working within the first half year): how far numbers there may be from the limit, over what is allowed
elsewhere."""

MONTHLY = {"numerics.path.step": 1.0 / 12.0, "numerics.path.growth": 1.06}
"""The steps that the first engine took by itself."""


@pytest.fixture(autouse=True)
def as_the_first_engine_did(monkeypatch):
    """Fitted weights at the lower bound of wealth too: the first engine had them there."""
    monkeypatch.setitem(arrays.SCHEMES, "compact", arrays.FITTED_AT_BOUND)


def listed(differences):
    return "\n".join(str(difference) for difference in differences[:12])


@pytest.mark.parametrize("name", [*STATIONARY, *PATHS])
def test_the_file_is_of_the_case(name):
    case = {**STATIONARY, **PATHS}[name]
    kept = compare.read(case)
    asked = json.loads(json.dumps(freeze.about(case)))
    assert kept["economy"] == asked["economy"]
    if name in PATHS:
        assert (kept["chronicle"], kept["dates"]) == (case.text, list(case.dates))
    assert freeze.file_of(case).stat().st_size < 16_384


@pytest.mark.parametrize("name", STATIONARY)
def test_stationary_states_are_what_they_were(name):
    """Claim: prices, aggregates, numbers by status, flows, values and masses agree with the first engine's to
    1e-7.
    """
    case = STATIONARY[name]
    kept, now = compare.read(case), freeze.stationary(case)
    result = compare.stationary(kept, now)
    assert result[0].size <= 1.0, listed(result)


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_as_near_to_the_limit_of_small_steps(name):
    """Claim: with monthly steps no series is further from the limit of small steps than the first engine's
    monthly steps (or than 2e-5), and in the mean over all it is nearer. (Longer steps do as well but for
    dates next to a kink in time, such as where a class of owners becomes indifferent.)
    """
    case = PATHS[name]
    kept = compare.read(case)
    now = freeze.series(dg.run(freeze.chronicle_of(case, MONTHLY)), case)
    result = compare.path(kept, now)
    assert result[0].size <= KINKS.get(name, 1.0), listed(result)
    old, new = compare.distances(kept, now)
    assert new <= KINKS.get(name, 1.0) * max(old, 1e-6)


@pytest.mark.parametrize("name", PATHS)
def test_the_limit_of_small_steps_is_known(name):
    """Claim: the frozen runs fall into line as a scheme of first order does: half the step, half the
    distance; and what extrapolation leaves open is far below the error of monthly steps.
    """
    exact = compare.limit(compare.read(PATHS[name]))
    for series, values in exact.values.items():
        scale = max(abs(values).max(), 1e-2)
        distance = abs(exact.default[series] - values).max()
        assert exact.error[series].max() <= max(0.2 * distance, 2e-7 * scale), series
