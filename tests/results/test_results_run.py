"""Runs: what they hold, and folders that appear whole or not at all."""

import datetime as dt
import json
from dataclasses import fields, replace
from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest
import xarray as xr

import dirigiste as dg
import fake_course
from dirigiste import chronicle as chronicles
from dirigiste import report
from dirigiste.results.archive import folders, storage
from dirigiste.results.quantities import measures
from dirigiste.results.runs import run as runs
from dirigiste.results.runs.certificate import MARKETS, PathCertificate, SurpriseSolved, WorstResidual
from dirigiste.results.text import run as text_run
from dirigiste.solver import surprises


@pytest.fixture(scope="module")
def known_run(village, squeeze):
    """A run of a made-up solution, whose numbers are known."""
    chronicle = chronicles.load(squeeze)
    solved = fake_course.solver(*village)(chronicle, channels=True, certify=True)
    return runs.of_solved(chronicle, solved)


def test_a_run_is_a_path_between_two_stationary_states(made):
    assert made.before.economy.get("statuses.free.collateral") == 1.4
    assert made.after.economy.get("statuses.free.collateral") == pytest.approx(1.26)
    assert made.after.economy.get("edges.inspection.perceived") == 0.05  # what fades is gone
    assert [item.path for item in made.changes] == ["statuses.free.collateral"]
    assert made.comparison.aggregates["output"].absolute < 0
    assert float(made.base["output"]) == made.before.aggregates["output"]
    output = made.path["output"].values
    assert (output < made.before.aggregates["output"]).all()
    assert output[-1] == pytest.approx(made.after.aggregates["output"], rel=1e-5)
    assert made.horizon == float(made.path["time"][-1]) > 70.0
    assert made.default_times == (0.0, 1.0, 2.0, 5.0, 10.0, made.horizon)
    assert (made.split, made.only) == (None, None)


def test_a_run_goes_from_one_known_state_towards_another(known_run):
    output = known_run.path["output"].values
    after, before = (state.aggregates["output"] for state in (known_run.after, known_run.before))
    assert after < output[-1] < output[0] < before
    assert known_run.horizon == 10.0
    assert known_run.default_times == (0.0, 1.0, 2.0, 5.0, 10.0)
    assert known_run.warnings[-1] == "mind the gap"
    assert set(known_run.before.warnings) < set(known_run.warnings)


def test_arguments_reach_the_solver(squeeze, configured, monkeypatch):
    asked, solve = {}, surprises.solve

    def spy(chronicle, **options):
        asked.update(options)
        return solve(chronicle, **options)

    monkeypatch.setattr(surprises, "solve", spy)
    reports = []
    dg.run(squeeze, only="fear", certify=True, progress=lambda *stage: reports.append(stage))
    assert (asked["only"], asked["channels"], asked["certify"]) == (("fear",), False, True)
    assert reports


@pytest.mark.parametrize(
    ("only", "words"),
    [
        (["faer"], ("`faer` is no channel", "`credit`, `fear`", "did you mean `fear`?")),
        (["fines"], ("no change in the channel `fines`", "the chronicle uses `credit`, `fear`")),
        ([], ("names no channel",)),
    ],
)
def test_channels_that_the_chronicle_does_not_use_are_refused(squeeze, only, words):
    with pytest.raises(dg.InputError) as caught:
        dg.run(squeeze, only=only)
    for word in words:
        assert word in str(caught.value)


def test_only_some_channels(squeeze, configured):
    run = dg.run(squeeze, only=["fear"])
    assert run.only == ("fear",)
    assert run.changes == []
    assert "squeeze on known, only fear:" in repr(run)


def test_the_certificate_names_the_worst_residual_and_its_date(known_run):
    certificate = known_run.certificate
    labor = WorstResidual(worst=-3e-7, time=float(known_run.path["time"][3]), date="2021-04-02")
    assert certificate.residuals["labor"] == labor
    assert certificate.worst == 3e-7
    assert certificate.residuals["mass"].worst == 1e-15
    assert certificate.rounds == 9
    assert certificate.horizon == 10.0
    assert [row.date for row in certificate.surprises] == ["2021-01-01", "2021-06-01"]
    assert certificate.refinement.half_step["output"] == 1e-4
    assert "half step, output" in repr(known_run)


