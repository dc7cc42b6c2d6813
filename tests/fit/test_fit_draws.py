"""Runs with draws: intervals, effects by channel, draws in full, and going on where one was stopped."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from observed_village import COLLATERAL, FEAR, JOIN, chronicle

import dirigiste as dg
from chronicles import VILLAGE, told
from dirigiste import economy as economies
from dirigiste import report
from dirigiste.documents.writing import to_yaml
from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.chronicles import calls, in_full, loader, store
from dirigiste.fit.chronicles.draws import Options, draws, sample
from dirigiste.report.figure_data import channels
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import draws as of_draws
from dirigiste.results.runs.run import Run
from dirigiste.results.text import run as text_run

NUMBERS = f"""
name: small
numbers:
  {COLLATERAL}: {{sd: 0.02, transform: log, why: a guess}}
  {FEAR}: {{sd: 0.1}}
  {JOIN}: {{sd: 0.0005}}
"""


@pytest.fixture(scope="module")
def plan():
    return loader.loads(NUMBERS, chronicle())


@pytest.fixture(scope="module")
def made(plan, configured):
    """The chronicle with draws, and split by channel."""
    return draws(plan, Options(count=400, full=2, channels=True))


def test_the_run_is_that_without_draws(made):
    plain = dg.run(chronicle())
    assert made.chronicle.to_yaml() == plain.chronicle.to_yaml()
    for name in ("output", "wage", "control", "residual_capital"):
        np.testing.assert_array_equal(made.path[name].values, plain.path[name].values)
    assert float(made.after.aggregates["output"]) == float(plain.after.aggregates["output"])


def test_draws_follow_linear_responses(plan, made):
    found = made.draws
    expected = np.sqrt(((found.slopes("output") * plan.sd) ** 2).sum(axis=1))
    np.testing.assert_allclose(found.values("output").std(axis=0), expected, rtol=0.15, atol=1e-9)
    low, high = found.bands("output", (0.05, 0.95))
    here = made.path["output"].values
    assert np.all((low <= here + 1e-12) & (here <= high + 1e-12))
    step = text_run.peak(made)
    deviations = found.deviations("output", relative=True)[:, step]
    effects = found.effects("output", relative=True)[step]
    assert deviations.std() == pytest.approx(np.sqrt((effects**2).sum()), rel=0.15)
    assert np.argmax(of_draws.shares(effects)) == 0


def test_numbers_of_the_economy_move_what_is_without_the_events(made):
    found = made.draws
    without = found.without("control")
    assert without.std() > 0.0
    assert found.base_slopes("control")[:2].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(
        found.deviations("control", relative=False)[3], found.values("control")[3] - without[3]
    )


def test_draws_in_full_are_near_linear_responses(made):
    found = made.draws
    assert found.failed == 0
    assert found.which.tolist() == [0, 1]
    assert np.nanmax(found.misses("output")) < 0.1
    assert np.nanmedian(found.misses("credit[free]")) < 0.1
    parts = found.parts_in_full("output")
    whole, base = found.in_full("output")
    np.testing.assert_allclose(parts.sum(axis=1), whole - base[:, None], atol=1e-9)
    assert np.nanmedian(found.part_misses("output")[:, 0]) < 0.1


def test_effects_by_channel_add_up_in_every_draw(made):
    """With two channels the responses of all sets are there."""
    found = made.draws
    total = found.parts("output").sum(axis=1)
    np.testing.assert_allclose(total, found.deviations("output", relative=False), atol=1e-10)
    assert np.all(found.data["part_rest"].values < 1e-12)
    players = split.order(made.split)
    slopes = found.data["part_slope"].values[0]
    assert not slopes[players.index("credit"), 0, 1]  # fear is not known of yet
    assert np.abs(slopes[players.index("fear"), :, 0]).max() < np.abs(slopes[0, :, 0]).max()


def test_parts_of_sets_of_some_sizes_are_exact_for_games_of_pairs():
    """Derivatives of a game in which pairs of four players bring dividends, and one of three of them does."""
    players = ("credit", "fines", "party", "force")
    generator = np.random.default_rng(0)
    alone, pairs = generator.normal(size=4), np.triu(generator.normal(size=(4, 4)), 1)

    def worth(members, triple):
        here = np.array([player in members for player in players], dtype=float)
        return np.full((1, 1), 1.0 + alone @ here + here @ pairs @ here + triple * here[:3].prod())

    sets = [frozenset(one) for one in (*((player,) for player in players), players)]
    sets += [frozenset(players) - {player} for player in players]
    expected = alone + 0.5 * (pairs.sum(axis=0) + pairs.sum(axis=1))
    parts, rest = of_draws.derived_parts({one: worth(one, 0.0) for one in sets}, np.ones(1), players)
    np.testing.assert_allclose(parts[:, 0, 0], expected)
    np.testing.assert_allclose(rest, 0.0, atol=1e-12)
    _, rest = of_draws.derived_parts({one: worth(one, 1.0) for one in sets}, np.ones(1), players)
    assert abs(rest[0, 0]) > 0.05


def test_the_text_has_intervals(made):
    lines = dict(text_run.headline(made))
    assert " to " in lines["Output"].partition("in 20")[0]
    assert "[" in lines["Control"]
    assert lines["Intervals"].startswith("90 % of 400 draws of 3 uncertain numbers (small), to first order")
    titles = [table.title for table in text_run.tables(made)]
    for start in ("Changes with the range", "Effect on output by channel w", "What output and", "Linear r"):
        assert sum(title.startswith(start) for title in titles) == 1
    plain = Run(**{name: vars(made)[name] for name in Run.__dataclass_fields__ if name != "drawn"})
    assert plain.draws is None
    assert "[" not in text_run.top(plain)
    assert len(text_run.tables(plain)) == len(titles) - 4


def test_draws_are_kept_with_the_run(made, tmp_path):
    folder = made.save(tmp_path, report=False)
    again = Run.open(folder)
    assert again.draws is not None
    np.testing.assert_array_equal(again.draws.values("output"), made.draws.values("output"))
    np.testing.assert_array_equal(again.draws.parts("wage"), made.draws.parts("wage"))
    assert again.draws.numbers == made.draws.numbers
    np.testing.assert_array_equal(again.draws.misses("output"), made.draws.misses("output"))
    rows = (folder / "draws.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 401
    assert (folder / "bands.csv").read_text(encoding="utf-8").startswith("outcome,time,date,run,q5,q25")
    assert "edges.join.cost" in (folder / "influence.csv").read_text(encoding="utf-8")
    plan = loader.load(folder / "inputs" / "numbers.yaml", chronicle())
    assert plan.names == [COLLATERAL, FEAR, JOIN]
    data = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["draws"]
    assert data["draws"] == 400
    assert data["numbers"][0]["why"] == "a guess"
    t = 2
    low, high = made.draws.bands("output", (0.05, 0.95))[:, np.abs(made.path["time"].values - 2.0).argmin()]
    assert (data["low"]["output"][t], data["high"]["output"][t]) == pytest.approx((low, high))
    assert set(data["channels"]["output"]["low"]) == {"credit", "fear"}


def test_the_report_has_whiskers_on_channels(made):
    text = report.html(made)
    assert "Whiskers" in text
    found = channels.split(made)
    low, high = found.sure.parts[:, :, found.worst]
    assert np.all(low <= high)
    whole = made.draws.deviations("output", relative=False) / float(made.base["output"])
    step = found.steps[found.worst]
    assert (low[-1], high[-1]) == pytest.approx(tuple(np.quantile(whole[:, step], [0.05, 0.95])))
    table = channels.waterfall_table(made, found)
    assert len(table.columns) == 3 + 4
    over_time = channels.over_time_table(made, found)
    assert over_time.columns[-1] == "all, high end of draws"


class StoppedError(Exception):
    """As if the program were killed."""


@pytest.mark.parametrize("after", [1, 7])
def test_a_run_that_was_stopped_goes_on_with_the_same_bits(plan, made, tmp_path, monkeypatch, after):
    """Stopped once so many parts are there: in the responses of the chronicle, and in draws in full."""
    from dirigiste.solver import kept_responses

    write, parts = kept_responses.write, []

    def stopping(path, arrays):
        write(path, arrays)
        parts.append(path)
        if len(parts) == after:
            raise StoppedError

    options = Options(count=400, full=2, channels=True)
    monkeypatch.setattr(kept_responses, "write", stopping)
    with pytest.raises(StoppedError):
        draws(plan, options, folder=tmp_path)
    there = store.parts_there(tmp_path)
    assert after <= there <= after + 1
    monkeypatch.setattr(kept_responses, "write", write)
    again = draws(plan, options, folder=tmp_path)
    assert again.drawn.identical(made.drawn)
    assert again.path.identical(made.path)
    assert store.parts_there(tmp_path) == 8


def test_damaged_parts_are_computed_again_and_others_refused(plan, tmp_path):
    options = Options(count=10, full=1)
    first = draws(plan, options, folder=tmp_path)
    (draw,) = tmp_path.glob("draw-*.npz")
    draw.write_bytes(draw.read_bytes()[:100])
    again = draws(plan, options, folder=tmp_path)
    assert again.drawn.identical(first.drawn)
    with pytest.raises(InputError, match="other parameters, moments or numbers"):
        draws(loader.loads(NUMBERS.replace("0.02", "0.03"), chronicle()), options, folder=tmp_path)


def test_a_draw_without_a_path_is_counted(plan, monkeypatch):
    real = in_full._solved

    def failing(plan, z, *rest, **options):
        if z[0] == sample(plan, 20, 0)[0][0]:
            return in_full.Full(why="no path")
        return real(plan, z, *rest, **options)

    monkeypatch.setattr(in_full, "_solved", failing)
    made = draws(plan, Options(count=20, full=2))
    assert made.draws.failed == 1
    assert made.draws.which.tolist() == [1]
    assert made.draws.misses("output").shape[0] == 1
    assert any("1 have no path" in table.title for table in text_run.tables(made))


def test_no_path_at_the_means_is_an_error(plan, monkeypatch):
    from dirigiste.numerics.transition import perfect_foresight

    monkeypatch.setattr(perfect_foresight, "FRONTS", 0.0)
    with pytest.raises(NotConverged):
        draws(plan, Options(count=10, full=0))


def test_lengths_of_time_move_steps_and_channels_may_act_alone():
    """A pulse whose length is drawn ends between steps of the run; `only` leaves others out."""
    made = told(
        economies.loads(VILLAGE),
        ("2020-01-01", {"parameter": "statuses.free.collateral", "multiply": 0.97, "for": 2}),
        ("2020-07-01", {"parameter": "edges.inspection.perceived", "multiply": 1.5}),
    )
    length = "2020-01-01 statuses.free.collateral.for"
    text = f"name: a\nnumbers:\n  {length}: {{sd: 0.05}}\n  scale fear: {{sd: 0.2}}\n"
    plan = loader.loads(text, made)
    whole = draws(plan, Options(count=20, full=1))
    assert whole.draws.in_full("output")[0].shape == (1, whole.path.sizes["time"])
    fear = draws(plan, Options(count=20, full=1, only=("fear",)))
    assert not fear.draws.slopes("output")[:, 0].any()
    slopes = fear.draws.slopes("silence")[:, 1]
    begin = fear.path["surprise"].values >= 0
    assert slopes[begin].any()
    assert not slopes[~begin].any()
    assert np.nanmax(fear.draws.misses("silence")) < 0.2


def test_draws_stay_within_bounds_and_follow_correlations():
    text = f"""
