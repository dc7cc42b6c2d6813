"""Every number that a result holds: its name, unit, meaning and symbol.

A number has the same name wherever it appears: in dictionaries, datasets, netCDF files, JSON, data frames and
tables of results. Schema, units, tables and reports are made from the tables of this module, and
docs/glossary.md lists them. Formulas are in docs/method.md, section 7. Population has mass 1 (workers from
outside come on top), time is in years.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a result."""

    name: str
    """Key in JSON and variable of a dataset; by status with the ending `_by_status` there."""
    label: str
    """Short name for tables and axes."""
    unit: str
    description: str
    """One sentence without full stop."""
    symbol: str = ""


def about(measure: Measure) -> dict[str, str]:
    """Attributes of a variable of a dataset."""
    attributes = {"units": measure.unit, "long_name": measure.description}
    return attributes | {"symbol": measure.symbol} if measure.symbol else attributes


def _table(*rows: tuple[str, str, str, str] | tuple[str, str, str, str, str]) -> dict[str, Measure]:
    return {row[0]: Measure(*row) for row in rows}


PRICES: Final = _table(
    ("wage", "wage", "goods per year", "Wage of a full worker", "w"),
    ("interest", "interest", "per year", "Interest rate on wealth and cost of own funds", "r"),
    ("transfer", "transfer", "goods per year", "Transfer from the budget to every owner", "T"),
    (
        "added_spread",
        "added spread",
        "per year",
        "What a quota adds to the cost of credit of all other statuses; 0 where it does not bind",
    ),
    (
        "limit_factor",
        "limit factor",
        "1",
        "What a quota leaves of the credit limit of all other statuses; 1 where it does not bind",
    ),
)
"""Prices."""

QUOTA: Final = ("added_spread", "limit_factor")
"""Prices that exist only where an economy declares a quota (`closure.directed`)."""

AGGREGATES: Final = _table(
    ("output", "output", "goods per year", "Output of all firms, before the wedge on revenue", "Y"),
    ("capital", "capital", "goods", "Capital in use in firms; idle capital comes on top", "K"),
    ("labor", "labour", "workers", "Labour in firms: owners who run none, and workers from outside", "L"),
    (
        "consumption",
        "consumption",
        "goods per year",
        "Consumption of owners; workers from outside consume what they earn on top",
        "C",
    ),
    ("wealth", "wealth", "goods", "Wealth of all owners", "A"),
    ("credit", "credit", "goods", "Credit to firms", "b"),
    ("credit_output", "credit over output", "years of output", "Credit to firms over output"),
    (
        "borrowed",
        "borrowed",
        "goods",
        "Capital of firms beyond the wealth of their owners; credit exceeds it where credit is subsidised",
    ),
    ("capital_output", "capital over output", "years of output", "Capital in use over output"),
    (
        "idle_capital",
        "idle capital",
        "goods",
        "Capital that lies idle and depreciates; positive only where interest is minus depreciation",
    ),
    ("tfp", "productivity", "1", "Total factor productivity, Y / (K^α L^(1-α))^η", "TFP"),
    (
        "tfp_efficient",
        "efficient productivity",
        "1",
        "Productivity if the same firms shared the same inputs so that marginal products are equal",
    ),
    (
        "tfp_loss_within",
        "loss within statuses",
        "log points",
        "Output lost because marginal products differ within statuses",
    ),
    (
        "tfp_loss_between",
        "loss between statuses",
        "log points",
        "Output lost because marginal products differ between statuses",
    ),
    ("entrepreneurs", "entrepreneurs", "share of owners", "Owners who run a firm"),
    ("firms", "firms", "firms per owner", "Number of firms; every entrepreneur runs one"),
    ("top1_wealth", "wealth of the top 1 %", "share of wealth", "Wealth of the richest 1 % of owners"),
    ("top5_wealth", "wealth of the top 5 %", "share of wealth", "Wealth of the richest 5 % of owners"),
    ("top10_wealth", "wealth of the top 10 %", "share of wealth", "Wealth of the richest 10 % of owners"),
    (
        "top10_employment",
        "employment of the top 10 %",
        "share of labour",
        "Labour in the largest 10 % of firms by employment; Buera and Shin (2013) rank establishments so",
    ),
    (
        "top5_earnings",
        "earnings of the top 5 %",
        "share of earnings",
        "Earnings (profit, or wage of who runs no firm) of the 5 % of owners who earn most",
    ),
    ("labor_share", "labour share", "share of output", "Wages paid by firms over output"),
    (
        "outside_labor",
        "outside labour",
        "workers",
        "Workers from outside the model's owners; a result where the wage is given",
        "L0",
    ),
    (
        "spending",
        "public spending",
        "goods per year",
        "Public spending; a result where the fiscal rule is spend",
        "G",
    ),
    (
        "wedge_revenue",
        "revenue of wedges",
        "goods per year",
        "What the budget receives from wedges on revenue",
    ),
    (
        "spread_revenue",
        "revenue of spreads",
        "goods per year",
        "What the budget receives from spreads on credit; negative where credit is subsidised",
    ),
    (
        "size_tax_revenue",
        "revenue of taxes on size",
        "goods per year",
        "What the budget receives from taxes on what firms use of a factor above a threshold",
    ),
    ("fixed_costs", "fixed costs", "goods per year", "Fixed costs of running firms"),
    (
        "net_foreign_assets",
        "net foreign assets",
        "goods",
        "Claims on the rest of the world; minus foreign capital in a closed economy",
    ),
    (
        "fines",
        "fines",
        "share of output",
        "Wealth taken per year by edges that stay in the country, burnt or not, over output",
    ),
    (
        "flight",
        "flight",
        "share of output",
        "Wealth carried abroad per year, net of what is taken or burnt on the way, over output",
    ),
    ("emigrants", "emigrants", "share of owners per year", "Owners who leave the country per year"),
    ("control", "control", "share of output", "Output under statuses that count as controlled by the party"),
    (
        "silence",
        "silence",
        "share of owners who could speak",
        "1 - m_v/(m_v + m_c): m_v owners with voice, m_c owners without it who have a choice to enter it",
    ),
    (
        "silence_owners",
        "silence of firm owners",
        "share of firm owners who could speak",
        "Silence among owners who run a firm",
    ),
)
"""Aggregates of an equilibrium. `null` in JSON (nan in datasets) where one has no meaning, as silence
without voice.
"""

