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


def test_a_stronger_squeeze_is_solved_too(tmp_path):
    """Claim: on the grid of examples/campaigns.yaml, where owners far off who are solved alone lead a
    stage to and fro, so that it begins again without that.
    """
    text = (EXAMPLES / "squeeze.yaml").read_text().replace("multiply: 4, half", "multiply: 4.820467, half")
    economy = (EXAMPLES / "political.yaml").read_text().replace("points: 200,", "points: 100,")
    first, _ = text.split("  - date: 2023-01-01")
    (tmp_path / "squeeze.yaml").write_text(first)
    (tmp_path / "political.yaml").write_text(economy)
    assert first.count("4.820467") == 4
    assert "points: 100," in (tmp_path / "political.yaml").read_text()
    run = dg.run(tmp_path / "squeeze.yaml")
    assert run.certificate.certified
