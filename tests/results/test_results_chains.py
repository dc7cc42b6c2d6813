"""Which paths sets of channels take, and how much work that is."""

from itertools import chain as joined
from itertools import combinations

import numpy as np
import pytest

from chronicles import told
from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle.timeline import Timeline, grid
from dirigiste.results.equilibria import known
from dirigiste.solver.chains import chains, count, seen
from dirigiste.solver.work import Work, words

CREDIT = {"parameter": "statuses.free.collateral", "multiply": 0.95}
FORCE = {"parameter": "edges.inspection.actual", "multiply": 2.0}
FEAR = {"parameter": "edges.inspection.perceived", "multiply": 2.0}


def timeline(*events):
    economy = economies.loads(known.ECONOMY)
    chronicle = told(economy, *events)
    return Timeline(chronicle, economy, grid(chronicle, economy.numerics.path))


def subsets(*names):
    return [frozenset(s) for s in joined.from_iterable(combinations(names, k) for k in range(len(names) + 1))]


def paths(line, sets):
    return {(n, c.key) for c in chains(line, sets) for n in range(c.first, c.last) if line.acts(n, c.key)}


@pytest.fixture(scope="module")
def three():
    return timeline(
        ("2021-01-01", CREDIT), ("2021-06-01", FORCE), ("2022-01-01", CREDIT), ("2022-06-01", FORCE, FEAR)
    )


def test_channels_are_seen_when_they_act(three):
    assert [sorted(channels) for channels in seen(three)] == [
        ["credit"], ["credit", "force"], ["credit", "force"], ["credit", "fear", "force"],
    ]  # fmt: skip


def test_every_path_is_taken_once_and_shared_by_all_that_know_no_more(three):
    sets = subsets("credit", "force", "fear")
    behind = seen(three)
    expected = {(n, s & behind[n]) for s in sets for n in range(4) if three.acts(n, s)}
    assert paths(three, sets) == expected
    # credit 0; force, credit and force 1; credit, both 2; at 3 all with force or fear
    assert len(expected) == 1 + 2 + 2 + 6


def test_chains_follow_their_parents(three):
    by_parent = chains(three, subsets("credit", "force", "fear"))
    place = {chain.key: n for n, chain in enumerate(by_parent)}
    assert [len(chain.key) for chain in by_parent] == sorted(len(chain.key) for chain in by_parent)
    for chain in by_parent[1:]:
        parent = by_parent[place[chain.parent]]
        assert parent.key < chain.key
        assert chain.first in parent.branches
        assert place[parent.key] < place[chain.key]
        assert parent.first <= chain.first <= parent.last


def test_one_set_takes_one_path_a_surprise(three):
    result = chains(three, [frozenset({"credit", "force", "fear"})])
    assert [(len(chain.key), chain.first, chain.last) for chain in result] == [
        (0, 0, 0), (1, 0, 1), (2, 1, 3), (3, 3, 4),
    ]  # fmt: skip
    assert chains(three, [frozenset()])[0].last == 4


def test_paths_of_a_shipped_chronicle():
    chronicle = chronicles.load("crackdown-2020")
    assert count(chronicle) == (64, 591)
    assert count(chronicle, ["fear"]) == (2, 11)


def test_what_is_told_of_the_work():
    reports, now = [], [0.0]
    work = Work(lambda stage, k, size: reports.append((stage, k, size)), "half step: ", lambda: now[0])
    work.plan([10, 10, 20], sets=4)
    assert reports[-1][0] == "half step: 4 sets of channels, 3 paths to solve"
    work.tell("surprise 1 of 2", 3, 1e-4)
    assert reports[-1] == ("half step: set 1 of 4 · path 1 of 3", 3, 1e-4)
    now[0] = 60.0
    work.done(10)
    work.finished()
    work.tell("surprise 1 of 2", 1, 1e-2)
    assert reports[-1][0] == "half step: set 2 of 4 · path 2 of 3 · about 3 min left"
    work.plan([40], sets=8)  # more sets, of a quick split
    assert reports[-1][0] == "half step: 7 sets of channels, 1 paths to solve"
    work.done(10)
    work.done(20)
    work.tell("", 1, 1e-2)
    assert reports[-1][0] == "half step: set 2 of 8 · path 4 of 4 · about 60 s left"


def test_one_course_is_told_by_its_surprises():
    reports, now = [], [0.0]
    work = Work(lambda stage, _, size: reports.append((stage, size)), clock=lambda: now[0])
    work.plan([10, 30])
    assert reports == []
    work.tell("surprise 1 of 2: 2021-01-01", 0, np.nan)
    assert reports[-1][0] == "surprise 1 of 2: 2021-01-01"
    now[0] = 10.0
    work.done(10)
    work.tell("surprise 2 of 2: 2022-01-01", 1, 1e-3)
    assert reports[-1] == ("surprise 2 of 2: 2022-01-01 · about 30 s left", 1e-3)
    Work(None).tell("nobody listens", 1, 1.0)


def test_durations_in_words():
    assert [words(s) for s in (3, 12, 89, 95, 600, 9000)] == [
        "a few seconds", "about 10 s", "about 90 s", "about 2 min", "about 10 min", "about 2.5 h",
    ]  # fmt: skip
