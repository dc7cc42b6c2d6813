"""Estimation of the smallest economy, beside a public package: python benchmarks/estimation.py

Four parameters of examples/one-status.yaml on six moments that the true parameters meet exactly, from the same
start, on the same solver. Ours is `dirigiste.calibrate` with exact derivatives; the peer is `estimate_msm` of
estimagic/optimagic (pip install optimagic, in an environment of its own) with two of its algorithms, whose
derivatives are numerical. Both search, and compute standard errors at the end. Counted are solutions of the model.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import dirigiste as dg
from dirigiste import economy as economies
from dirigiste.fit.estimation.evaluation import Evaluator
from dirigiste.fit.estimation.kept import Kept
from dirigiste.fit.moments import loader
from dirigiste.results.equilibria.sensitivity import values
from dirigiste.results.quantities.expression import parse

if TYPE_CHECKING:
    from dirigiste.economy import Economy
    from dirigiste.fit.moments.plan import Plan

ECONOMY = Path(__file__).resolve().parents[1] / "examples" / "one-status.yaml"

PARAMETERS = """
name: one-status
parameters:
  - {path: statuses.everyone.collateral, name: collateral, bounds: [1.05, 3.0], start: 1.6}
  - {path: ability.rate, name: rate, bounds: [0.02, 0.5], start: 0.15}
  - {path: preferences.rho, name: rho, bounds: [0.05, 0.2], start: 0.09}
  - {path: technology.delta, name: delta, bounds: [0.02, 0.12], start: 0.05}
moments:
"""

MOMENTS = ("credit_output", "capital_output", "interest", "entrepreneurs", "log(output)", "tfp")

RELATIVE = 0.01
"""Standard errors of moments, over their size."""

ALGORITHMS = ("scipy_ls_trf", "pounders")


def problem(economy: Economy) -> Plan:
    outcomes = values(dg.solve(economy))
    lines = []
    for number, of in enumerate(MOMENTS):
        target = float(parse(of).value(outcomes))
        se = RELATIVE * abs(target)
        lines.append(f'  - {{name: m{number}, of: "{of}", source: x, target: {target!r}, se: {se!r}}}')
    return loader.loads(PARAMETERS + "\n".join(lines) + "\n", economy)


def show(what: str, solutions: int, begun: tuple[float, float], estimates: dict[str, float]) -> None:
    wall, processor = time.perf_counter() - begun[0], time.process_time() - begun[1]
    numbers = ", ".join(f"{name} {value:.6f}" for name, value in estimates.items())
    print(
        f"{what}: {solutions} solutions, {wall:.1f} s, {processor:.1f} s of processor time: {numbers}",
        flush=True,
    )


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def ours(plan: Plan) -> None:
    begun = now()
    result = dg.calibrate(plan.economy, plan)
    estimates = dict(zip([p.name for p in plan.parameters], result.x.tolist(), strict=True))
    show("dirigiste.calibrate", result.searches[result.best].evaluations, begun, estimates)


def peer(plan: Plan, algorithm: str) -> None:
    import estimagic as em
    import optimagic as om

    evaluator = Evaluator(plan, Kept(None, ""))
    names = [parameter.name for parameter in plan.parameters]
    moments = [moment.name for moment in plan.moments]

    def simulate(params: pd.DataFrame | pd.Series) -> pd.Series:
        series = params["value"] if isinstance(params, pd.DataFrame) else params
        simulated = evaluator.moments(np.array([series[name] for name in names]))
        if simulated is None:
            raise ValueError("the model has no solution here")
        return pd.Series(simulated, index=moments)

    variances = np.diag([moment.se**2 for moment in plan.moments])
    scales = [parameter.scale for parameter in plan.parameters]
    begun = now()
    result = em.estimate_msm(
        simulate,
        pd.Series([moment.target for moment in plan.moments], index=moments),
        pd.DataFrame(variances, index=moments, columns=moments),
        pd.Series([parameter.start for parameter in plan.parameters], index=names),
        optimize_options={"algorithm": algorithm, "scaling": om.ScalingOptions(method="bounds")},
        bounds=om.Bounds(
            lower=pd.Series([scale.low for scale in scales], index=names),
            upper=pd.Series([scale.high for scale in scales], index=names),
        ),
    )
    result.se()
    show(f"estimagic, {algorithm}", len(evaluator.kept.moments), begun, dict(result.params))


def main() -> None:
    plan = problem(economies.load(ECONOMY))
    print(f"{len(plan.parameters)} parameters, {len(plan.moments)} moments, one solution from the same start:")
    ours(plan)
    if find_spec("estimagic") is None:
        print("without its peer: pip install optimagic")
        return
    for algorithm in ALGORITHMS:
        peer(plan, algorithm)


if __name__ == "__main__":
    main()