STATUS: Final = _table(
    ("mass", "owners", "share of owners", "Owners in the status"),
    ("output", "output", "goods per year", "Output of firms in the status"),
    ("output_share", "share of output", "share of output", "Output of firms in the status over all output"),
    ("capital", "capital", "goods", "Capital in firms of the status"),
    ("labor", "labour", "workers", "Labour in firms of the status"),
    ("labor_supply", "labour supply", "workers", "Labour of owners in the status who run no firm"),
    ("credit", "credit", "goods", "Credit to firms of the status"),
    ("borrowed", "borrowed", "goods", "Capital of firms of the status beyond the wealth of their owners"),
    ("wealth", "wealth", "goods", "Wealth of owners in the status"),
    ("entrepreneurs", "entrepreneurs", "share of all owners", "Owners in the status who run a firm"),
    ("consumption", "consumption", "goods per year", "Consumption of owners in the status"),
    ("tfp", "productivity", "1", "Productivity of the status, Y_i / (K_i^α L_i^(1-α))^η"),
    (
        "tfp_efficient",
        "efficient productivity",
        "1",
        "Productivity if the firms of the status shared its inputs so that marginal products are equal",
        "A_i",
    ),
    (
        "mpk",
        "marginal product of capital",
        "per year",
        "Capital-weighted mean of the marginal product of capital, αη Y_i/K_i",
    ),
    (
        "loan_rate",
        "loan rate",
        "per year",
        "What credit costs firms of the status: interest and their spread, with what a quota adds to it",
        "r + s",
    ),
)
"""Numbers by status."""

STATUS_FLAGS: Final = _table(
    ("operates", "may run firms", "true or false", "Whether owners may run a firm"),
    ("controlled", "controlled", "true or false", "Whether output counts as controlled by the party"),
    ("voice", "voice", "true or false", "Whether owners speak"),
    ("could_speak", "could speak", "true or false", "Whether owners do not speak but have a choice to"),
    ("listed", "listed", "true or false", "Whether owners have access to public equity"),
)
"""What a status is, as the economy declares it."""

