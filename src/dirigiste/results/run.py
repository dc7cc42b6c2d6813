"""A chronicle on its economy: the stationary state before, and the one after everything that lasts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle import Chronicle, LastingChange
from dirigiste.errors import InputError
from dirigiste.results import folders, storage
from dirigiste.results.comparison import Comparison, compare
from dirigiste.results.equilibrium import Equilibrium, plain
from dirigiste.results.write import chronicle_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    Progress = Callable[[str, int, float], None]


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What a chronicle does to its economy in the long run. Made by `run` and by `open`."""

    chronicle: Chronicle
    before: Equilibrium
    """The stationary state without the events."""
    after: Equilibrium
    """The stationary state with all that lasts in place; what fades is gone."""
    provenance: dict[str, Any]
    given: Mapping[str, str]
    """Texts of the input files as they were given, by file name; empty where the chronicle was no file."""
    folder: Path | None = None
    """Where it is kept; None if it is not."""

    @cached_property
    def comparison(self) -> Comparison:
        """The two states side by side."""
        return compare(self.before, self.after)

    @cached_property
    def changes(self) -> list[LastingChange]:
        """Parameters that end elsewhere than they began, with the events that moved them."""
        return self.chronicle.lasting_changes(self.before.economy)

    def to_json(self) -> dict[str, Any]:
        """One object of plain numbers and texts: both states, comparison, lasting changes, provenance."""
        return plain(
            {
                "name": self.chronicle.name,
                "title": self.chronicle.title,
                "economy": self.before.economy.name,
                "states": "stationary",
                "events": len(self.chronicle.events),
                "before": self.before.to_json(),
                "after": self.after.to_json(),
                "comparison": self.comparison.to_json(),
                "changes": [
                    {
                        "path": item.path,
                        "before": item.before,
                        "after": item.after,
                        "events": [
                            {"date": event.date.isoformat(), "title": event.title} for event in item.events
                        ],
                    }
                    for item in self.changes
                ],
                "provenance": self.provenance,
            }
        )

    def save(self, root: str | Path = folders.ROOT, *, report: bool = True) -> Path:
        """Keep the run in a new folder `<UTC date>-<name>`: inputs, results.nc, summary.json and report.html.

        Args:
            root: Folder of runs.
            report: Also write the report.

        Returns:
            The folder. It appears with all its numbers or not at all; the report follows.
        """
        with folders.writing(Path(root), self.chronicle.name) as (draft, final):
            inputs = draft / folders.INPUTS
            (inputs / folders.GIVEN).mkdir(parents=True)
            for name, text in self.given.items():
                (inputs / folders.GIVEN / name).write_text(text, encoding="utf-8")
            named = self.chronicle.model_copy(update={"economy": "economy.yaml"})
            (inputs / "chronicle.yaml").write_text(chronicle_yaml(named), encoding="utf-8")
            (inputs / "economy.yaml").write_text(self.before.economy.to_yaml(), encoding="utf-8")
            about = xr.Dataset(
                attrs={
                    "title": f"{self.chronicle.name} on {self.before.economy.name}, stationary states",
                    "provenance": json.dumps(self.provenance, ensure_ascii=False),
                }
            )
            storage.write(
                {"/": about, "before": self.before.dataset, "after": self.after.dataset},
                draft / folders.RESULTS,
            )
            text = json.dumps(self.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
            (draft / folders.SUMMARY).write_text(text + "\n", encoding="utf-8")
        if report:  # last, so that a fault in drawing loses no numbers
            write_report(self, final[0])
        return final[0]

    @classmethod
    def open(cls, name: str | Path, root: str | Path = folders.ROOT) -> Self:
        """Read a run from its folder, its name below `root`, or the newest one as `latest`.

        Raises:
            InputError: There is no such run, or it is damaged.
        """
        folder = folders.find(str(name), Path(root))
        inputs, results = folder / folders.INPUTS, folder / folders.RESULTS
        given = {
            item.name: item.read_text(encoding="utf-8") for item in sorted((inputs / folders.GIVEN).glob("*"))
        }
        return cls(
            chronicle=chronicles.load(inputs / "chronicle.yaml"),
            before=Equilibrium.of(storage.read(results, "before")),
            after=Equilibrium.of(storage.read(results, "after")),
            provenance=folders.summary(folder)["provenance"],
            given=given,
            folder=folder,
        )

    def __repr__(self) -> str:
        from dirigiste.results import text_run

        return text_run.run(self)

    def _repr_html_(self) -> str:
        from dirigiste.results import text, text_run

        return text.as_html(text_run.tables(self), text_run.heading(self))


def run(chronicle: Chronicle | str | Path, *, progress: Progress | None = None) -> Run:
    """Solve the stationary states before a chronicle and after everything in it that lasts.

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        progress: Called with stage, round and largest residual.

    Returns:
        The run; `save` keeps it.

    Raises:
        InputError: The chronicle or its economy has faults.
        NotConverged: One of the two states was not found.
        IdentityViolated: Goods do not clear, which is a fault of the program.
    """
    from dirigiste.results.solve import solve

    given: dict[str, str] = {}
    if not isinstance(chronicle, Chronicle):
        given = texts(chronicle)
        chronicle = chronicles.load(chronicle)
    baseline = chronicle.baseline
    before = solve(baseline, progress=progress)
    after = solve(chronicle.lasting(baseline), start=before, progress=progress)
    hashed = hashlib.sha256(chronicle_yaml(chronicle).encode()).hexdigest()
    provenance = {
        **after.provenance,
        "economy": baseline.name,
        "economy_hash": baseline.hash,
        "chronicle": chronicle.name,
        "chronicle_hash": hashed,
        "seconds": before.provenance["seconds"] + after.provenance["seconds"],
    }
    return Run(chronicle, before, after, provenance, given)


def texts(name: str | Path) -> dict[str, str]:
    """The files of a chronicle and of the economy that it names, as they are; empty where they cannot be
    read.
    """
    from dirigiste.economy import yaml_file

    found: dict[str, str] = {}
    path = Path(name).expanduser()
    text = _text(path, "dirigiste.chronicle", str(name))
    if text is None:
        return found
    found["chronicle.yaml"] = text
    try:
        data = yaml_file.parse(text).plain()
    except InputError:
        return found
    economy = data.get("economy") if isinstance(data, dict) else None
    if isinstance(economy, str):
        text = _text(path.parent / Path(economy).expanduser(), "dirigiste.economy", economy)
        if text is not None:
            found["economy.yaml"] = text
    return found


def _text(path: Path, package: str, name: str) -> str | None:
    shipped = chronicles.shipped() if package == "dirigiste.chronicle" else economies.shipped()
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8")
        if name in shipped:
            return resources.files(package).joinpath("shipped", f"{name}.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None


def write_report(found: Run, folder: Path) -> Path | None:
    """Write the HTML report into the folder of a run; None where this installation has none."""
    from dirigiste import report

    write = getattr(report, "write", None)
    if write is None:
        return None
    draft = folder / f".{folders.REPORT}"
    try:
        write(found, draft)
        return draft.replace(folder / folders.REPORT)
    finally:
        draft.unlink(missing_ok=True)
