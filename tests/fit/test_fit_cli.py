"""`dirigiste calibrate` as a user calls it."""

import json

import pytest
from click.testing import CliRunner
from recovery import ECONOMY, PARAMETERS, file_of

from dirigiste.cli import main


@pytest.fixture
def files(tmp_path, monkeypatch, truth):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "known.yaml").write_text(ECONOMY.to_yaml())
    head = PARAMETERS.split("  - {path: edges")[0] + "moments:\n"
    (tmp_path / "fit.yaml").write_text(file_of({"control": truth["control"]}, head))
    return tmp_path


def call(*args):
    return CliRunner().invoke(main, ["calibrate", *args])


def test_calibrate_prints_tables_and_writes_a_folder(files):
    result = call("known.yaml", "--moments", "fit.yaml")
    assert result.exit_code == 0, result.output
    for text in ("1 parameters of known on 1 moments", "Estimates", "Fit", "Identification", "Results"):
        assert text in result.stdout
    folder = files / "calibrations" / "recovery"
    assert (folder / "economy.yaml").is_file()
    again = call("known.yaml", "--moments", "fit.yaml", "--json")
    kept = json.loads((folder / "calibration.json").read_text())
    assert json.loads(again.stdout)["estimates"] == kept["estimates"]


def test_faults_and_places_that_cannot_be_written(files):
    bad = call("known.yaml", "--moments", "nothing.yaml")
    assert bad.exit_code == 2
    assert "nothing.yaml: no such file" in bad.stderr
    (files / "taken").write_text("x")
    result = call("known.yaml", "--moments", "fit.yaml", "--out", "taken/inner")
    assert result.exit_code == 2
    assert "Estimates" in result.stdout
