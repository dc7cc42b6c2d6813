"""Channels: parts that add up, interactions, present values, and what is refused."""

import numpy as np
import pytest
import xarray as xr

import dirigiste as dg
import fake_course
from chronicles import VILLAGE
from dirigiste import chronicle as chronicles
from dirigiste.chronicle.channels import CHANNELS
from dirigiste.results.runs import channels as split
from dirigiste.results.runs.run import of_solved
from dirigiste.results.text import run as text_run
from dirigiste.solver import shapley


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A chronicle with three channels."""
    folder = tmp_path_factory.mktemp("three")
    (folder / "village.yaml").write_text(VILLAGE)
    (folder / "three.yaml").write_text(
        "name: three\neconomy: village.yaml\nevents:\n"
        "  - {date: 2021-01-01, title: A, sources: [assumption], changes: [\n"
        "     {parameter: statuses.free.collateral, multiply: 0.9},\n"
        "     {parameter: edges.inspection.actual, multiply: 2},\n"
        "     {parameter: edges.inspection.perceived, multiply: 2}]}\n"
    )
    return chronicles.load(folder / "three.yaml")


@pytest.fixture(scope="module")
def run(three, configured):
    """The chronicle solved for all sets of channels."""
    return dg.run(three, channels=True)


@pytest.fixture(scope="module")
def alike(three, village):
    """A run of a made-up solution in which all channels do the same."""
    return of_solved(three, fake_course.solver(*village)(three, channels=True))


def test_every_set_of_channels_has_a_path(run):
    labels = run.split["subset"].values.tolist()
    assert labels == ["", "credit", "force", "credit+force", "fear", "credit+fear", "force+fear",
                      "credit+force+fear"]  # fmt: skip
    assert run.split["output"].dims == ("subset", "time")
    np.testing.assert_allclose(run.split["output"].sel(subset=labels[-1]), run.path["output"], rtol=1e-14)
    assert (run.split["output"].sel(subset="") == run.base["output"]).all()


@pytest.mark.parametrize("outcome", split.OUTCOMES)
def test_parts_add_up_to_the_whole_at_every_step(run, outcome):
    parts = run.channels(outcome)
    assert parts.dims == ("channel", "time")
    whole = run.path[outcome] - run.base[outcome]
    np.testing.assert_allclose(parts.sum("channel"), whole, atol=1e-12 * float(abs(run.path[outcome]).max()))
    np.testing.assert_allclose(parts.attrs["whole"], whole)
    assert parts.attrs["base"] == float(run.base[outcome])
    assert parts.attrs["units"] == run.path[outcome].attrs["units"]


def test_parts_are_the_shapley_values_of_the_paths(run):
    game = run.split["wage"].sel(time=run.path["time"][7]).values
    np.testing.assert_allclose(run.channels("wage").values[:, 7], shapley.values(game), atol=1e-15)


def test_channels_that_do_the_same_have_the_same_part(alike):
    # one channel alone moves less than its share
    game = alike.split["wage"].sel(time=alike.path["time"][7]).values
    np.testing.assert_allclose(alike.channels("wage").values[:, 7], (game[-1] - game[0]) / 3)


def test_a_time_a_year_or_several(run):
    one = run.channels("output", time=1.0)
    assert one.dims == ("channel",)
    assert one.attrs["value"] == pytest.approx(float(run.at([1.0])["output"][0]))
    several = run.channels("output", time=[0.0, 1.0])
    assert several.dims == ("channel", "time")
    np.testing.assert_allclose(several.values[:, 1], one.values)
    np.testing.assert_allclose(run.channels("output", year=2021.0).values, several.values[:, 0])
    by_year = run.channels("output", year=[2021.5, 2022.0])
    assert by_year["year"].values == pytest.approx([2021.5, 2022.0], abs=1e-6)


def test_present_values(run):
    parts = run.channels("output", present_value=0.05)
    lost = (run.path["output"] - run.base["output"]).values
    total = float(shapley.present_value(lost, run.path["step"].values, 0.05))
    assert float(parts.sum()) == pytest.approx(total, rel=1e-12)
    assert parts.attrs["whole"] == pytest.approx(total)
    assert parts.attrs["units"] == "goods per year × years"


def test_interactions(run):
    pairs = run.channels("output", time=2.0, interactions=True)
    assert pairs.dims == ("channel", "other")
    np.testing.assert_allclose(pairs, pairs.values.T)
    assert np.isnan(np.diag(pairs)).all()
    game = run.split["output"].sel(time=run.path["time"][7]).values
    at_step = run.channels("output", interactions=True).isel(time=7)
    np.testing.assert_allclose(at_step.values, shapley.interactions(game))
    assert float(pairs.sel(channel="fear", other="credit")) == float(pairs[2, 0])


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"outcome": "outptu"}, "did you mean `output`"),
        ({"outcome": "mass_by_status"}, "is not split by channel"),
        ({"outcome": "output", "time": 100.0}, "beyond the horizon"),
        ({"outcome": "output", "year": 2019.0}, "0 or more"),
        ({"outcome": "output", "time": 1.0, "present_value": 0.03}, "give one of"),
    ],
)
def test_what_is_refused(run, options, word):
    with pytest.raises(dg.InputError, match=word):
        run.channels(**options)


def test_the_text_tells_what_each_channel_did(run):
    text = repr(run)
    day = str(run.path["date"].values[text_run.peak(run)].astype("datetime64[D]"))
    assert f"Effect by channel, {day}" in text
    assert "Effect on output by channel" in text
    assert all(f"% {channel}" in text.splitlines()[1] for channel in ("credit", "force", "fear"))


def test_paths_on_other_times_are_put_on_those_of_the_whole(village, alike):
    compiled, _, _, points = village
    dates = list(alike.chronicle.surprises)
    course = fake_course.between(compiled, *points, dates, [0.5])
    sparse = course._replace(
        grid=fake_course.Steps(
            course.grid.time[::2],
            course.grid.length[::2],
            course.grid.date[::2],
            course.grid.surprise[::2],
            course.grid.stretch[::2],
        ),
        u=course.u[::2],
        sums=type(course.sums)(
            type(course.sums.static)(*(x[::2] for x in course.sums.static)),
            type(course.sums.moves)(*(x[::2] for x in course.sums.moves)),
            *(x[::2] for x in course.sums[2:]),
        ),
        residuals={name: x[::2] for name, x in course.residuals.items()},
        parameters={},
    )
    dataset = split.build({frozenset({"fear"}): sparse}, compiled, alike.path, alike.base)
    assert dataset["subset"].values.tolist() == ["", "fear"]
    np.testing.assert_allclose(
        dataset["output"][1, ::2], np.asarray(course.sums.static.output).sum(axis=1)[::2]
    )
    assert np.isfinite(dataset["output"]).all()


FOUR = """
name: four
economy: village.yaml
events:
  - {date: 2021-01-01, title: A, sources: [assumption], changes: [
     {parameter: statuses.free.collateral, multiply: 0.9},
     {parameter: edges.inspection.actual, multiply: 2},
     {parameter: edges.inspection.perceived, multiply: 2},
     {parameter: edges.emigrate.cost, add: 0.01}]}
