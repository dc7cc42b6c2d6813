"""Messages about what has no solution name the cause, and what the user can change about it."""

import pytest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("closure.capital={open: {interest: 0.06}}", ("at or above 0.06", "closure.capital.open.interest")),
        ("closure.capital={open: {interest: 0.0599}}", ("0.0599, is next to 0.06", "closure.capital.open")),
        ("closure.spending=3", ("the transfer is -", "lower closure.spending", "lower entry.wealth")),
    ],
)
def test_advice(call, village, change, words):
    result = call("solve", village, "--quiet", "--set", change)
    assert result.exit_code == 3
    for word in words:
        assert word in result.stderr
    assert "labor_efficiency above 0" not in result.stderr