EDGE: Final = _table(
    ("people", "people", "share of owners per year", "Owners who move along the edge per year"),
    ("wealth_moved", "wealth moved", "goods per year", "Wealth that they hold before the move"),
    ("taken", "taken", "goods per year", "Wealth that the move takes, burnt or not"),
)
"""Numbers by edge, and by origin of each edge."""

STATES: Final = _table(
    ("value", "value", "utils", "Value V of the state to its owner", "V"),
    ("consumption", "consumption", "goods per year", "Consumption", "c"),
    ("saving", "saving", "goods per year", "Drift of wealth da/dt, net of growth", "da/dt"),
    (
        "income",
        "income",
        "goods per year",
        "Income r a + y + T of the mean owner of the state, net of what growth takes of wealth",
    ),
    ("mass", "owners", "share of owners", "Owners in the state", "g"),
    (
        "mass_acting",
        "owners by decision",
        "share of owners",
        "Owners who take the decision of this state, as the scheme weighs nodes; sums to `mass`",
        "f",
    ),
    ("runs", "runs a firm", "share of the state", "Owners of the state who run a firm"),
    ("capital", "capital", "goods", "Capital of an owner who runs a firm", "k"),
    ("labor", "labour", "workers", "Labour of an owner who runs a firm", "l"),
    ("credit", "credit", "goods", "Credit to an owner who runs a firm", "b"),
    ("output", "output", "goods per year", "Output of an owner who runs a firm"),
    ("profit", "profit", "goods per year", "Profit of an owner who runs a firm", "π"),
    ("size_tax", "tax on size", "goods per year", "Tax on size of an owner who runs a firm"),
    ("mpk", "marginal product of capital", "per year", "Marginal product of capital, αη output/capital"),
)
"""Variables of `Equilibrium.states` over (status, ability, wealth). Those of an owner who runs a firm are
what would be done where none runs, and nan in statuses that may run no firm. `size_tax` exists only where an
economy declares one."""

IDENTITY: Final = _table(
    ("output", "output", "goods per year", "Output", "Y"),
    ("consumption", "consumption of owners", "goods per year", "Minus consumption of owners", "-C"),
    (
        "outside_workers",
        "consumption of outside workers",
        "goods per year",
        "Minus consumption of workers from outside",
        "-w L0",
    ),
    (
        "depreciation",
        "depreciation",
        "goods per year",
        "Minus depreciation of all capital, idle capital too",
        "-δ K",
    ),
    ("fixed_costs", "fixed costs", "goods per year", "Minus fixed costs"),
    ("spending", "public spending", "goods per year", "Minus public spending", "-G"),
    (
        "paid_to_foreign_capital",
        "paid to foreign capital",
        "goods per year",
        "Minus interest on capital that owners do not own",
        "-r (K - A)",
    ),
    (
        "carried_abroad",
        "wealth carried abroad",
        "goods per year",
        "Minus wealth carried abroad, net of what is taken",
    ),
    ("burnt", "wealth burnt", "goods per year", "Minus wealth that moves destroy"),
    ("growth", "growth of wealth", "goods per year", "Minus what growth takes of wealth", "-g A"),
    ("residual", "residual", "goods per year", "Sum of all terms; 0 by Walras' law and never used to solve"),
)
"""Terms of the goods identity, with their signs."""

CERTIFICATE: Final = _table(
    ("hjb", "value equation", "log points of consumption per year", "Largest residual of the value equation"),
    ("distribution", "distribution", "share of owners per year", "Sum over states of |inflow - outflow|"),
    ("mass", "mass", "share of owners", "Total mass less 1"),
    ("labor", "labour market", "relative", "Demand less supply of labour; 0 where the wage is given"),
    (
        "capital",
        "capital market",
        "relative",
        "Demand less supply of capital; 0 in an open economy, negative where capital lies idle",
    ),
    (
        "budget",
        "budget",
        "share of output",
        "Receipts less transfer and spending; 0 where spending is a result",
    ),
    (
        "quota",
        "quota",
        "share",
        "Share of the statuses that a quota names less the share it asks for; 0 without a quota",
    ),
    ("walras", "goods", "share of output", "Residual of the goods identity; never used to solve"),
    ("top_mass", "owners at the top of the grid", "share of owners", "Owners at the last wealth node"),
    (
        "least_mass",
        "smallest mass",
        "share of owners",
        "Smallest mass of any state; below 0 by rounding, and on a path for a while where decisions jump",
    ),
    ("rounds", "rounds", "rounds", "Rounds of Newton on prices"),
)
"""Residuals and counts by which a result is certified."""