"""


@pytest.fixture(scope="module")
def quick(village, configured, tmp_path_factory):
    """A run of four channels, quickly split, from a made-up solution: where the first level is not enough."""
    folder = tmp_path_factory.mktemp("four")
    (folder / "village.yaml").write_text(village[1].economy.to_yaml())
    (folder / "four.yaml").write_text(FOUR)
    chronicle = chronicles.load(folder / "four.yaml")
    return of_solved(chronicle, fake_course.solver(*village)(chronicle, channels="quick"))


def test_a_quick_split_has_sets_of_some_sizes(quick):
    assert split.sizes(quick.split) == (0, 1, 3, 4)
    assert quick.split.sizes["subset"] == 10
    assert not split.exact(quick.split)
    parts = quick.channels("output")
    assert (parts.attrs["sets"], parts.attrs["sets_of_all"]) == (10, 16)
    assert np.isinf(parts.attrs["levels_differ"])  # there is no level before the first
    # channels are alike, and a set of them does in proportion to its size, one alone a fifth less
    whole = quick.path["output"] - quick.base["output"]
    np.testing.assert_allclose(parts, np.tile((0.2 + 0.25) / 2 * whole, (4, 1)), rtol=1e-9)
    np.testing.assert_allclose(parts.attrs["rest"], -0.1 * whole, rtol=1e-9)
    assert parts.attrs["whole"] == pytest.approx(whole.values.tolist())
    assert not split.settled(quick.split)


def test_a_quick_split_says_how_far_it_may_be_off(quick):
    text = repr(quick)
    assert "Quick split, from 10 of 16 sets of channels" in text
    data = quick.to_json(at=[1.0])
    assert (data["channels_from"]["sets"], data["channels_from"]["of"]) == (10, 16)
    off = data["channels_from"]["off"]["output"]
    assert off["levels_differ"] is None
    assert off["rest"] == pytest.approx(split.error_of(quick.split, "output").rest)
    with pytest.raises(dg.InputError, match="interactions of pairs need more sets"):
        quick.channels("output", interactions=True)


def test_an_exact_split_has_no_error(run):
    assert split.exact(run.split)
    assert split.settled(run.split)
    assert split.error_of(run.split, "output")[:2] == (0.0, 0.0)
    assert run.to_json(at=[1.0])["channels_from"] == {"sets": 8, "of": 8, "off": None}


def made_up(order, sizes, value):
    """A split whose outcomes are a function of the set of channels."""
    order = tuple(channel for channel in CHANNELS if channel in order)
    sets = shapley.coalitions(order, sizes)
    values = np.array([[value(members)] * 2 for members in sets])
    labels = [split.PLUS.join(channel for channel in order if channel in members) for members in sets]
    return xr.Dataset(
        dict.fromkeys(split.OUTCOMES, (("subset", "time"), values)),
        coords={"subset": labels, "time": [0.0, 1.0]},
        attrs={"channels": split.PLUS.join(order)},
    )


def test_levels_that_agree_are_enough():
    names = CHANNELS[:6]
    order = {name: n + 1.0 for n, name in enumerate(names)}

    def additive(members):
        return 2.0 - 0.01 * sum(order[name] for name in members)

    def pairs(members):
        return additive(members) - 0.004 * len(members) ** 2

    def triples(members):
        return pairs(members) - 0.001 * len(members) ** 3

    levels = shapley.levels(6)
    for value, enough in ((additive, 1), (pairs, 1), (triples, 2)):
        first = next(n for n, sizes in enumerate(levels) if split.settled(made_up(names, sizes, value)))
        assert first == enough
    # what is below the tolerance of paths does not count
    noise = {m: 1e-6 * np.random.default_rng(1).normal() for m in shapley.coalitions(names, range(7))}
    assert split.settled(made_up(names, levels[1], lambda members: 2.0 + noise[members]))
    assert split.settled(made_up(names, levels[0], lambda members: np.nan))  # an outcome without a meaning
