"""Moll (2014): TFP by persistence and credit, interest, K/Y, and the speed of transition."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import xarray as xr

from dirigiste.progress import Progress
from dirigiste.replications import reference
from dirigiste.replications.moll_2014 import model, transition
from dirigiste.replications.moll_2014.model import Parameters
from dirigiste.replications.outcome import Outcome, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SD: Final = 0.56
POINTS: Final = 2001
WIDTH: Final = 4.0
CREDIT: Final = (1.0, 2.0, 10.0)
AUTOCORRELATIONS: Final = (0.01, 0.25, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95)
PRINTED: Final = (0.01, 0.5, 0.8, 0.85, 0.9, 0.95)
FOLLOWED: Final = (0.5, 0.8, 0.85, 0.9, 0.95)
"""Autocorrelations whose transitions are followed."""
PARETO: Final = ((3.0, 2.0), (4.15, 2.0), (4.15, 10.0))
CAPITAL: Final = ((1.0, 0.5), (2.0, 0.85), (10.0, 0.95))
YEARS: Final = 250.0
STEP: Final = 0.05


class Results(NamedTuple):
    """What is computed."""

    states: dict[tuple[float, float], model.State]
    """By credit limit and autocorrelation."""
    laws: dict[float, model.Law]
    courses: dict[float, transition.Course]
    half_lives: dict[float, float]


def law(autocorrelation: float, points: int = POINTS, width: float = WIDTH) -> model.Law:
    """The law of ability with an autocorrelation over a year."""
    return model.ornstein_uhlenbeck(-math.log(autocorrelation), SD, points, width)


def compute(progress: Progress | None = None) -> Outcome:
    """Solve stationary states and transitions."""
    results = _solve(progress)
    tfp = {key: state.tfp for key, state in results.states.items()}
    base = Parameters(credit=2.0)
    ours = {
        "iid": {"TFP": [without_persistence(credit) for credit in CREDIT]},
        "pareto": {"TFP": [pareto_without_persistence(*case) for case in PARETO]},
        "persistence": {
            "TFP": [tfp[2.0, a] for a in PRINTED],
            "interest": [model.interest(base, results.states[2.0, a]) for a in PRINTED],
        },
        "width": {"TFP": [model.stationary(base, law(0.85, width=width)).tfp for width in (3.0, 5.0)]},
        "capital": {"K/Y": [capital_over_output(*case) for case in CAPITAL]},
    }
    lives = [results.half_lives[a] for a in FOLLOWED]
    rises = [np.diff([tfp[credit, a] for a in AUTOCORRELATIONS]).min() for credit in CREDIT[1:]]
    better = (
        min(tfp[10.0, a] - tfp[2.0, a] for a in AUTOCORRELATIONS),
        min(tfp[2.0, a] - tfp[1.0, a] for a in AUTOCORRELATIONS),
    )
    claims = {
        "persistence": (
            min(rises) > 0,
            f"from {tfp[2.0, 0.01]:.3f} at an autocorrelation of .01 to {tfp[2.0, 0.95]:.3f} at .95, λ = 2",
        ),
        "speed": (
            bool(np.all(np.diff(lives) > 0)),
            "half-lives of the gap of TFP: "
            + ", ".join(f"{life:.1f} years at {a:g}" for a, life in zip(FOLLOWED, lives, strict=True)),
        ),
        "credit": (min(better) > 0, f"by at least {min(better):.3f} from λ = 1 to 2 and from 2 to 10"),
    }
    return Outcome(
        cells=reference.compare(reference.load(__package__), ours, claims),
        datasets={"states": _states(results), "transitions": _transitions(results)},
        pictures={
            "persistence": Picture(
                "Self-financing undoes misallocation if ability lasts, but it takes its time",
                "Left: TFP by autocorrelation of ability, a line for each credit limit. Right: gap of TFP to "
                "its end, starting with wealth that is independent of ability, by autocorrelation (λ = 2); "
                "TFP overshoots a little while capital catches up.",
                lambda: _draw(results),
            ),
            "shares": Picture(
                "The longer ability lasts, the more of all wealth is in able hands",
                "Density of wealth over log ability, λ = 2; the dashed line is the density of people.",
                lambda: _draw_shares(results),
            ),
        },
        notes=[
            "Levels depend on where ability is cut (here 4 standard deviations): the ablest hold more wealth "
            "the more persistent ability is. δ = .06 and ρ = .05.",
            "The transition starts with wealth independent of ability and capital at its stationary level; "
            "half-lives are the years until half of the gap of TFP is closed.",
        ],
        residuals={"wealth shares": max(state.residual for state in results.states.values())},
    )


def _solve(progress: Progress | None) -> Results:
    states, courses, lives = {}, {}, {}
    laws = {a: law(a) for a in AUTOCORRELATIONS}
    for credit in CREDIT:
        for a in AUTOCORRELATIONS:
            states[credit, a] = model.stationary(Parameters(credit=credit), laws[a])
    p = Parameters(credit=2.0)
    for n, a in enumerate(FOLLOWED):
        if progress is not None:
            progress(f"transition {n + 1} of {len(FOLLOWED)}", 0, math.nan)
        coarse = law(a, points=401)
        end = model.stationary(p, coarse).tfp
        capital = transition.stationary_capital(p, end)
        courses[a] = transition.course(p, coarse, coarse.shares, capital, YEARS, STEP)
        lives[a] = transition.half_life(courses[a], end)
    return Results(states, laws, courses, lives)


def without_persistence(credit: float) -> float:
    """TFP as the autocorrelation goes to 0, ability cut so far out that it does not matter."""
    fast = model.ornstein_uhlenbeck(1e6, SD, 2 * POINTS - 1, 8.0)
    return model.stationary(Parameters(credit=credit), fast).tfp


def pareto_without_persistence(tail: float, credit: float) -> float:
    """The same with ability redrawn very often from a Pareto law."""
    fast = model.redrawn_pareto(1e6, tail, 8001, 1.0 - 1e-14)
    return model.stationary(Parameters(credit=credit), fast).tfp


def capital_over_output(credit: float, autocorrelation: float) -> float:
    """K/Y after 600 years that begin with half the stationary capital."""
    p = replace(Parameters(), credit=credit)
    coarse = law(autocorrelation, points=401)
    state = model.stationary(p, coarse)
    capital = 0.5 * transition.stationary_capital(p, state.tfp)
    course = transition.course(p, coarse, coarse.shares, capital, 600.0, 0.5)
    return float(course.capital[-1] / course.output[-1])


def _states(results: Results) -> xr.Dataset:
    dims = ("credit", "autocorrelation")
    shape = (len(CREDIT), len(AUTOCORRELATIONS))
    keys = [(c, a) for c in CREDIT for a in AUTOCORRELATIONS]
    tfp = np.array([results.states[key].tfp for key in keys]).reshape(shape)
    rate = np.array([model.interest(Parameters(credit=c), results.states[c, a]) for c, a in keys]).reshape(
        shape
    )
    omega = np.array([results.states[key].omega for key in keys]).reshape(*shape, POINTS)
    return xr.Dataset(
        {
            "tfp": (dims, tfp, {"long_name": "TFP, Z", "units": "1"}),
            "interest": (dims, rate, {"long_name": "interest", "units": "per year"}),
            "wealth_share": ((*dims, "ability"), omega, {"long_name": "share of wealth", "units": "1"}),
            "people_share": (
                "ability",
                results.laws[0.5].shares,
                {"long_name": "share of people", "units": "1"},
            ),
        },
        {
            "credit": (
                "credit",
                list(CREDIT),
                {"long_name": "capital over wealth at the limit", "units": "1"},
            ),
            "autocorrelation": list(AUTOCORRELATIONS),
            "ability": results.laws[0.5].z,
        },
    )


def _transitions(results: Results) -> xr.Dataset:
    dims = ("autocorrelation", "time")
    label = {"tfp": "TFP, Z", "capital": "capital", "output": "output"}
    return xr.Dataset(
        {
            **{
                name: (
                    dims,
                    np.array([getattr(results.courses[a], name) for a in FOLLOWED]),
                    {"long_name": text},
                )
                for name, text in label.items()
            },
            "half_life": (
                "autocorrelation",
                [results.half_lives[a] for a in FOLLOWED],
                {"long_name": "half-life of the gap of TFP", "units": "years"},
            ),
        },
        {
            "autocorrelation": list(FOLLOWED),
            "time": ("time", results.courses[FOLLOWED[0]].time, {"units": "years"}),
        },
    )


def _draw(results: Results) -> Figure:
    from dirigiste.replications.drawing import end_labels, panels
    from dirigiste.report.drawing import sheet

    canvas, (left, right) = panels(2, names=0.55)
    lines = []
    for credit, colour in zip(CREDIT, sheet.COLOURS, strict=False):
        y = [results.states[credit, a].tfp for a in AUTOCORRELATIONS]
        left.plot(AUTOCORRELATIONS, y, color=colour, marker="o", markersize=3)
        lines.append((f"λ = {credit:g}", y[-1], colour))
    left.set(title="TFP", xlabel="autocorrelation of log ability over a year", xlim=(0, 0.95))
    left.yaxis.grid(True)
    end_labels(left, lines)
    for a, colour in zip((0.5, 0.85, 0.9, 0.95), sheet.COLOURS, strict=True):
        course = results.courses[a]
        gap = 100 * (course.tfp[-1] - course.tfp) / (course.tfp[-1] - course.tfp[0])
        shown = course.time <= 40.0
        right.plot(course.time[shown], gap[shown], color=colour, label=f"{a:g}")
    right.axhline(0.0, color=sheet.SOFT, linewidth=0.6)
    right.set(title="Gap of TFP that is left, %", xlabel="years", xlim=(0, 40), ylim=(-12, 100))
    right.yaxis.grid(True)
    right.legend(frameon=False, title="autocorrelation")
    return canvas.figure


def _draw_shares(results: Results) -> Figure:
    from dirigiste.replications.drawing import panels
    from dirigiste.report.drawing import sheet

    canvas, (ax,) = panels(1, names=0.1)
    for a, colour in zip((0.5, 0.85, 0.95), sheet.COLOURS, strict=False):
        known = results.laws[a]
        density = results.states[2.0, a].omega / np.diff(known.edges)
        ax.plot(np.log(known.z), density, color=colour, label=f"autocorrelation {a:g}")
    people = results.laws[0.5]
    ax.plot(
        np.log(people.z),
        people.shares / np.diff(people.edges),
        color=sheet.SOFT,
        label="people",
        **sheet.BEFORE,
    )
    ax.set(title="Density of wealth", xlabel="log ability", xlim=(-2.24, 2.24), ylim=(0, None))
    ax.legend(frameon=False, loc="upper left")
    return canvas.figure