name: a
numbers:
  {COLLATERAL}: {{sd: 0.2, bounds: [0.5, 1.3]}}
  {JOIN}: {{sd: 0.001}}
correlation: [[1.0, 0.8], [0.8, 1.0]]
"""
    z = sample(loader.loads(text, chronicle()), 2000, 0)
    assert z.shape == (2000, 2)
    assert z[:, 0].min() >= 0.5
    assert z[:, 0].max() <= 1.3
    assert np.corrcoef(z.T)[0, 1] > 0.5
    tight = text.replace("bounds: [0.5, 1.3]", "bounds: [0.9, 0.9000000001]")
    with pytest.raises(InputError, match="hardly a draw"):
        sample(loader.loads(tight, chronicle()), 100, 0)



def test_in_python_numbers_may_be_left_out():
    plan = calls.plan_of(chronicle(), None)
    assert plan.names == ["scale statuses.free.collateral", "scale edges.inspection.perceived"]
    assert plan.sd.tolist() == [0.5, 0.5]
    made = dg.draws(chronicle(), count=30, full=0, only="fear", seed=3)
    assert made.only == ("fear",)
    assert made.draws.count == 30
    assert made.provenance["seed"] == 3
    np.testing.assert_array_equal(made.draws.data["z"].values, sample(plan, 30, 3))
    assert made.draws.misses("output").shape == (0, made.path.sizes["time"])
    with pytest.raises(InputError, match="must be True, False or `quick`"):
        dg.draws(chronicle(), channels="slow")


def test_strengths_stay_within_what_the_economy_allows():
    """Collateral of 1.4 may fall to 1: by 0.8 to the power of 1.5, not of 1.75."""
    change = {"parameter": "statuses.free.collateral", "multiply": 0.8}
    made = told(economies.loads(VILLAGE), ("2020-01-01", change))
    (one,) = calls.plan_of(made, None).numbers
    assert (one.scale.low, one.scale.high) == (0.0, 1.5)
    wide = f"name: a\nnumbers:\n  {one.name}: {{mean: 1, sd: 3}}\n"
    plan = loader.loads(wide, made)
    with pytest.raises(InputError) as error:
        plan.at(np.array([2.0]))
    assert in_full._reason(error.value).startswith("the economy does not allow it: ")
    assert in_full._reason(NotConverged("no path", history=())) == "no path"


# --- the command line --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A chronicle with its economy and a file of numbers, as files."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "economy.yaml").write_text(VILLAGE, encoding="utf-8")
    source = {"title": "Made up", "publisher": "a test", "date": "2020", "quality": "remembered"}
    data = chronicle().model_dump(mode="json", by_alias=True, exclude_unset=True)
    data |= {"economy": "economy.yaml", "sources": {"recollection": source}}
    (folder / "chronicle.yaml").write_text(to_yaml(data), encoding="utf-8")
    (folder / "numbers.yaml").write_text(NUMBERS.replace("sd: 0.1}", "sd: 0.1, mean: 1.4}"), encoding="utf-8")
    return folder


def test_run_draws(call, files, tmp_path):
    given = ("run", files / "chronicle.yaml", "--draws", "40", "--numbers", files / "numbers.yaml")
    done = call(*given, "--full", "1", "--no-report")
    assert done.exit_code == 0, done.stderr
    assert "at the means of `small`: 1 number differs" in done.stderr
    assert "Intervals  90 % of 40 draws" in done.stdout
    assert "What output and control hang on" in done.stdout
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "bands.csv").is_file()
    shown = call("show", "latest", "--json")
    assert json.loads(shown.stdout)["draws"]["draws"] == 40
    assert "Intervals  90 % of 40 draws" in call("show", "latest").stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--numbers", "a.yaml"), "--numbers: needs --draws N"),
        (("--full", "2"), "--full: needs --draws N"),
        (("--draws", "10", "--numbers", "none.yaml"), "no such file"),
        (("--draws", "1"), "--draws"),
    ],
)
def test_what_does_not_go_together_is_told(call, files, options, message):
    done = call("run", files / "chronicle.yaml", *options)
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_with_the_same_bits(files, tmp_path, call):
    """Killed while a part of it is there."""
    command = [
        sys.executable, "-m", "dirigiste", "run", str(files / "chronicle.yaml"), "--draws", "20",
        "--full", "3", "--no-report", "--quiet",
    ]  # fmt: skip
    process = subprocess.Popen([*command, "--out", str(tmp_path / "killed")])
    while process.poll() is None and not list((tmp_path / "killed").glob(".unfinished/*/[!.]*.npz")):
        time.sleep(0.01)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again = subprocess.run(
        [item for item in [*command, "--out", str(tmp_path / "killed")] if item != "--quiet"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "goes on with a run that was stopped" in again.stderr
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True)
    runs = [Run.open("latest", tmp_path / name) for name in ("killed", "whole")]
    assert runs[0].drawn.identical(runs[1].drawn)
    assert not (tmp_path / "killed" / ".unfinished").exists()
