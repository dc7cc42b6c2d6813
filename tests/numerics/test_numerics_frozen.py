"""The engine against what was frozen of the first one (tests/frozen): stationary states to 1e-7, and paths
against the limit of small steps.

A file holds its case's changes, so a case that was edited without freezing it anew fails here first.
"""

import json

import pytest

from frozen import cases, compare, freeze

STATIONARY = {case.name: case for case in cases.STATIONARY}
PATHS = {case.name: case for case in cases.PATHS}


def told(differences):
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
    found = compare.stationary(compare.read(case), freeze.stationary(case))
    assert found[0].size <= 1.0, told(found)


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_as_near_to_the_limit_of_small_steps(name):
    """Claim: with the steps that the engine takes by itself, no series is further from the limit of small
    steps than the first engine's monthly steps (or than 2e-5), and in the mean over all it is nearer.
    """
    case = PATHS[name]
    kept, now = compare.read(case), freeze.with_defaults(case)
    found = compare.path(kept, now)
    assert found[0].size <= 1.0, told(found)
    old, new = compare.distances(kept, now)
    assert new <= max(old, 1e-6)


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
