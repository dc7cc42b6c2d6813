"""Dirigiste: a quantitative laboratory of politically directed credit.

    import dirigiste as dg
    china = dg.load("china-2019")
    before = dg.solve(china)
    after = dg.solve(china.with_({"statuses.independent.collateral": 2.2}), start=before)
    dg.compare(before, after)
    dg.run("crackdown-2020").path["output"]
    dg.measure(dg.read_firms("firms.csv", preset="asif"))

Importing the package imports no numerical library; `configure` or the first solution does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from dirigiste.version import __version__

if TYPE_CHECKING:
    from dirigiste.chronicle import Chronicle
    from dirigiste.config import configure
    from dirigiste.economy import Economy
    from dirigiste.errors import DirigisteError, IdentityViolated, InputError, NotConverged
    from dirigiste.fit.calibrate import calibrate
    from dirigiste.fit.chronicles.calls import draws, fit_chronicle
    from dirigiste.fit.chronicles.fear import fear
    from dirigiste.fit.output.calibration import Calibration
    from dirigiste.frontiers.compute import frontier
    from dirigiste.frontiers.result import Frontier
    from dirigiste.loading import load
    from dirigiste.measurement import link_firms, measure, read_firms, real_capital
    from dirigiste.results.equilibria.certificate import Certificate
    from dirigiste.results.equilibria.certify import certify
    from dirigiste.results.equilibria.comparison import Comparison, compare
    from dirigiste.results.equilibria.equilibrium import Equilibrium
    from dirigiste.results.equilibria.sensitivity import sensitivity
    from dirigiste.results.equilibria.solve import solve
    from dirigiste.results.runs.certificate import PathCertificate
    from dirigiste.results.runs.impulse import ar1, impulse
    from dirigiste.results.runs.run import Run, run
    from dirigiste.results.runs.sensitivity import path_sensitivity
    from dirigiste.results.shipped import shipped

_HOMES: Final = {
    "Calibration": "dirigiste.fit.output.calibration",
    "Certificate": "dirigiste.results.equilibria.certificate",
    "Chronicle": "dirigiste.chronicle",
    "Comparison": "dirigiste.results.equilibria.comparison",
    "DirigisteError": "dirigiste.errors",
    "Economy": "dirigiste.economy",
    "Equilibrium": "dirigiste.results.equilibria.equilibrium",
    "Frontier": "dirigiste.frontiers.result",
    "IdentityViolated": "dirigiste.errors",
    "InputError": "dirigiste.errors",
    "NotConverged": "dirigiste.errors",
    "PathCertificate": "dirigiste.results.runs.certificate",
    "Run": "dirigiste.results.runs.run",
    "ar1": "dirigiste.results.runs.impulse",
    "calibrate": "dirigiste.fit.calibrate",
    "certify": "dirigiste.results.equilibria.certify",
    "compare": "dirigiste.results.equilibria.comparison",
    "configure": "dirigiste.config",
    "draws": "dirigiste.fit.chronicles.calls",
    "fear": "dirigiste.fit.chronicles.fear",
    "fit_chronicle": "dirigiste.fit.chronicles.calls",
    "frontier": "dirigiste.frontiers.compute",
    "impulse": "dirigiste.results.runs.impulse",
    "link_firms": "dirigiste.measurement",
    "load": "dirigiste.loading",
    "measure": "dirigiste.measurement",
    "path_sensitivity": "dirigiste.results.runs.sensitivity",
    "read_firms": "dirigiste.measurement",
    "real_capital": "dirigiste.measurement",
    "run": "dirigiste.results.runs.run",
    "sensitivity": "dirigiste.results.equilibria.sensitivity",
    "shipped": "dirigiste.results.shipped",
    "solve": "dirigiste.results.equilibria.solve",
}

__all__ = [
    "Calibration",
    "Certificate",
    "Chronicle",
    "Comparison",
    "DirigisteError",
    "Economy",
    "Equilibrium",
    "Frontier",
    "IdentityViolated",
    "InputError",
    "NotConverged",
    "PathCertificate",
    "Run",
    "__version__",
    "ar1",
    "calibrate",
    "certify",
    "compare",
    "configure",
    "draws",
    "fear",
    "fit_chronicle",
    "frontier",
    "impulse",
    "link_firms",
    "load",
    "measure",
    "path_sensitivity",
    "read_firms",
    "real_capital",
    "run",
    "sensitivity",
    "shipped",
    "solve",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the package offers)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
