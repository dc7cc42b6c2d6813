"""A chronicle on its economy: the path through its events, and the stationary states before and after."""

from __future__ import annotations

import hashlib
import json
import time as clock
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import xarray as xr

from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle import Chronicle, LastingChange
from dirigiste.errors import InputError
from dirigiste.results.archive import folders, run_json, storage
from dirigiste.results.equilibria.comparison import Comparison, compare
from dirigiste.results.equilibria.equilibrium import Equilibrium, plain
from dirigiste.results.runs import certificate as certificates
from dirigiste.results.runs import channels as split
from dirigiste.results.runs import observed as beside
from dirigiste.results.runs import paths
from dirigiste.results.runs.certificate import PathCertificate
from dirigiste.results.runs.draws import Draws, frames
from dirigiste.results.runs.draws import of as draws_of
from dirigiste.results.text import run as text_run
from dirigiste.results.text import tables as text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    from dirigiste.chronicle import Channel
    from dirigiste.progress import Progress
    from dirigiste.solver.course import Neighbour, Solved, Terminal


DEFAULT_TIMES: Final = (0.0, 1.0, 2.0, 5.0, 10.0)
"""Years from the first event that tables and summaries show, besides the end."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Run:
    """What a chronicle does to its economy. Made by `run` and by `open`."""

    chronicle: Chronicle
    before: Equilibrium
    """The stationary state without the events."""
    after: Equilibrium
    """The stationary state with all that lasts in place; what fades is gone."""
    path: xr.Dataset
    """What happens in between, by `time` in years from the first event; see `results.runs.paths`."""
    base: xr.Dataset
    """The same numbers without the events: the economy stays where it is."""
    surprises: xr.Dataset
    """What solving the path of each surprise took, by `surprise`."""
    welfare: xr.Dataset
    """Who gains from each surprise; see `dirigiste.results.quantities.welfare.at_surprise`."""
    split: xr.Dataset | None
    """Paths of sets of channels, of all or of those of some sizes; None where they were not asked for."""
    only: tuple[Channel, ...] | None
    """Channels that act; None for all."""
    certificate: PathCertificate
    """The certificate of the path: worst residuals with their dates, distance to the end, rounds, seconds."""
    provenance: dict[str, Any]
    given: Mapping[str, str]
    """Texts of the input files as they were given, by file name; empty where the chronicle was no file."""
    folder: Path | None = None
    """Where it is kept; None if it is not."""
    near: Neighbour | None = None
    """What a run near by starts from; None where the run was opened from its folder."""
    drawn: xr.Dataset | None = None
    """Draws of its numbers and their responses, see `results.runs.draws`; None where there are none."""

    @cached_property
    def comparison(self) -> Comparison:
        """The two stationary states side by side."""
        return compare(self.before, self.after)

    @cached_property
    def changes(self) -> list[LastingChange]:
        """Parameters that end elsewhere than they began, with the events that moved them."""
        return self.chronicle.lasting_changes(self.before.economy, self.only)

    @cached_property
    def observed(self) -> xr.Dataset | None:
        """Observed series beside the model: values by `observation`, how well they agree by `series`, under
        the names of `measures.OBSERVED` and `measures.FIT`; None where the chronicle has no series.
        """
        return (
            beside.build(self.chronicle.observed, self.path, self.base) if self.chronicle.observed else None
        )

    @cached_property
    def draws(self) -> Draws | None:
        """How sure it is: draws of the numbers that it rests on; None where it was run without."""
        return None if self.drawn is None else draws_of(self.drawn, self.path, self.base, self.split)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the certificates of both states and of the path warn of."""
        lines = (*self.before.warnings, *self.after.warnings, *self.certificate.warnings)
        return tuple(dict.fromkeys(lines))

    @cached_property
    def statuses(self) -> xr.Dataset:
        """Numbers by `time` and `status`: `mass`, `output`, `credit`, ..."""
        return paths.statuses(self.path)

    @property
    def horizon(self) -> float:
        """Years from the first event to the end of the path."""
        return float(self.path["time"].values[-1])

    @property
    def default_times(self) -> tuple[float, ...]:
        """Times that tables and summaries show: `DEFAULT_TIMES` that the path reaches, and its end."""
        return (*(time for time in DEFAULT_TIMES if time < self.horizon), self.horizon)

    def at(self, times: Sequence[float]) -> xr.Dataset:
        """The path at some times, in years from the first event; linear between steps, and on the date of a
        surprise the value just after it.

        Raises:
            InputError: A time is before the first event or beyond the horizon.
        """
        return paths.at(self.path, times)

    def to_dataframe(self) -> pd.DataFrame:
        """The path: one row a step, indexed by `time` in years from the first event, with its `date`; a
        column for each number of the economy as a whole.
        """
        whole = [name for name, values in self.path.data_vars.items() if values.dims == ("time",)]
        frame = self.path[whole].to_dataframe()
        return frame.loc[:, ["date", *(name for name in frame.columns if name != "date")]]

    def channels(
        self,
        outcome: str,
        *,
        time: float | Sequence[float] | None = None,
        year: float | Sequence[float] | None = None,
        interactions: bool = False,
        present_value: float | None = None,
    ) -> xr.DataArray:
        """The effect of each channel on an outcome: Shapley values of its difference from `base`, exact
        unless the run was solved with `channels="quick"`.

        Args:
            outcome: A variable of `path` that is one number a time, such as `output`.
            time: Years from the first event, one or several; all steps if left out.
            year: The same as calendar years, such as 2021.5.
            interactions: Give the pairwise Shapley interaction index instead, over (channel, other): by how
                much two channels together do more than each alone; nan on the diagonal.
            present_value: A discount rate per year: split the discounted sum of differences over the path
                instead; what comes after the horizon is not included.

        Returns:
            Values by `channel` in the unit of the outcome (times years for present values); they add up to
            the attribute `whole`, which is the attribute `value` less `base`. Of a quick split they do so up
            to the attribute `rest`, and differ by at most `levels_differ` from what fewer sets gave.

        Raises:
            InputError: The run was solved without channels, or with too few for interactions; there is no
                such outcome or time.
        """
        if self.split is None:
            raise InputError.of(
                "the run was solved without channels: run it with channels=True (dirigiste run --channels)",
                key="channels",
            )
        return split.channels(
            self.split, outcome, time=time, year=year, interactions=interactions, present_value=present_value
        )

    def to_json(self, at: Sequence[float] | None = None) -> dict[str, Any]:
        """One object of plain numbers and texts: the path, its split and certificate, both stationary states,
        comparison, lasting changes, provenance.

        Args:
            at: Years from the first event; all steps if left out.

        Raises:
            InputError: A time is before the first event or beyond the horizon.
        """
        return run_json.to_json(self, at)

    def save(self, root: str | Path = folders.ROOT, *, report: bool = True) -> Path:
        """Keep the run in a new folder `<UTC date>-<name>`: inputs, results.nc, summary.json and report.html;
        with observed series also observed.csv; with draws bands.csv, influence.csv and draws.csv.

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
            (inputs / "chronicle.yaml").write_text(named.to_yaml(), encoding="utf-8")
            (inputs / "economy.yaml").write_text(self.before.economy.to_yaml(), encoding="utf-8")
            if self.drawn is not None:
                text = str(self.drawn.attrs["numbers_file"])
                (inputs / "numbers.yaml").write_text(text, encoding="utf-8")
            about = {
                "provenance": self.provenance,
                "certificate": self.certificate.to_json(),
                "only": None if self.only is None else list(self.only),
            }
            title = f"{self.chronicle.name} on {self.before.economy.name}"
            texts = {name: json.dumps(plain(value), ensure_ascii=False) for name, value in about.items()}
            groups: dict[str, xr.Dataset | xr.DataTree] = {
                "/": xr.Dataset(attrs={"title": title, **texts}),
                "before": self.before.tree,
                "after": self.after.tree,
                "path": self.path,
                "base": self.base,
                "surprises": self.surprises,
                "welfare": self.welfare,
            }
            if self.split is not None:
                groups["split"] = self.split
            if self.observed is not None:
                groups["observed"] = self.observed
                beside.table(self.observed).to_csv(draft / folders.OBSERVED, index=False)
            if self.draws is not None:
                groups["draws"] = self.draws.data
                for name, frame in frames(self.draws).items():
                    frame.to_csv(draft / f"{name}.csv", index=False)
            storage.write(xr.DataTree.from_dict(groups), draft / folders.RESULTS)
            text = json.dumps(self.to_json(self.default_times), ensure_ascii=False, indent=2, allow_nan=False)
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
        tree = storage.read(results, "run")
        groups = {name: storage.dataset_of(node) for name, node in tree.children.items()}
        try:
            about = {name: json.loads(tree.attrs[name]) for name in ("certificate", "provenance", "only")}
            return cls(
                chronicle=chronicles.load(inputs / "chronicle.yaml"),
                before=Equilibrium.of(tree.children["before"]),
                after=Equilibrium.of(tree.children["after"]),
                path=groups["path"],
                base=groups["base"],
                surprises=groups["surprises"],
                welfare=groups["welfare"],
                split=groups.get("split"),
                drawn=groups.get("draws"),
                only=None if about["only"] is None else tuple(about["only"]),
                certificate=PathCertificate.of(about["certificate"]),
                provenance=about["provenance"],
                given=given,
                folder=folder,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError.of(
                f"holds no whole run ({error}); run its {folders.INPUTS}/chronicle.yaml again",
                file=str(results),
            ) from None

    def __repr__(self) -> str:
        return text_run.run(self)

    def _repr_html_(self) -> str:
        return text.as_html(text_run.tables(self), text_run.heading(self))


def run(
    chronicle: Chronicle | str | Path,
    *,
    only: str | Sequence[str] | None = None,
    channels: bool | Literal["quick"] = False,
    certify: bool = False,
    market_value: bool | None = None,
    start: Run | None = None,
    progress: Progress | None = None,
    given: Mapping[str, str] | None = None,
) -> Run:
    """Solve the path of a chronicle, from the stationary state before it.

    Args:
        chronicle: A chronicle, the name of a shipped one, or a YAML file.
        only: Channels that act, such as `["fear"]`; all if left out.
        channels: Also solve the paths of all sets of channels, for `Run.channels`; with "quick" of sets of
            more and more sizes, until two levels agree within 1 % of the largest part.
        certify: Also halve the steps and lengthen the horizon, and report in the certificate what that
            changes.
        market_value: Also find market values of firms, which takes about a quarter longer; left out, where an
            observed series is compared with them.
        start: A run near by to start from: of a chronicle with the same dates and other numbers. Used where
            statuses, abilities, wealth nodes and preferences are the same; the result does not depend on it
            beyond the tolerances.
        progress: Called with stage, round and largest residual; a stage may say `3 of 8`, and how long the
            rest takes.
        given: Texts of the files that a chronicle was read from, by name (`texts`), to be kept with the run;
            of a file that is given by its name they are read.

    Returns:
        The run; `save` keeps it.

    Raises:
        InputError: The chronicle or its economy has faults, `only` names what it does not use, `channels` is
            none of True, False and "quick", or `start` was opened from its folder.
        NotConverged: A stationary state or a path misses its tolerance; says where.
        IdentityViolated: Goods do not clear, which is a fault of the program.
    """
    if not isinstance(chronicle, Chronicle):
        name = chronicle
        chronicle = chronicles.load(name)
        given = texts(name, chronicle.economy, chronicle.files)
    acting = split.chosen(chronicle, only)
    channels = split.asked(channels)
    if start is not None and start.near is None:
        raise InputError.of(
            "was opened from its folder, which does not keep all that another run starts from: "
            "solve it again, or leave `start` out",
            key="start",
        )

    from dirigiste.solver import surprises

    begun = clock.perf_counter()
    if market_value is None:
        market_value = beside.valued(chronicle.observed.values())
    solved = surprises.solve(
        chronicle,
        only=acting,
        channels=channels,
        certify=certify,
        market_value=market_value,
        near=None if start is None else start.near,
        settled=settled,
        progress=progress,
    )
    return of_solved(chronicle, solved, only=acting, given=given, seconds=clock.perf_counter() - begun)


def of_solved(
    chronicle: Chronicle,
    solved: Solved,
    *,
    only: tuple[Channel, ...] | None = None,
    given: Mapping[str, str] | None = None,
    seconds: float = 0.0,
) -> Run:
    """A run from what the solver gives.

    Args:
        chronicle: The chronicle.
        solved: Its solution.
        only: Channels that act; None for all.
        given: Texts of the files that the chronicle was read from, by name.
        seconds: Time that solving took.
    """
    from dirigiste.results.equilibria.stationary import finish

    before, after = (finish(end.compiled, end.solved) for end in (solved.before, solved.after))
    course, compiled = solved.course, solved.compiled
    path, surprises = paths.build(course, compiled), paths.surprises(course)
    base = paths.base(before, path, None if course.claims is None else _claims(solved.before))
    baseline = chronicle.baseline
    hashed = hashlib.sha256(chronicle.to_yaml().encode()).hexdigest()
    return Run(
        chronicle=chronicle,
        before=before,
        after=after,
        path=path,
        base=base,
        surprises=surprises,
        welfare=paths.gains(course, compiled),
        split=None if solved.split is None else split.build(solved.split, compiled, path, base),
        only=only,
        certificate=certificates.build(path, surprises, solved.certificate),
        provenance={
            **after.provenance,
            "economy": baseline.name,
            "economy_hash": baseline.hash,
            "chronicle": chronicle.name,
            "chronicle_hash": hashed,
            "seconds": seconds,
        },
        given=dict(given or {}),
        near=solved.near,
    )


def _claims(state: Terminal) -> NDArray[np.float64]:
    """What profits to come are worth in a stationary state, by status (S,)."""
    from dirigiste.numerics.transition import claims

    point = state.solved.point
    worth = claims.stationary(state.compiled.arrays, point)
    return claims.by_status(worth, np.asarray(point.firms.share), np.asarray(point.distribution.g))


def settled(solved: Solved) -> bool:
    """Whether effects by channel are accurate enough with the sets that are solved."""
    from dirigiste.results.equilibria.stationary import finish

    path = paths.build(solved.course, solved.compiled)
    base = paths.base(finish(solved.before.compiled, solved.before.solved), path)
    return split.settled(split.build(solved.split or {}, solved.compiled, path, base))


def texts(name: str | Path, economy: str, numbers: Sequence[Path] = ()) -> dict[str, str]:
    """The files of a chronicle, of the economy that it names, and of the numbers of its observed series, as
    they are; without those that cannot be read.
    """
    path = Path(name).expanduser()
    files = {
        "chronicle.yaml": _text(path, "dirigiste.chronicle", str(name)),
        "economy.yaml": _text(path.parent / Path(economy).expanduser(), "dirigiste.economy", economy),
    }
    for number, file in enumerate(numbers, start=1):
        files[file.name if file.name not in files else f"{number}-{file.name}"] = _text(file)
    return {file: text for file, text in files.items() if text is not None}


def _text(path: Path, package: str = "", name: str = "") -> str | None:
    shipped = chronicles.shipped() if package == "dirigiste.chronicle" else economies.shipped()
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8")
        if name in shipped:
            return resources.files(package).joinpath("shipped", f"{name}.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None


def write_report(run: Run, folder: Path) -> Path:
    """Write the HTML report into the folder of a run."""
    from dirigiste import report

    draft = folder / f".{folders.REPORT}"
    try:
        report.write(run, draft)
        return draft.replace(folder / folders.REPORT)
    finally:
        draft.unlink(missing_ok=True)