CERTIFICATE_PATH: Final = {
    **CERTIFICATE,
    **_table(
        (
            "foresight",
            "foresight",
            "logs, or points",
            "Largest difference between the prices that owners foresaw for a date and those that clear it; 0 "
            "in a stationary state",
        ),
    ),
}
"""The same of a path, on which owners also foresee."""

PROVENANCE: Final = _table(
    ("program", "program", "", "Name of the program"),
    ("version", "version", "", "Version of the program"),
    ("python", "Python", "", "Version of Python"),
    ("numba", "numba", "", "Version of numba"),
    ("numpy", "NumPy", "", "Version of NumPy"),
    ("platform", "platform", "", "Operating system and machine"),
    ("processor", "processor", "", "Processor that solved"),
    ("economy", "economy", "", "Name of the economy"),
    ("economy_hash", "hash of the economy", "", "SHA-256 of all that affects the solution"),
    ("created", "created", "", "Date and time, UTC, ISO 8601"),
    ("command", "command", "", "Command line; null where the result came through the Python API"),
    ("seconds", "seconds", "seconds", "Time that solving took, compilation included"),
    ("seed", "seed", "", "Seed of random numbers; null since none are used"),
)
"""Where a result comes from."""


def _as(table: dict[str, Measure], **names: str) -> dict[str, Measure]:
    """Rows of a table under other names."""
    return {new: replace(table[old], name=new) for new, old in names.items()}


PATH: Final[dict[str, Measure]] = {
    "output": AGGREGATES["output"],
    **{name: PRICES[name] for name in ("wage", "interest", "transfer")},
    **{
        name: AGGREGATES[name]
        for name in (
            "capital",
            "consumption",
            "labor",
            "wealth",
            "credit",
            "credit_output",
            "capital_output",
            "idle_capital",
            "tfp",
            "tfp_efficient",
            "tfp_loss_within",
            "tfp_loss_between",
            "entrepreneurs",
            "labor_share",
            "outside_labor",
            "spending",
            "size_tax_revenue",
            "net_foreign_assets",
            "fines",
            "flight",
            "emigrants",
            "control",
            "silence",
            "silence_owners",
        )
    },
    **{name: PRICES[name] for name in QUOTA},
}
"""Variables of a path over time, and of the economy without the events; those of `QUOTA` only where an
economy declares one."""

PATH_STATUS: Final[dict[str, Measure]] = {
    **_as(
        STATUS,
        **{
            f"{name}_by_status": name
            for name in (
                "mass",
                "output",
                "capital",
                "labor",
                "credit",
                "wealth",
                "entrepreneurs",
                "consumption",
                "mpk",
                "loan_rate",
            )
        },
    ),
    "investment_by_status": Measure(
        "investment_by_status",
        "investment",
        "goods per year",
        "Gross investment in firms of the status, dK/dt + (δ + g) K with K per unit of trend; capital that "
        "changes hands on the day of a surprise is no investment",
        "I",
    ),
    "market_value_by_status": Measure(
        "market_value_by_status",
        "market value",
        "goods",
        "Own funds in firms of the status and the present value of their profits to come; nan where it was "
        "not asked for",
    ),
}
"""Variables of a path over time and status."""

PATH_ARC: Final[dict[str, Measure]] = EDGE
"""Variables of a path over time and arc."""

PATH_PARAMETER: Final = _table(
    (
        "parameter_value",
        "parameter",
        "as declared",
        "Actual value of a parameter that the chronicle moves, in the unit of the parameter",
    ),
)
"""Variables of a path over time and parameter."""

PATH_RESIDUAL: Final[dict[str, Measure]] = _as(
    CERTIFICATE_PATH,
    **{
        f"residual_{name}": name
        for name in ("labor", "capital", "budget", "quota", "walras", "foresight", "hjb", "mass")
    },
)
"""Residuals of a path over time."""

