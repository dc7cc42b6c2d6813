"""Outcomes of sweeps: arithmetic, dates, and what they are of a path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dirigiste as dg
from dirigiste.errors import InputError
from dirigiste.results.quantities import outcomes as names
from dirigiste.sweep.declared import outcomes
from tiny import TINY

KNOWN = ["output", "wage", "credit", "credit[loyal]", "credit[free]"]


def columns(*texts, paths=False):
    found, faults = outcomes.read(texts, KNOWN, paths=paths)
    assert not faults
    return {outcome.column: outcome for outcome in found}


def test_names_arithmetic_and_patterns():
    found = columns("output", "gap = log(credit[free] / credit[loyal])", "credit[*]")
    assert list(found) == ["output", "gap", "credit[loyal]", "credit[free]"]
    values = {"output": 2.0, "credit[loyal]": 1.0, "credit[free]": np.e}
    assert_allclose(found["gap"].of(values), 1.0)


def test_dates_bind_closer_than_arithmetic():
    texts = ("2 * output @ 2025 / output @ start - 1", "(credit[free] / credit) @ 2025-06-01")
    found = columns(*texts, paths=True)
    first, second = found.values()
    assert [(part.expression.text, part.when) for part in first.parts.values()] == [
        ("output", "2025"),
        ("output", "start"),
    ]
    assert first.expression.value(dict.fromkeys(first.parts, 3.0)) == 1.0
    assert [(part.expression.names, part.when) for part in second.parts.values()] == [
        (("credit[free]", "credit"), "2025-06-01")
    ]
    logged = columns("log(output) @ end", paths=True)["log(output) @ end"]
    assert [part.expression.text for part in logged.parts.values()] == ["log(output)"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("output @", "must be followed by"),
        ("@ 2025", "must follow a name"),
        ("output) @ 2025", "is not opened"),
        ("output @ 2025 + wage", "`wage` in .* needs a date"),
        ("outptu @ 2025", "did you mean `output`"),
    ],
)
def test_faults_of_dated_outcomes(text, words):
    _, faults = outcomes.read([text], KNOWN, paths=True)
    assert len(faults) == 1
    with pytest.raises(InputError, match=words):
        raise faults[0][1]


def test_every_outcome_of_an_equilibrium_has_its_name(configured):
    from dirigiste import economy as economies

    economy = economies.loads(TINY)
    values = outcomes.of_equilibrium(dg.solve(economy))
    assert set(names.names(economy)) <= set(values)


@pytest.fixture(scope="module")
def run(home, configured):
    return dg.run(home / "squeeze.yaml")


def value(run, text):
    known = names.names_of_path(run.chronicle.baseline)
    (outcome,), faults = outcomes.read([text], known, paths=True)
    assert not faults
    return outcome.of_run(run, outcomes.of_states(run))


def test_outcomes_of_a_path(run):
    output = run.path["output"].values
    start = float(run.base["output"])
    assert value(run, "output @ start") == start
    assert value(run, "output @ end") == run.after.aggregates["output"]
    assert value(run, "output @ max") == output.max()
    assert value(run, "output @ min") == output.min()
    assert value(run, "output @ peak") == output[np.argmax(np.abs(output - start))]
    change = float(run.at([2.0])["output"][0]) / start - 1
    assert_allclose(value(run, "output @ 2023 / output @ start - 1"), change, atol=1e-5)
    assert_allclose(value(run, "output @ 2023-01-01"), value(run, "output @ 2023"), rtol=1e-12)
    share = run.path["credit_by_status"].sel(status="free") / run.path["credit"]
    assert_allclose(value(run, "(credit[free] / credit) @ max"), float(share.max()), rtol=1e-12)


def test_replications_are_counted():
    from dirigiste.replications.registry import find

    outcome = find("hsieh-klenow-2009").compute()
    counts = outcomes.of_replication(outcome)
    assert sum(counts.values()) == len(outcome.cells)
    assert counts["matches"] > 0
    assert (counts["misses"] + counts["fails"] == 0) == outcome.matches