def test_the_certificate_of_a_solved_run_holds(whole):
    certificate = whole.certificate
    assert certificate.certified
    tolerances = whole.before.economy.numerics.tolerances
    assert all(abs(certificate.residuals[name].worst) <= tolerances.paths for name in MARKETS)
    assert set(certificate.refinement.half_step) == set(certificate.refinement.twice_horizon)
    assert 0.0 < certificate.refinement.half_step["output"] < 1e-4


def test_the_certificate_is_plain_in_json_and_comes_back(whole, made):
    assert made.certificate.refinement is None
    for certificate in (whole.certificate, made.certificate):
        text = json.dumps(certificate.to_json(), allow_nan=False)
        assert PathCertificate.of(json.loads(text)) == certificate
    assert set(whole.certificate.residuals) == {
        name.removeprefix("residual_") for name in measures.PATH_RESIDUAL
    }
    assert {field.name for field in fields(SurpriseSolved)} == {"date", *measures.SURPRISE}


def test_statuses_over_time_become_a_data_frame(made):
    assert made.statuses["mass"].dims == ("time", "status")
    np.testing.assert_array_equal(made.statuses["credit"], made.path["credit_by_status"])
    frame = made.statuses.to_dataframe()
    assert frame.index.names == ["time", "status"]
    assert {"mass", "output", "investment"} <= set(frame.columns)


def test_json_is_one_object_of_plain_numbers(whole):
    data = json.loads(json.dumps(whole.to_json(), allow_nan=False))
    steps = whole.path.sizes["time"]
    assert len(data["time"]) == len(data["date"]) == steps
    asked = "output wage interest transfer capital consumption credit tfp control silence flight fines"
    for name in (*asked.split(), "entrepreneurs"):
        assert len(data["path"][name]) == steps
        assert data["base"][name] == pytest.approx(float(whole.base[name]))
    assert set(data["by_status"]["mass"]) == {"loyal", "free", "critic"}
    assert set(data["channels"]) == {"output", "wage", "interest", "tfp", "control", "silence", "flight"}
    assert set(data["channels"]["output"]) == {"credit", "fear"}
    parts = np.array(list(data["channels"]["output"].values()))
    lost = np.array(data["path"]["output"]) - data["base"]["output"]
    np.testing.assert_allclose(parts.sum(axis=0), lost, atol=1e-12)
    assert len(data["surprises"]) == 2
    assert data["provenance"]["chronicle"] == "squeeze"


def test_json_at_some_years(whole):
    end = whole.horizon
    data = whole.to_json(at=[0, 2.5, end])
    assert data["time"] == [0.0, 2.5, end]
    assert data["path"]["output"] == whole.at([0, 2.5, end])["output"].values.tolist()
    assert data["by_status"]["credit"]["free"][2] == float(
        whole.path["credit_by_status"].sel(status="free")[-1]
    )
    assert len(data["channels"]["silence"]["fear"]) == 3
    with pytest.raises(dg.InputError, match="beyond the horizon"):
        whole.to_json(at=[100])


def test_without_channels_there_is_no_split(made):
    assert made.to_json()["channels"] is None
    with pytest.raises(dg.InputError, match="channels=True"):
        made.channels("output")


def test_text_tells_answer_events_and_discrepancies(made):
    text = repr(made)
    for part in (
        "\nOutput ",
        "\nControl ",
        "\nWho moved ",
        "2021-06 ",
        "the bank",
        "credit was cut by half",
        "Who gains",
    ):
        assert part in text
    told, _ = text.split("Certificate of the path")
    assert "2021-06-01" not in told  # the date is known to the month only
    assert "<table>" in made._repr_html_()


