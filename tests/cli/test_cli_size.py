"""Work that cannot end is refused before anything is computed: file, line, key, remedy."""

import pytest

from dirigiste import economy as economies
from dirigiste.chronicle import timeline
from dirigiste.chronicle.loader import load
from dirigiste.chronicle.workload import workload
from dirigiste.economy import size


def last_event(squeeze, date):
    squeeze.write_text(squeeze.read_text().replace("2022-03-01", date))
    return squeeze


@pytest.mark.parametrize("date", ["9999-12-31", "2921-01-01"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_dates_that_are_far_apart(call, squeeze, command, date):
    result = call(command, last_event(squeeze, date))
    assert result.exit_code == 2
    assert result.stdout == ""
    for words in ("squeeze.yaml:6:", "events.1.date", date, "steps", "correct the date"):
        assert words in result.stderr


@pytest.mark.parametrize("command", ["check", "solve"])
def test_grids_that_no_memory_holds(call, village, command):
    text = village.read_text()
    assert "points: " in text
    village.write_text(text.replace("wealth: {points: ", "wealth: {points: 100000000"))
    result = call(command, village)
    assert result.exit_code == 2
    assert result.stdout == ""
    for words in ("village.yaml:", "numerics.wealth.points", "of memory", "lower `points`", "E-size"):
        assert words in result.stderr


def test_steps_set_too_short_on_the_command_line(call, squeeze):
    result = call("run", squeeze, "--set", "numerics.path.step=0.00001")
    assert result.exit_code == 2
    assert "numerics.path.step" in result.stderr


def test_long_paths_are_warned_of(squeeze):
    assert load(last_event(squeeze, "2022-03-01")).warnings() == ()
    squeeze.write_text(squeeze.read_text().replace("2022-03-01", "2140-01-01"))
    (problem,) = load(squeeze).on(load(squeeze).baseline.with_({"numerics.path.step": 0.125})).warnings()
    assert problem.key == "events.1.date"
    assert "this takes very long" in problem.message


def test_check_tells_the_work(call, squeeze, village):
    result = call("check", squeeze, village)
    assert "steps on the longest path" in result.stdout
    assert "states" in result.stdout


@pytest.mark.parametrize("step", [0.05, 0.125, 0.5])
def test_steps_are_estimated_as_they_are(squeeze, step):
    chronicle = load(squeeze)
    economy = chronicle.baseline.with_({"numerics.path.step": step})
    grid = timeline.grid(chronicle, economy.numerics.path)
    count = len(grid.surprises)
    longest = max(grid.ahead(n, n + 1 if n + 1 < count else None).size - 1 for n in range(count))
    assert workload(chronicle, economy).steps == pytest.approx(longest, rel=0.35)


def test_states(village):
    economy = economies.load(village)
    finer = economy.with_({"numerics.wealth.points": 2 * economy.numerics.wealth.points})
    assert size.states(finer) == 2 * size.states(economy)
    assert size.stationary_bytes(finer) > size.stationary_bytes(economy)


@pytest.mark.parametrize(("bytes_", "words"), [(10, "less than 1 MB"), (2**30, "1 GB"), (3 * 2**40, "3 TB")])
def test_amounts(bytes_, words):
    assert size.amount(bytes_) == words
