"""Economies such as a user would make: solved with a certificate, or refused with the reason, in time."""

import pytest
import run
import variations

AFEW = (
    "0",
    "72",
    "98",
    "114",
    "129",
    "182",
    "political-without-emigrate-200",
    "small",
    "lone-one-ability",
    "small-open-0.06",
    "small-sigma-10",
    "political-sigma-2-200",
)
"""What every run of the tests looks at."""

MOST_WORK = 2e9
"""Visits of states (`numerics.effort`) within which there is an answer: about a minute of a processor."""

PATIENT = 900.0
"""Seconds after which a worker counts as stalled, however slow the machine."""


def special(name):
    return next(case for case in variations.SPECIAL if case.name == name)


def test_variations_are_the_same_for_a_number():
    assert variations.changes(5) == variations.changes(5)
    assert variations.changes(5) != variations.changes(6)
    assert variations.economy(5).hash == variations.economy(5).hash


def test_a_few():
    for result in run.run(list(AFEW), PATIENT):
        expected = variations.SOLVED if result.name.isdigit() else special(result.name).expected
        assert run.as_expected(result, expected), result.line


@pytest.mark.slow
def test_special_cases():
    results = run.run([case.name for case in variations.SPECIAL], PATIENT)
    missed = [r.line for r in results if not run.as_expected(r, special(r.name).expected)]
    assert not missed, "\n".join(missed)


@pytest.mark.slow
def test_random_variations():
    """Claim: of 200 variations those that have no equilibrium are refused with that reason, at least 95 % of
    the others solve, and the rest end within a minute of a processor, in counted work, with a reason.
    """
    every = run.run([str(number) for number in range(variations.COUNT)], PATIENT)
    summary = run.summary(every)
    refused = variations.REFUSED
    for result in every:
        if int(result.name) in refused:
            assert run.as_expected(result, refused[int(result.name)]), result.line
    results = [result for result in every if int(result.name) not in refused]
    assert all(result.outcome in ("solved", "NotConverged") for result in results), summary
    assert all(result.work < MOST_WORK for result in every), summary
    assert sum(result.outcome == "solved" for result in results) >= 0.95 * len(results), summary