def test_the_headline_is_of_the_years_after_the_events(known_run, made):
    later = known_run.path.assign_coords(time=5 * known_run.path["time"])
    run = replace(known_run, path=later)
    assert float(later["time"][text_run.peak(run)]) <= 10.0
    assert float(known_run.path["time"][text_run.peak(known_run)]) == 10.0
    assert 0.0 <= float(made.path["time"][text_run.peak(made)]) <= 10.0


def test_the_headline_says_where_an_effect_is_still_growing(known_run):
    made = known_run
    path = made.path.assign_coords(time=5 * made.path["time"])  # goes on after the years of the headline
    years, base = path["time"], float(made.base["output"])
    for shape, words in ((years, "later more"), (years * np.exp(-years), "at its farthest")):
        output = (base * (1.0 - 0.1 * shape / float(years.max()))).assign_attrs(path["output"].attrs)
        headline = text_run.headline(replace(made, path=path.assign(output=output)))
        assert words in headline[0][1]


def test_the_labels_of_the_headline_judge_nothing(made):
    base = float(made.base["output"])
    for factor in (0.98, 1.02, 1.0):
        output = (base * factor + 0.0 * made.path["output"]).assign_attrs(made.path["output"].attrs)
        headline = text_run.headline(replace(made, path=made.path.assign(output=output)))
        assert [label for label, _ in headline if label] == ["Output", "Control", "Who moved"]


def test_changes_in_few_characters():
    change = text_run.change
    assert change(2.0, 1.9, "goods per year") == "−5.00 %"
    assert change(0.5, 0.53, "share of output") == "+3.00 pp"
    assert change(0.02, 0.019, "per year") == "−0.10 pp"
    assert change(0.01, 0.02, "share of owners per year") == "+100.00 %"
    assert change(0.0, 0.1, "goods") == "–"
    assert change(1.0, 1.0 - 1e-9, "goods") == "0.00 %"


def rounded(entry):
    """Numbers to 12 digits: sums depend on where arrays lie in memory, by a last digit."""
    if isinstance(entry, dict):
        return {name: rounded(value) for name, value in entry.items()}
    if isinstance(entry, list):
        return [rounded(value) for value in entry]
    return float(f"{entry:.12g}") if isinstance(entry, float) else entry


def test_kept_and_opened_again(made, tmp_path):
    root = tmp_path / "runs"
    folder = made.save(root, report=False)
    assert folder.parent == root
    assert folder.name.endswith("-squeeze")
    kept = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert kept == {
        "results.nc", "summary.json", "inputs/chronicle.yaml", "inputs/economy.yaml",
        "inputs/as-given/chronicle.yaml", "inputs/as-given/economy.yaml",
    }  # fmt: skip
    again = dg.Run.open(folder)
    assert rounded(again.to_json()) == rounded(made.to_json())
    assert repr(again) == repr(made)
    assert (again.split, again.only) == (None, None)
    assert again.given == made.given
    assert again.chronicle.events == made.chronicle.events
    assert dg.Run.open("latest", root).folder == folder
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["before"]["aggregates"]["output"] == made.before.aggregates["output"]


def test_everything_is_kept(whole, tmp_path):
    again = dg.Run.open(whole.save(tmp_path / "runs", report=False))
    for name in ("path", "base", "surprises", "welfare", "split"):
        assert getattr(again, name).identical(getattr(whole, name)), name
    assert again.certificate == whole.certificate
    assert repr(again) == repr(whole)


def test_only_is_kept(squeeze, configured, tmp_path):
    run = dg.run(squeeze, only=["credit"], channels=True)
    again = dg.Run.open(run.save(tmp_path / "runs", report=False))
    assert again.only == ("credit",)
    assert again.channels("output")["channel"].values.tolist() == ["credit"]


