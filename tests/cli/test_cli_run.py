"""`dirigiste run` and `show`: options, what is printed, what is refused."""

import io
import json
import re
import sys

import pytest

import dirigiste as dg
from dirigiste.cli import console


def refused(result, *words):
    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_answer_first_then_events_then_the_path(call, squeeze, configured):
    result = call("run", squeeze, "--no-report")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("squeeze on known: 2 surprises · solved in ")
    assert [line.split("  ")[0] for line in lines[1:7]] == [
        "Output", "", "", "Control", "Who moved", "",
    ]  # fmt: skip
    assert re.search(r"a year's output over 7\d years, discounted at 6 % a year", result.stdout)
    for part in ("wages −", "productivity"):
        assert part in result.stdout
    titles = (
        "Chronicle",
        "Path: before, and changes (pp: percentage points); year 0 is 2021-01-01",
        "Owners by status",
        "Credit by status",
        "Who gains from each surprise",
        "Lasting changes",
        "Certificate of the path",
    )
    places = [result.stdout.index(f"\n{title}") for title in titles]
    assert places == sorted(places)
    assert "Effect by channel" not in result.stdout
    assert "\x1b" not in result.stdout
    header = lines[next(n for n, line in enumerate(lines) if line.startswith("Path:")) + 1]
    columns = re.split(r"\s{2,}", header.strip())
    assert columns[:6] == ["before", *(f"year {n}" for n in (0, 1, 2, 5, 10))]
    assert columns[6].startswith("year 7")
    assert columns[7:] == ["long run"]


def test_years_to_show(call, squeeze, configured):
    result = call("run", squeeze, "--no-report", "--at", "0.5, 3")
    assert "year 0.5  year 3" in " ".join(result.stdout.split(" ")).replace("    ", "  ").replace("   ", "  ")
    shown = call("show", "latest", "--at", "4")
    assert "year 4" in shown.stdout
    assert "year 3" not in shown.stdout


def test_channels_are_shown_and_in_json(call, squeeze, configured):
    result = call("run", squeeze, "--no-report", "--channels")
    assert re.search(r"^Effect by channel, 202\d-\d\d-\d\d$", result.stdout, flags=re.MULTILINE)
    assert "Effect on output by channel" in result.stdout
    assert "% credit" in result.stdout.splitlines()[1]
    data = json.loads(call("run", squeeze, "--no-report", "--channels", "--json", "--at", "0,10").stdout)
    assert data["time"] == [0.0, 10.0]
    lost = data["path"]["output"][1] - data["base"]["output"]
    assert sum(parts[1] for parts in data["channels"]["output"].values()) == pytest.approx(lost, rel=1e-10)


def test_channels_stand_alone_or_with_a_word(call, squeeze, configured):
    """Also before the chronicle; quick is exact with two channels. The count of paths is printed first."""
    for words in (("--channels", squeeze), (squeeze, "--channels", "quick"), ("--channels=exact", squeeze)):
        result = call("run", "--no-report", *words)
        assert "Effect by channel" in result.stdout
        assert "Quick split" not in result.stdout
        assert "4 sets of channels, " in result.stderr
    quick = call("run", squeeze, "--no-report", "--channels", "quick", "--json")
    assert "up to 4 sets" in quick.stderr
    assert json.loads(quick.stdout)["channels_from"] == {"sets": 4, "of": 4, "off": None}
    quiet = call("run", squeeze, "--no-report", "--channels", "--only", "credit", "--quiet")
    assert quiet.stderr == ""


def test_only_some_channels_act(call, squeeze, configured):
    result = call("run", squeeze, "--no-report", "--only", "fear, credit")
    assert "squeeze on known, only credit and fear:" in result.stdout
    data = json.loads(call("run", squeeze, "--no-report", "--only", "fear", "--json").stdout)
    assert data["only"] == ["fear"]
    assert data["channels"] is None
    assert len(data["time"]) > 20


def test_certify_adds_to_the_certificate(call, squeeze, configured):
    assert "twice horizon" not in call("run", squeeze, "--no-report").stdout
    assert "twice horizon, output" in call("run", squeeze, "--no-report", "--certify").stdout
    data = json.loads(call("show", "latest", "--json").stdout)
    assert 0.0 < data["certificate"]["refinement"]["half_step"]["output"] < 1e-4


def test_quiet_prints_the_folder_and_json_at_years_can_be_shown(call, squeeze, configured):
    folder = call("run", squeeze, "--no-report", "--quiet").stdout.strip()
    assert dg.Run.open(folder).chronicle.name == "squeeze"
    summary = json.loads(call("show", folder, "--json").stdout)
    assert summary["time"][:-1] == [0.0, 1.0, 2.0, 5.0, 10.0]
    assert summary["time"][-1] > 70.0
    data = json.loads(call("show", folder, "--json", "--at", "0.25").stdout)
    assert data["time"] == [0.25]
    assert data["folder"] == folder


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--only", "faer"), ("--only", "`faer` is no channel", "did you mean `fear`?")),
        (("--only", "fear,listing"), ("no change in the channel `listing`", "uses `credit`, `fear`")),
        (("--only", ","), ("names no channel",)),
        (("--at", "0,soon"), ("--at", "numbers of 0 or more", "`soon`")),
        (("--at", "-1"), ("`-1`",)),
        (("--at", "nan"), ("`nan`",)),
        (("--at", ""), ("holds no number",)),
    ],
)
def test_what_is_refused_before_anything_is_solved(call, squeeze, options, words):
    refused(call("run", squeeze, *options), *words)


def test_years_beyond_the_horizon_are_refused(call, squeeze, configured, tmp_path):
    result = call("run", squeeze, "--no-report", "--at", "0,80.5")
    assert result.exit_code == 2
    assert "80.5 years from the first event lie beyond the horizon of the path, 7" in result.stderr
    assert result.stdout == ""


def test_explain_knows_the_numbers_of_a_path(call):
    for name in ("output", "mass_by_status", "votes_for", "residual_walras", "distance", "parameter_value"):
        result = call("explain", name)
        assert result.exit_code == 0, name
        assert "of a result" in result.stdout


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_progress_bar_is_drawn_on_a_terminal_only(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with console.bar(quiet=True, what="squeeze") as report:
        assert report is None
    with console.bar(quiet=False, what="squeeze") as report:
        report("64 sets of channels, 591 paths to solve", 0, float("nan"))
        report("channels: subset 5 of 64", 2, 1e-3)
    assert "squeeze: channels: subset 5 of 64, round 2, largest residual 1.0e-03" in sys.stderr.getvalue()


def test_stages_say_how_far_they_are():
    assert console.part("surprise 2 of 6") == (1, 6)
    assert console.part("set 5 of 64 · path 41 of 590 · about 2 min left") == (40, 590)
    assert console.part("equilibrium") == (0, None)
