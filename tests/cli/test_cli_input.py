"""Bad input: exit code 2, a message that says what is wrong, no traceback."""

import pytest


def refused(result, *words):
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_unknown_command(call):
    refused(call("sovle"), "Did you mean `solve`?")


def test_unknown_economy(call):
    refused(call("solve", "china-2018"), "no such file", "did you mean `china-2019`?")


def test_every_fault_is_told(call, village):
    village.write_text(village.read_text().replace("eta: 0.8", "eta: 1.8").replace("sigma:", "sgima:"))
    result = call("check", village)
    refused(result, "sgima", "eta", "village.yaml:4:")


def test_check(call, village, squeeze):
    result = call("check", village, squeeze)
    assert result.exit_code == 0
    assert "good economy" in result.stdout
    assert "good chronicle" in result.stdout
    village.write_text("name: x\n")
    result = call("check", "china-2019", village)
    assert result.exit_code == 2
    assert "china-2019: good economy" in result.stdout
    assert "preferences" in result.stderr


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("technology.alhpa=0.3", ("technology.alhpa", "did you mean `alpha`?")),
        ("statuses.fre.collateral=2", ("statuses.fre.collateral", "did you mean")),
        ("technology.alpha=high", ("technology.alpha",)),
        ("technology.alpha", ("must look like path=value",)),
        ("technology.alpha=[1", ("not YAML",)),
    ],
)
def test_set(call, village, option, words):
    refused(call("solve", village, "--set", option), *words)


def test_unknown_parameter_to_explain(call):
    refused(call("explain", "technology.alhpa"), "did you mean `technology.alpha`?")


def test_explain_numbers_of_results(call):
    result = call("explain", "silence")
    assert result.exit_code == 0
    assert "m_v/(m_v + m_c)" in result.stdout


def test_unknown_runs_and_chronicles(call):
    refused(call("show", "nothing"), "no such run")
    refused(call("run", "nothing"), "no such file, and no shipped chronicle")
    refused(call("compare", "nothing", "china-2019"), "no such file")
    result = call("runs", "list")
    assert result.exit_code == 0
    assert "no runs" in result.stdout