def test_the_summary_is_short_and_the_numbers_are_compressed(whole, tmp_path):
    folder = whole.save(tmp_path / "runs", report=False)
    assert json.loads((folder / "summary.json").read_text())["time"] == list(whole.default_times)
    with netCDF4.Dataset(folder / "results.nc") as file:
        for group, name in (("path", "mass_by_status"), ("split", "output"), ("before/states", "value")):
            variable = file[group][name]
            assert variable.filters()["zlib"] == (variable.size > 1000)


def test_a_run_of_an_earlier_layout_says_which_version_and_what_to_do(made, tmp_path):
    folder = made.save(tmp_path / "runs", report=False)
    old = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"only": "null"}), "path": made.path})
    old.to_netcdf(folder / "results.nc")
    with pytest.raises(dg.InputError, match="an earlier version of Dirigiste in layout 1") as error:
        dg.Run.open(folder)
    assert "`dirigiste run inputs/chronicle.yaml`" in str(error.value)


def test_a_file_that_is_no_run_says_so(made, tmp_path):
    folder = made.save(tmp_path / "runs", report=False)
    made.before.save(folder / "results.nc")
    with pytest.raises(dg.InputError, match="holds no run"):
        dg.Run.open(folder)


@pytest.mark.parametrize("name", ["only", "certificate", "welfare", "before"])
def test_a_run_that_lacks_something_says_what(made, tmp_path, name):
    folder = made.save(tmp_path / "runs", report=False)
    tree = storage.read(folder / "results.nc", "run")
    tree.attrs = {key: value for key, value in tree.attrs.items() if key != name}
    children = {key: node for key, node in tree.children.items() if key != name}
    storage.write(xr.DataTree(tree.to_dataset(), children=children), folder / "results.nc")
    with pytest.raises(dg.InputError, match=f"holds no whole run .*{name}.*inputs/chronicle.yaml again"):
        dg.Run.open(folder)


def test_a_second_run_on_the_same_day_gets_its_own_folder(made, tmp_path, monkeypatch):
    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 3, 1, 23, 59, 59, tzinfo=tz)

    monkeypatch.setattr(folders, "dt", SimpleNamespace(datetime=Clock, UTC=dt.UTC))
    names = [made.save(tmp_path / "runs", report=False).name for _ in range(3)]
    assert names == [f"2026-03-01-squeeze{n}" for n in ("", "-2", "-3")]
    assert [item.name for item in folders.runs(tmp_path / "runs")] == names


def fail_midway(root):
    with folders.writing(root, "x") as (draft, _):
        (draft / "file").write_text("half")
        raise RuntimeError("midway")


def test_nothing_is_left_of_a_run_that_fails(tmp_path):
    with pytest.raises(RuntimeError, match="midway"):
        fail_midway(tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_report_is_part_of_the_folder(made, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "write", lambda run, path: path.write_text(run.chronicle.name), raising=False)
    folder = made.save(tmp_path / "runs")
    assert (folder / "report.html").read_text() == "squeeze"


def test_a_report_that_fails_loses_no_numbers(made, tmp_path, monkeypatch):
    def fail(run, path):
        path.write_text("half")
        raise RuntimeError("drawing")

    monkeypatch.setattr(report, "write", fail, raising=False)
    with pytest.raises(RuntimeError, match="drawing"):
        made.save(tmp_path / "runs")
    (folder,) = folders.runs(tmp_path / "runs")
    assert sorted(path.name for path in folder.iterdir()) == ["inputs", "results.nc", "summary.json"]


def test_unknown_runs_are_named(tmp_path):
    with pytest.raises(dg.InputError, match="no such run"):
        dg.Run.open("nothing", tmp_path)
    with pytest.raises(dg.InputError, match="no such run"):
        dg.Run.open("latest", tmp_path)


@pytest.mark.parametrize("name", chronicles.shipped())
def test_chronicles_are_written_as_they_were_read(name):
    chronicle = chronicles.load(name)
    assert chronicles.loads(chronicle.to_yaml()) == chronicle
    assert runs.texts(name, chronicle.economy).keys() == {"chronicle.yaml", "economy.yaml"}
