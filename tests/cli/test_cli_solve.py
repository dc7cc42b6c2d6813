"""Commands that solve: output, exit codes, files."""

import json

import jsonschema
import pytest

import dirigiste as dg
from dirigiste.errors import IdentityViolated, NotConverged
from dirigiste.results.archive.json_schema import json_schema
from dirigiste.results.equilibria import known, stationary

pytestmark = pytest.mark.usefixtures("configured")


def test_json_is_one_object_and_nothing_else(call, village, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dirigiste", "solve", str(village)])
    result = call("solve", village, "--json", "--set", "statuses.free.collateral=1.3")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    jsonschema.validate(data, json_schema())
    assert data["provenance"]["command"].startswith("dirigiste ")


def test_tables_and_file(call, village, tmp_path):
    result = call("solve", village, "--identity", "--out", tmp_path / "x.nc")
    assert result.exit_code == 0
    for part in ("wage", "Statuses", "Goods identity", "residual"):
        assert part in result.stdout
    assert "\x1b" not in result.stdout
    assert dg.Equilibrium.open(tmp_path / "x.nc").aggregates["output"] > 0
    result = call("compare", tmp_path / "x.nc", "--set-b", "statuses.free.collateral=1.3", "--json")
    data = json.loads(result.stdout)
    assert data["inputs"] == {"statuses.free.collateral": {"old": 1.4, "new": 1.3}}
    assert data["aggregates"]["output"]["absolute"] < 0


def test_run_show_list_compare(call, squeeze, configured, tmp_path):
    result = call("run", squeeze, "--no-report")
    assert result.exit_code == 0
    assert "Output  " in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Data   runs/")
    listed = json.loads(call("runs", "list", "--json").stdout)["runs"]
    assert [row["chronicle"] for row in listed] == ["squeeze"]
    shown = call("show", "latest")
    assert shown.exit_code == 0
    assert shown.stdout == result.stdout
    compared = json.loads(call("compare", "latest:before", listed[0]["run"], "--json").stdout)
    assert set(compared["inputs"]) == {"statuses.free.collateral"}
    data = json.loads(call("run", squeeze, "--no-report", "--json", "--out", tmp_path / "other").stdout)
    assert data["folder"] == str(tmp_path / "other" / listed[0]["run"])
    quiet = call("run", squeeze, "--no-report", "--quiet")
    assert quiet.stdout.strip().endswith("-squeeze-2")


def failing(error):
    def fail(*args, **options):
        raise error

    return fail


def test_not_converged(call, village, monkeypatch):
    error = NotConverged(
        "no equilibrium", history=(1.0, 0.5), residuals={"labor": 0.5}, advice="Try more points."
    )
    monkeypatch.setattr(stationary.solver, "solve", failing(error))
    result = call("solve", village, "--json")
    assert result.exit_code == 3
    assert result.stdout == ""
    for part in ("no equilibrium", "labor 0.5", "Try more points.", "1.0e+00 5.0e-01"):
        assert part in result.stderr


def test_identity_violated(call, village, monkeypatch):
    monkeypatch.setattr(stationary.solver, "solve", failing(IdentityViolated("goods do not clear")))
    result = call("solve", village)
    assert result.exit_code == 4
    assert "goods do not clear" in result.stderr


def test_interrupted(call, village, monkeypatch):
    monkeypatch.setattr(stationary.solver, "solve", failing(KeyboardInterrupt()))
    result = call("solve", village)
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_doctor(call, monkeypatch):
    result = call("doctor", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0, data["solution"]
    assert data["packages"]["numba"]
    assert data["programs"]["ready"]
    monkeypatch.setitem(known.EXPECTED, "wage", 1.0)
    result = call("doctor")
    assert result.exit_code == 4
    assert "NOT as expected" in result.stdout
