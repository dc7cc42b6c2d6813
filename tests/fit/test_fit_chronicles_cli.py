"""`dirigiste fit` and `fear` as a user runs them, and `run --draws` with what `fit` writes."""

import json

import pytest
from click.testing import CliRunner
from observed_village import COLLATERAL, FEAR, observed_with

from chronicles import VILLAGE
from dirigiste.cli import main
from dirigiste.documents.writing import to_yaml


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """A chronicle with observed series as a file."""
    folder = tmp_path_factory.mktemp("village")
    (folder / "economy.yaml").write_text(VILLAGE, encoding="utf-8")
    made = observed_with({COLLATERAL: 0.85, FEAR: 1.8})
    source = {"title": "Made up", "publisher": "a test", "date": "2020", "quality": "remembered"}
    data = made.model_dump(mode="json", by_alias=True, exclude_unset=True)
    data |= {"economy": "economy.yaml", "sources": {"recollection": source}}
    (folder / "chronicle.yaml").write_text(to_yaml(data), encoding="utf-8")
    (folder / "numbers.yaml").write_text(
        f"name: village\nnumbers:\n  {COLLATERAL}: {{sd: 0.2, transform: log}}\n", encoding="utf-8"
    )
    return folder


def test_fit_writes_what_run_draws_from(village):
    chronicle, out = str(village / "chronicle.yaml"), village / "fit"
    done = call(
        "fit",
        chronicle,
        "--numbers",
        str(village / "numbers.yaml"),
        "--out",
        str(out),
        "--rounds",
        "2",
        "--json",
    )
    assert done.exit_code == 0, done.stderr
    number = json.loads(done.stdout)["numbers"][0]
    assert number["number"] == COLLATERAL
    assert abs(number["estimate"] - 0.85) < 0.03
    assert "criterion" in done.stderr
    again = call("check", str(out / "chronicle.yaml"))
    assert again.exit_code == 0, again.stderr
    drawn = call(
        "run", chronicle, "--draws", "50", "--numbers", str(out / "numbers.yaml"), "--full", "0",
        "--out", str(village / "runs"),
    )  # fmt: skip
    assert drawn.exit_code == 0, drawn.stderr
    assert "Intervals  90 % of 50 draws of 1 uncertain number (village_estimated)" in drawn.stdout


def test_fear_prints_a_path_with_its_band(village):
    done = call(
        "fear", str(village / "chronicle.yaml"), "--edge", "inspection", "--every", "year", "--rounds", "1",
        "--se", "product=0.001", "--se", "joined=0", "--out", str(village / "fear"),
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "90 % band" in done.stdout
    assert "joined" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "CHRONICLE", "--numbers", "none.yaml"), "no such file"),
        (("fear", "CHRONICLE", "--from", "May"), "must be a date"),
        (("fear", "CHRONICLE", "--se", "product"), "SERIES=VALUE"),
        (("fear", "CHRONICLE", "--se", "produkt=1"), "did you mean `product`"),
        (("fear", "CHRONICLE", "--edge", "inspektion"), "did you mean `inspection`"),
    ],
)
def test_bad_input_is_told(village, arguments, message):
    given = [str(village / "chronicle.yaml") if item == "CHRONICLE" else item for item in arguments]
    done = call(*given, "--out", str(village / "bad"))
    assert done.exit_code == 2
    assert message in done.stderr


def test_sensitivity_of_a_path(village):
    chronicle = str(village / "chronicle.yaml")
    done = call("sensitivity", chronicle, "--of", "output", "--wrt", "scale credit", "--at", "0,2")
    assert done.exit_code == 0, done.stderr
    assert "scale credit" in done.stdout
    assert "2 years" in done.stdout
    assert call("sensitivity", chronicle, "--figure", "a.png").exit_code == 2
    assert call("sensitivity", str(village / "economy.yaml"), "--at", "1").exit_code == 2
