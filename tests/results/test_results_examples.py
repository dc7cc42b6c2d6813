"""The example of the README, as it is."""

from pathlib import Path

import dirigiste as dg

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_squeeze_is_solved_within_its_tolerances():
    """Claim: at its own size, where owners turn from spending to saving at levels of wealth that move from
    step to step.
    """
    run = dg.run(EXAMPLES / "squeeze.yaml")
    assert run.certificate.certified
    limit = run.before.economy.numerics.tolerances.paths
    for name in ("labor", "capital", "budget", "hjb"):
        assert abs(run.certificate.residuals[name].worst) <= limit, name
