"""The folder of a calibration: the new economy, its estimates as uncertain numbers, JSON, CSV tables, all
tables as Markdown, figures.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste import economy as economies
from dirigiste.documents.writing import to_compact_yaml, to_yaml
from dirigiste.errors import InputError
from dirigiste.fit.chronicles.plan import correlation_of
from dirigiste.fit.inference import joint
from dirigiste.outputs import make, whole, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from dirigiste.fit.output.calibration import Calibration

ECONOMY, NUMBERS, JSON = "economy.yaml", "numbers.yaml", "calibration.json"


def save(result: Calibration, folder: Path) -> Path:
    """Write everything; see `Calibration.save`."""
    from dirigiste.fit.output import figures, tables

    make(folder)
    write_text(folder / ECONOMY, economy_file(result))
    numbers = numbers_file(result)
    if numbers:
        write_text(folder / NUMBERS, numbers)
    write_text(folder / "calibration.md", tables.as_markdown(result))
    text = json.dumps(result.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
    write_text(folder / JSON, text + "\n")
    for name, frame in (
        ("estimates", result.estimates()),
        ("fit", result.fit()),
        ("influence", result.influence().reset_index()),
        ("correlation", result.correlation().reset_index()),
        ("assumptions", result.assumptions()),
    ):
        if frame.empty:
            continue
        write_text(folder / f"{name}.csv", frame.to_csv(index=False))
    drawn = {"fit": figures.fit, "influence": figures.influence}
    if joint.pairs(result.inference):
        drawn["joint"] = figures.joint
    for name, draw in drawn.items():
        with whole(folder / f"{name}.png") as draft:
            draft.write_bytes(draw(result))
    return folder


def economy_file(result: Calibration) -> str:
    """The new economy as a file: it extends the old one if that comes with the package, and is whole else."""
    old = result.plan.economy
    new = result.economy
    if _is_shipped(result):
        data = {
            "schema_version": new.schema_version,
            "extends": old.name,
            "name": f"{old.name}-estimated",
            "title": f"{old.title or old.name}, estimated",
            **_nested({path: entry["value"] for path, entry in result.sourced.items()}),
        }
        body = to_compact_yaml(data, new.sources)
    else:
        body = new.to_yaml()
    return _comment(result) + body


def numbers_file(result: Calibration) -> str:
    """Estimates with their covariance as a file of uncertain numbers of chronicles on the new economy; empty
    where none has a standard error. Estimates at a bound and those that are not identified are left out.
    """
    plan, inference = result.plan, result.inference
    slopes = plan.slopes(plan.to_scale(result.x))
    known = joint.known(inference)
    which = [n for n in known for _ in plan.parameters[n].paths]
    numbers: dict[str, Any] = {}
    for n in known:
        parameter = plan.parameters[n]
        scale = parameter.scale
        for path in parameter.paths:
            entry: dict[str, Any] = {
                "mean": result.sourced[path]["value"],
                "sd": float(inference.se[n] / slopes[n]),
                "transform": scale.transform,
                "source": result.sourced[path]["source"],
            }
            if math.isfinite(scale.low) and math.isfinite(scale.high):
                entry["bounds"] = [scale.low, scale.high]
            numbers[path] = entry
    if not numbers:
        return ""
    data = {
        "name": re.sub("[^a-z0-9_]+", "_", f"estimates_of_{plan.name.lower()}"),
        "title": f"{plan.title or plan.name}: estimates and how well they are known",
        "numbers": numbers,
        "correlation": correlation_of(inference.covariance[np.ix_(which, which)]).tolist(),
    }
    head = (
        "# Written by `dirigiste calibrate`, for chronicles on the economy beside it:\n"
        "#   dirigiste run CHRONICLE --draws 500 --numbers FILE\n"
    )
    return head + to_yaml(data)


def _is_shipped(result: Calibration) -> bool:
    old = result.plan.economy
    try:
        return old.name in economies.shipped() and economies.load(old.name).hash == old.hash
    except InputError:
        return False


def _comment(result: Calibration) -> str:
    """What is estimated on what, and what is not, as comments."""
    plan = result.plan
    estimated = {path for parameter in plan.parameters for path in parameter.paths}
    assumed = [
        path
        for path, source in plan.economy.sources.items()
        if source.source == "assumption" and path not in estimated
    ]
    lines = [
        f"{plan.title}: written by `dirigiste calibrate`, from {plan.economy.name} and the moments of "
        f"{plan.name}.",
        f"Estimated are {len(plan.parameters)} parameters on {len(plan.targeted)} moments; standard errors "
        "are in the notes.",
    ]
    missed = [
        f"{moment.name} {value:.3g} instead of {moment.target:.3g}"
        for moment, value, t in zip(plan.moments, result.values, result.misses, strict=True)
        if moment.targeted and abs(t) > 2.0
    ]
    if missed:
        lines.append(f"Missed by more than two standard errors: {'; '.join(missed)}.")
    if assumed:
        lines.append(f"{len(assumed)} numbers stay assumed; their sources say so.")
    return "".join(f"# {line}\n" for line in lines)


def _nested(values: dict[str, float]) -> dict[str, Any]:
    """Estimates as the nested keys of a file; edges as a list of entries with names."""
    data: dict[str, Any] = {}
    for path, value in values.items():
        parts = path.split(".")
        if parts[0] == "edges":
            entries = data.setdefault("edges", [])
            entry: dict[str, Any] | None = next((e for e in entries if e["name"] == parts[1]), None)
            if entry is None:
                entry = {"name": parts[1]}
                entries.append(entry)
            here, rest = entry, parts[2:]
        else:
            here, rest = data, parts
        for part in rest[:-1]:
            here = here.setdefault(part, {})
        here[rest[-1]] = value
    return data
