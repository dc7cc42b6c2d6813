"""The replications that there are. Listing them imports none of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from dirigiste.progress import Progress
    from dirigiste.replications.outcome import Outcome


ComputedBy = Literal["engine", "engine in part", "measurement", "own program"]
"""What computes a replication: the package's engine, or in part; `dirigiste.measurement`; or a program of its
own, which tells nothing of the engine."""


class Replication(Protocol):
    """What a replication's module offers."""

    def compute(self, progress: Progress | None = None) -> Outcome:
        """Compute, and compare with the reference numbers."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A replication, before anything is computed."""

    name: str
    """Authors and year, such as `moll-2014`."""
    title: str
    """Title of the paper."""
    citation: str
    """Authors (year), journal volume, pages."""
    what: str
    """What is replicated, in a line."""
    module: str
    """Module with `compute`."""
    computed_by: ComputedBy = "own program"
    how: str = ""
    """What the engine or the measurement computes of it, and what does not go through them, in a sentence."""
    slow: bool = False
    """Takes more than about ten seconds; left out of the fast tests and of `--all --fast`."""

    def compute(self, progress: Progress | None = None) -> Outcome:
        """Compute, and compare with the reference numbers."""
        return cast("Replication", import_module(self.module)).compute(progress)


HOME: Final = "dirigiste.replications"

ENTRIES: Final[tuple[Entry, ...]] = (
    Entry(
        "restuccia-rogerson-2008",
        "Policy distortions and aggregate productivity with heterogeneous establishments",
        "Restuccia and Rogerson (2008), Review of Economic Dynamics 11, 707-720",
        "benchmark, Tables 2 to 6 and 8, from the size data",
        f"{HOME}.restuccia_rogerson_2008.replication",
        computed_by="engine in part",
        how=(
            "Free entry is a program of its own, since the engine has none. Taxes on output leave "
            "entry as it is, so Table 3 is computed a second time by the engine, with fixed numbers "
            "of establishments."
        ),
    ),
    Entry(
        "hsieh-klenow-2009",
        "Misallocation and manufacturing TFP in China and India",
        "Hsieh and Klenow (2009), Quarterly Journal of Economics 124, 1403-1448",
        "closed forms, inversion of wedges, gains of log-normal firms beside Table IV",
        f"{HOME}.hsieh_klenow_2009.replication",
        computed_by="measurement",
        how=(
            "Firms are made with known wedges and measured by `dirigiste.measurement`, as a file of "
            "firms is. The engine plays no part."
        ),
    ),
    Entry(
        "midrigan-xu-2014",
        "Finance and misallocation: evidence from plant-level data",
        "Midrigan and Xu (2014), American Economic Review 104, 422-458",
        "losses of TFP without entry (Tables 7 and 8), unequal collateral and borrowing rates, closed forms",
        f"{HOME}.midrigan_xu_2014.replication",
        computed_by="engine",
        how=(
            "The economies are files of this package, solved by its engine with the annual clock; "
            "only the bounds in closed form are not."
        ),
        slow=True,
    ),
    Entry(
        "buera-shin-2013",
        "Financial frictions and the persistence of history: a quantitative exploration",
        "Buera and Shin (2013), Journal of Political Economy 121, 221-272",
        "stationary states by collateral (Figure 2), perfect and no credit, transition after a reform",
        f"{HOME}.buera_shin_2013.replication",
        computed_by="engine",
        how=(
            "The economies are files of this package; stationary states and the path after the reform "
            "are solved by its engine with the annual clock."
        ),
        slow=True,
    ),
    Entry(
        "song-storesletten-zilibotti-2011",
        "Growing like China",
        "Song, Storesletten and Zilibotti (2011), American Economic Review 101, 196-233",
        "transition 1992 to 2012 of state and private firms, saving, investment, foreign surplus",
        f"{HOME}.song_storesletten_zilibotti_2011.replication",
        computed_by="own program",
        how=(
            "Overlapping generations are not an economy of the engine; the transition is a program of "
            "its own."
        ),
    ),
    Entry(
        "moll-2014",
        "Productivity losses from financial frictions: can self-financing undo capital misallocation?",
        "Moll (2014), American Economic Review 104, 3186-3221",
        "TFP, K/Y and interest by persistence of ability, closed forms, speed of transition",
        f"{HOME}.moll_2014.replication",
        computed_by="own program",
        how=(
            "Wealth shares have an equation of their own. Of the engine only the generator of the "
            "diffusion of ability is used."
        ),
    ),
    Entry(
        "achdou-et-al-2022",
        "Income and wealth distribution in macroeconomics: a continuous-time approach",
        "Achdou, Han, Lasry, Lions and Moll (2022), Review of Economic Studies 89, 45-86",
        "Huggett and Aiyagari economies, decisions and mass point at the constraint",
        f"{HOME}.achdou_et_al_2022.replication",
        computed_by="engine in part",
        how=(
            "Values and distributions of households are the engine's, from economy files at given "
            "prices; the firm and the clearing of markets are a program of its own."
        ),
        slow=True,
    ),
    Entry(
        "guner-ventura-xu-2008",
        "Macroeconomic implications of size-dependent policies",
        "Guner, Ventura and Xu (2008), Review of Economic Dynamics 11, 721-744",
        "benchmark, and taxes on capital and on labour above a threshold that cut mean size by a fifth",
        f"{HOME}.guner_ventura_xu_2008.replication",
        computed_by="engine in part",
        how=(
            "The establishments' problem with its tax on size is the engine's; the law of ability, "
            "the choice of occupation and the clearing of the labour market are a program of its own."
        ),
        slow=True,
    ),
)
"""Every replication, in the order in which they are listed. A new one is an entry here."""


def find(name: str) -> Entry:
    """The replication of that name.

    Raises:
        InputError: There is none; with the near match.
    """
    from dirigiste.documents.words import near

    named = {entry.name: entry for entry in ENTRIES}
    if name in named:
        return named[name]
    suggestion = near(name.replace("_", "-"), named) or _begins(name, tuple(named))
    hint = "" if suggestion else f"; there are {', '.join(named)}"
    raise InputError.of(f"no replication is called `{name}`{hint}", suggestion=suggestion)


def _begins(name: str, names: tuple[str, ...]) -> str | None:
    """The only name that has `name` in it, which may be an author or a year."""
    word = name.lower().replace("_", "-").replace(" ", "-")
    candidates = [known for known in names if word and word in known]
    return candidates[0] if len(candidates) == 1 else None