SURPRISE: Final = _table(
    ("rounds", "rounds", "rounds", "Rounds of Newton on the path that the surprise announces"),
    ("seconds", "seconds", "seconds", "Time that solving the path took"),
    ("worst", "worst residual", "relative", "Largest residual of a market at any date of the path"),
    (
        "distance",
        "distance to the end",
        "share of owners",
        "L1 distance of the distribution at the horizon from the stationary state announced",
    ),
    ("horizon", "horizon", "years", "Years from the surprise to the end of the path that was solved"),
)
"""Numbers of each surprise."""

SURPRISE_WELFARE: Final = _table(
    (
        "gain",
        "gain",
        "log points of consumption",
        "Mean consumption-equivalent change of the group: the path announced at the surprise against the one "
        "that was expected just before",
    ),
    ("mass", "owners", "share of owners", "Owners of the group at the surprise"),
    ("share_gaining", "share that gains", "share of the group", "Owners of the group who gain"),
    ("share_losing", "share that loses", "share of the group", "Owners of the group who lose"),
    ("gain_in_all", "gain of all", "log points of consumption", "Mean consumption-equivalent change"),
    ("votes_for", "votes for", "share of owners", "Owners who gain, and would vote for it"),
    ("votes_against", "votes against", "share of owners", "Owners who lose, and would vote against it"),
)
"""Who gains from a surprise, by status, quintile of wealth and ability; and in all."""

OBSERVED: Final = _table(
    ("published", "published", "of the series", "Value as it was published"),
    (
        "observed",
        "observed",
        "of the comparison",
        "Value as it is compared: level, share, change, index or growth",
    ),
    ("model", "model", "of the comparison", "What the model has for it; nan beyond the horizon of the path"),
    (
        "difference_se",
        "difference",
        "standard errors",
        "Model less observed, in standard errors of the series; nan where it has none",
    ),
    ("is_base", "base", "0 or 1", "1 where the value is the one that others refer to, equal by construction"),
)
"""Values of observed series."""

FIT: Final = _table(
    ("n", "values", "values", "Values that are compared: without bases, and within the horizon of the path"),
    (
        "rmse",
        "rmse",
        "of the comparison",
        "Root mean square of the differences between model and observed values",
    ),
    (
        "mean_difference",
        "mean difference",
        "of the comparison",
        "Mean of the differences, model less observed",
    ),
    ("rms_se", "rms difference", "standard errors", "Root mean square of the differences in standard errors"),
    (
        "correlation",
        "correlation of changes",
        "1",
        "Correlation of changes from one value to the next, of three changes or more",
    ),
    (
        "response",
        "response",
        "1",
        "By how much the model moves where the observed moves by 1: its changes regressed on those observed",
    ),
)
"""Agreement of the model with an observed series."""

TABLES: Final = (
    ("price", PRICES),
    ("aggregate", AGGREGATES),
    ("number by status", STATUS),
    ("flag of a status", STATUS_FLAGS),
    ("number by edge", EDGE),
    ("state variable", STATES),
    ("certificate", CERTIFICATE),
    ("provenance", PROVENANCE),
    ("path", PATH),
    ("path by status", PATH_STATUS),
    ("path by edge and origin", PATH_ARC),
    ("path by parameter", PATH_PARAMETER),
    ("certificate of a path", PATH_RESIDUAL),
    ("number of a surprise", SURPRISE),
    ("welfare of a surprise", SURPRISE_WELFARE),
    ("observed value", OBSERVED),
    ("agreement with an observed series", FIT),
)
"""All tables with what their entries are."""


def explain(name: str) -> list[str]:
    """What every number of that name is, a paragraph for each meaning; empty where there is none."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for kind, table in TABLES:
        if name in table:
            measure = table[name]
            kinds.setdefault((measure.description, measure.symbol, measure.unit), []).append(kind)
    paragraphs = []
    for (description, symbol, unit), names in kinds.items():
        rows = {"symbol": symbol, "unit": unit}
        lines = [f"{name} ({', '.join(names)} of a result)", f"  {description}"]
        paragraphs.append(
            "\n".join([*lines, *(f"  {key + ':':<9}{value}" for key, value in rows.items() if value)])
        )
    return paragraphs
