"""A finished calibration: estimates, fit, tests, identification, influence, and the new economy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.documents.words import near
from dirigiste.errors import InputError
from dirigiste.fit.inference import joint
from dirigiste.fit.output import files, tables
from dirigiste.numbers import significant
from dirigiste.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from dirigiste.economy import Economy
    from dirigiste.fit.estimation.search import Found
    from dirigiste.fit.inference.errors import Inference
    from dirigiste.fit.inference.identification import Direction
    from dirigiste.fit.inference.posterior import Posterior
    from dirigiste.fit.moments.plan import Plan
    from dirigiste.results.text.tables import Table

    Array = NDArray[np.float64]

DIGITS = 6
"""Significant digits of estimates in the new economy."""


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Estimates of parameters of an economy. Made by `dirigiste.calibrate`."""

    plan: Plan
    x: Array
    """Estimates (K,), in the order of `plan.parameters`."""
    values: Array
    """Moments of the model there (M,), in the order of `plan.moments`, those that do not count last."""
    jacobian: Array
    """Their derivatives in parameters (M, K)."""
    inference: Inference
    directions: tuple[Direction, ...]
    """Singular directions, the weakest first."""
    searches: tuple[Found, ...]
    best: int
    """Position of the search that the estimates come from."""
    seconds: float
    """Time that it took in this process."""
    seed: int
    assumed_jacobian: Array
    """Derivatives of moments in the numbers that the plan assumes (M, A)."""
    posterior: Posterior | None = None
    """Draws from the posterior, if they were asked for."""

    @property
    def converged(self) -> bool:
        """Whether the search ended by itself."""
        return self.searches[self.best].converged

    @property
    def unidentified(self) -> tuple[Direction, ...]:
        """Directions that moments identify weakly or not at all."""
        return tuple(direction for direction in self.directions if direction.weak or not direction.identified)

    @property
    def misses(self) -> Array:
        """Model less target, in standard errors of the target (M,)."""
        return np.array(
            [(value - m.target) / m.se for value, m in zip(self.values, self.plan.moments, strict=True)]
        )

    @property
    def economy(self) -> Economy:
        """The economy with the estimates, to six digits, each with its source."""
        return self.plan.economy.with_(self.sourced)

    @property
    def sourced(self) -> dict[str, dict[str, Any]]:
        """Estimates with their source, by dotted path."""
        result = {}
        for n, parameter in enumerate(self.plan.parameters):
            for path in parameter.paths:
                tie = "" if path == parameter.paths[0] else f"; the same as {parameter.paths[0]}"
                result[path] = {
                    "value": float(f"{self.x[n]:.{DIGITS}g}"),
                    "source": f"estimated: calibration {self.plan.name}",
                    "note": self._about(n) + tie,
                }
        return result

    def _about(self, n: int) -> str:
        inference = self.inference
        if inference.at_bound[n]:
            return "at its bound, so without standard error"
        if not math.isfinite(inference.se[n]):
            return "not identified by the moments"
        ends = " to ".join(significant(float(end[n]), 3) for end in (inference.low, inference.high))
        return f"standard error {significant(float(inference.se[n]), 2)}, 95 % interval {ends}"

    def estimates(self) -> pd.DataFrame:
        """One row a parameter: estimate, standard error, interval, start, bounds, prior, unit."""
        import pandas as pd

        inference, rows = self.inference, []
        for n, p in enumerate(self.plan.parameters):
            rows.append(
                {
                    "parameter": p.name,
                    "paths": ", ".join(p.paths),
                    "estimate": float(self.x[n]),
                    "se": math.nan if inference.at_bound[n] else float(inference.se[n]),
                    "low": float(inference.low[n]),
                    "high": float(inference.high[n]),
                    "at_bound": inference.at_bound[n],
                    "start": p.start,
                    "lower_bound": p.scale.low,
                    "upper_bound": p.scale.high,
                    "transform": p.scale.transform,
                    "prior_mean": p.prior.mean if p.prior else math.nan,
                    "prior_sd": p.prior.sd if p.prior else math.nan,
                    "unit": p.unit,
                }
            )
        return pd.DataFrame(rows)

    def fit(self) -> pd.DataFrame:
        """One row a moment: target, standard error, model, t, where it comes from."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "moment": m.name,
                    "of": m.of.text,
                    "target": m.target,
                    "se": m.se,
                    "se_assumed": m.se_assumed,
                    "model": float(value),
                    "t": float(t),
                    "targeted": m.targeted,
                    "unit": m.unit,
                    "quality": m.quality,
                    "source": m.source,
                    "note": m.note,
                }
                for m, value, t in zip(self.plan.moments, self.values, self.misses, strict=True)
            ]
        )

    def influence(self, *, scaled: bool = True) -> pd.DataFrame:
        """Λ of Andrews, Gentzkow and Shapiro (2017): parameters as rows, moments that count as columns.

        Args:
            scaled: In standard errors of the estimate for one standard error of the moment; else in units of
                both.
        """
        import pandas as pd

        targets = self.plan.targeted
        se = np.array([target.se for target in targets])
        values = self.inference.scaled_influence(se) if scaled else self.inference.influence
        names = pd.Index([p.name for p in self.plan.parameters], name="parameter")
        return pd.DataFrame(values, index=names, columns=[target.name for target in targets])

    def correlation(self) -> pd.DataFrame:
        """Between estimates on their scales, parameters as rows and columns; nan where one has no standard
        error.
        """
        import pandas as pd

        names = pd.Index([p.name for p in self.plan.parameters], name="parameter")
        return pd.DataFrame(joint.correlation(self.inference), index=names, columns=list(names))

    def confidence_set(self, first: str, second: str, *, level: float = 0.95) -> pd.DataFrame:
        """The edge of the joint confidence set of two parameters: an ellipse on their scales, in their units
        here, cut at their bounds.

        Args:
            first: Name of a parameter.
            second: Name of another one.
            level: Probability with which the set covers both true values.

        Returns:
            Points in their order, one column for each of both.

        Raises:
            InputError: There is no such parameter, its estimate has no standard error, or the level is not
                between 0 and 1.
        """
        import pandas as pd

        which = [self._position(name) for name in (first, second)]
        if which[0] == which[1]:
            raise InputError.of("is named twice: a set of two parameters needs two", key=first)
        points = joint.edge(self.plan, self.x, self.inference, which[0], which[1], level)
        return pd.DataFrame(points, columns=[first, second])

    def wald(self, values: Mapping[str, float]) -> tuple[float, float]:
        """Whether values of some parameters can be the true ones, together.

        Args:
            values: By name of the parameter.

        Returns:
            The statistic of Wald, and the probability of a larger one if these are the true values: they lie
            in the joint confidence set of 95 % where that is at least 0.05.

        Raises:
            InputError: There is no such parameter, or its estimate has no standard error.
        """
        named = {self._position(name): float(value) for name, value in values.items()}
        return joint.wald(self.plan, self.x, self.inference, named)

    def _position(self, name: str) -> int:
        names = [parameter.name for parameter in self.plan.parameters]
        if name not in names:
            better = near(name, names)
            hint = f"; did you mean `{better}`?" if better else f": {', '.join(names)}"
            raise InputError.of(f"is no parameter of this calibration{hint}", key=name)
        return names.index(name)

    def assumptions(self) -> pd.DataFrame:
        """Numbers that are not estimated: value, range, and by how many standard errors each estimate moves
        from one end of the range to the other, to first order.
        """
        import pandas as pd

        moved = self.inference.moves(self.assumed_jacobian[: len(self.plan.targeted)])
        se = np.where(np.isfinite(self.inference.se) & (self.inference.se > 0.0), self.inference.se, np.nan)
        rows = []
        for n, item in enumerate(self.plan.assumed):
            effects = moved[:, n] * (item.high - item.low) / se
            named = {p.name: float(effect) for p, effect in zip(self.plan.parameters, effects, strict=True)}
            rows.append(
                {"assumed": item.name, "value": item.value, "low": item.low, "high": item.high, **named}
            )
        return pd.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """One object of plain numbers and texts, None where a number has no meaning."""
        from dirigiste.results.equilibria.equilibrium import plain

        inference = self.inference
        return plain(
            {
                "format": 1,
                "name": self.plan.name,
                "title": self.plan.title,
                "economy": {"name": self.plan.economy.name, "hash": self.plan.economy.hash},
                "problem": self.plan.hash,
                "dirigiste": __version__,
                "estimates": self.estimates().to_dict(orient="records"),
                "moments": self.fit().to_dict(orient="records"),
                "covariance": inference.covariance.tolist(),
                "correlation": joint.correlation(inference).tolist(),
                "j_test": {"j": inference.j, "degrees": inference.degrees, "p": inference.p},
                "influence": self.influence(scaled=False).to_numpy().tolist(),
                "jacobian": self.jacobian.tolist(),
                "assumptions": self.assumptions().to_dict(orient="records"),
                "identification": [
                    {
                        "singular_value": direction.singular,
                        "moves": direction.moves,
                        "effect": direction.effect,
                        "weak": direction.weak,
                        "identified": direction.identified,
                        "text": direction.text,
                    }
                    for direction in self.directions
                ],
                "posterior": self._posterior(),
                "searches": [
                    {
                        "start": list(one.start),
                        "estimate": list(one.x),
                        "distance": one.distance,
                        "evaluations": one.evaluations,
                        "failed": one.failed,
                        "converged": one.converged,
                        "why": one.why,
                        "best": n == self.best,
                    }
                    for n, one in enumerate(self.searches)
                ],
                "seed": self.seed,
                "simulation_error": 0.0,
            }
        )

    def _posterior(self) -> dict[str, Any] | None:
        draws = self.posterior
        if draws is None:
            return None
        return {
            "draws": len(draws.x),
            "effective": draws.effective,
            "outside": draws.outside,
            "failed": draws.failed,
            "mean": draws.mean().tolist(),
            "sd": draws.sd().tolist(),
            "p5": draws.quantiles(0.05).tolist(),
            "p50": draws.quantiles(0.5).tolist(),
            "p95": draws.quantiles(0.95).tolist(),
        }

    def tables(self) -> list[Table]:
        """Tables for the terminal."""
        return tables.every(self)

    def save(self, folder: str | Path) -> Path:
        """Write everything into a folder: the new economy, JSON, CSV tables, figures.

        Raises:
            InputError: The folder cannot be written.
        """
        return files.save(self, Path(folder))

    def __repr__(self) -> str:
        from dirigiste.results.text.tables import as_text

        return "\n\n".join([tables.heading(self), *(as_text(table) for table in self.tables())])
