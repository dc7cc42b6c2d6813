"""`dirigiste measure`: misallocation in a file of firms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dirigiste.cli import console, firm_files, streams
from dirigiste.cli import measure_text as text
from dirigiste.cli.measure_files import Files
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measurement.checks.finding import Finding
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Firms
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.output.table import Table

SHOWN: Final = (
    "summary",
    "production_function",
    "gains_by_year",
    "dispersion",
    "groups",
    "regressions",
    "by",  # tables of --by
    "regress",
    "event_study",
    "intervals",
    "specifications",
)
"""Tables that are printed where none is asked for by name."""

BY: Final = ("split_by_", "groups_by_", "regressions_by_")
"""How names of the tables of --by begin."""

COEFFICIENTS: Final = "regress_coefficients"
"""The table of `regress` as programs read it: it goes into files and --json with it."""

DRAWS: Final = 200
"""Draws of firms for the standard errors of moments."""

LIMIT: Final = 30
"""Rows of a table that are printed where not all are asked for."""

FORMULAS: Final = (
    "regress",
    "event_study",
    "cluster",
    "stars",
    "event_window",
    "event_method",
    "regress_title",
    "regress_label",
)
"""Options of regressions."""

ROLE_OPTIONS: Final = {
    "output": ("--output", "Value added, nominal: a column, or a formula such as 'sales - inputs'."),
    "sales": ("--sales", "Sales or gross output; with --inputs, value added is the difference."),
    "inputs": ("--inputs", "Purchased inputs."),
    "wage_bill": ("--wage-bill", "Labour cost of the year, in the currency of the file."),
    "employment": ("--employment", "Persons; labour input where there is no wage bill."),
    "capital": ("--capital", "Capital stock, in the currency of the file."),
    "industry": ("--industry", "Industry; default: all firms in one."),
    "year": ("--year", "Year; default: one cross-section."),
    "id": ("--id", "The firm."),
    "group": (
        "--group",
        "Ownership or political group; or ranges, 'soe: state_share >= 0.5; private: else'.",
    ),
    "weight": ("--weight", "Sampling weight."),
}


def roles(function: Callable[..., Any]) -> Callable[..., Any]:
    """One option for each role."""
    for name, (option, about) in reversed(ROLE_OPTIONS.items()):
        function = click.option(option, f"role_{name}", metavar="COLUMN", help=about)(function)
    return function


def fitting(choices: Choices, firms: Firms) -> Choices:
    """The choices for a file that may have only a head count.

    Raises:
        InputError: Own capital shares were asked for, and there is no wage bill.
    """
    if "wage_bill" in firms.roles:
        return choices
    if choices.alpha in ("own", "own-corrected"):
        message = (
            f"`{choices.alpha}` capital shares need a wage bill, and only the head count is given: give "
            "`--wage-bill COLUMN`, or `--alpha constant:0.4`, or `--alpha table:FILE`"
        )
        raise InputError.of(message, key="--alpha", file=firms.source)
    return choices.with_({"labor": "employment"})


@click.command(
    epilog="Presets: asif, colombia-eam, india-asi, orbis, world-bank. Formulas know or_zero(x), "
    "coalesce(x, y), exp, log, abs, min, max. See docs/measure.md."
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@roles
@click.option(
    "--keep",
    multiple=True,
    metavar="CONDITION",
    help="Measure only rows that satisfy it, such as 'year >= 1998 & exports == 0'; repeat.",
)
@click.option(
    "--drop",
    multiple=True,
    metavar="CONDITION",
    help="Leave out rows that satisfy it, such as 'owner == \"mixed\"'; repeat.",
)
@click.option("--preset", metavar="NAME", help="Roles of a well-known survey.")
@click.option(
    "--map",
    "mapping",
    type=click.Path(path_type=Path),
    metavar="FILE.yaml",
    help="Roles from a mapping file; flags are stronger.",
)
@click.option("--missing", metavar="CODES", help="Codes for missing values, such as -9,-99 (commas between).")
@click.option(
    "--encoding", metavar="NAME", help="Of text and old Stata files that are not UTF-8, such as gb18030."
)
@click.option("--separator", metavar="SIGN", help="Between fields of text files; default: detected.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Sign before decimals; default: detected.")
@click.option("--sheet", metavar="NAME", help="Of an Excel file, name or number; default: the first table.")
@click.option(
    "--skip", type=click.IntRange(min=0), metavar="LINES", help="Lines above the header; default: detected."
)
@click.option(
    "--labor",
    type=click.Choice(["wage-bill", "employment"]),
    default="wage-bill",
    show_default=True,
    help="Labour input: what it costs, or persons.",
)
@click.option(
    "--sigma",
    default="3",
    show_default=True,
    metavar="σ|table:FILE",
    help="Elasticity of substitution within an industry: one number, or a file by industry.",
)
@click.option("--rental", type=float, default=0.1, show_default=True, help="Rental price of capital R.")
@click.option(
    "--alpha",
    default="own",
    show_default=True,
    metavar="own|own-corrected|acf|acf:DIGITS|table:FILE|constant:A",
    help="Capital shares: from own wage shares, these corrected for the markup, production functions after "
    "Ackerberg, Caves and Frazer, a file, a constant.",
)
@click.option(
    "--trim",
    type=float,
    metavar="PERCENT",
    help="Cut from each tail of TFPR and TFPQ; 0: nothing.  [default: 1, or 0 with --winsor]",
)
@click.option(
    "--winsor",
    type=float,
    metavar="PERCENT",
    help="Give firms in each tail the value at its end, after the trim.",
)
@click.option(
    "--trim-by",
    type=click.Choice(["pooled", "year", "cell"]),
    default="pooled",
    show_default=True,
    help="Where tails are cut or pulled in.",
)
@click.option(
    "--trim-variables",
    default="tfpr,tfpq",
    show_default=True,
    metavar="NAMES",
    help="Of which tails are cut or pulled in: tfpr, tfpq, mrpk, mrpl.",
)
@click.option("--min-cell", type=int, default=1, show_default=True, help="Fewest firms of a cell.")
@click.option(
    "--reference", metavar="GROUP", help="Group that others are compared with; default: the largest."
)
@click.option(
    "--weights",
    type=click.Choice(["sampling", "none"]),
    default="sampling",
    show_default=True,
    help="Whether a row counts as often as its weight says.",
)
@click.option(
    "--deflator",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Price index by year (columns year, index): money in prices of the last year.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="NAMES",
    help="Also split, compare and regress groups by year, or by 'region,industry'; repeat.",
)
@click.option(
    "--regress",
    multiple=True,
    metavar="FORMULA",
    help="Regression such as 'ln_tfpr ~ soe*post + log(age) | industry^year + id'; repeat.",
)
@click.option(
    "--event-study",
    multiple=True,
    metavar="VARIABLE",
    help="Years around a firm's change from 0 to 1 ('!soe': 1 to 0), or a formula with event(soe); repeat.",
)
@click.option(
    "--event-window",
    default="-5,5",
    show_default=True,
    metavar="FIRST,LAST[,REF]",
    help="Years around the event, and the reference year if not -1.",
)
@click.option(
    "--event-method",
    type=click.Choice(["two-way", "sun-abraham"]),
    default="two-way",
    show_default=True,
    help="One coefficient a year, or one a year and event year, averaged.",
)
@click.option(
    "--cluster",
    metavar="NAME[+NAME]",
    help="Cluster regressions; default: by firm, if there are ids; none: robust to heteroskedasticity.",
)
@click.option("--stars", is_flag=True, help="Stars in tables of regressions.")
@click.option("--regress-title", metavar="TEXT", help="Title of the table of regressions.")
@click.option(
    "--regress-label",
    metavar="NAME",
    help="Label of that table in LaTeX, after `tab:`; papers with two such tables need two.  "
    "[default: regress]",
)
@click.option(
    "--eta", type=float, default=0.85, show_default=True, help="Span of control, for the model's version."
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    metavar="DRAWS",
    help="Bootstrap over firms, such as 200; default: 200 with --moments, else none.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the bootstrap."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads of the bootstrap; default: all cores."
)
@click.option("--spec", is_flag=True, help="Also run the grid of usual choices.")
@click.option(
    "--table",
    "names",
    multiple=True,
    metavar="NAME",
    help="This table alone, on the screen, in --out and --json (`all`: all); repeat.",
)
@click.option("--all-rows", is_flag=True, help="Print long tables whole.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write all tables, or those of --table, into this folder.",
)
@click.option(
    "--format",
    "formats",
    default="csv",
    show_default=True,
    metavar="csv,parquet,dta,md,tex",
    help="Formats of --out, commas between.",
)
@click.option(
    "--firms",
    "firms_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all rows with their columns and measures, in the sample or why not: .csv, .parquet, .dta.",
)
@click.option(
    "--figures",
    is_flag=True,
    help="Write figures into --out (or the working directory); as PDF too with --format tex.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write one HTML file with everything.",
)
@click.option(
    "--moments",
    type=click.Path(path_type=Path),
    metavar="FILE.yaml",
    help="Write moments for the calibration of a model.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing but warnings and errors.")
def command(file: Path, **options: Any) -> None:  # noqa: ANN401  (one for each option)
    """Measure misallocation in a file of firms (CSV, Parquet, Stata, Excel).

    After Hsieh and Klenow (2009): wedges from marginal products, gains from equal ones, by ownership or
    political group. Data checks and all choices come before any number.
    """
    try:
        Asked(file, options).run()
    except MemoryError:
        from dirigiste.measurement.files import memory

        raise memory.ran_out(str(file)) from None


class Asked:
    """What the command line asked for, step by step."""

    def __init__(self, file: Path, options: Mapping[str, Any]) -> None:
        self.file = file
        self.options = options
        self.problems: list[Problem] = []
        """What could not be printed or written; reported once all else is done."""
        self.files = Files(file, options, self.problems)
        self.talks = not (options["quiet"] or options["as_json"])

    def run(self) -> None:
        """Read, check, measure, print, write."""
        from dirigiste.measurement import measure
        from dirigiste.measurement.checks.rows import checks
        from dirigiste.measurement.flags import doubtful
        from dirigiste.measurement.measuring import check_by
        from dirigiste.measurement.regressions.requests import requested

        self.files.check()
        choices = self.choices()
        formulas = {name: self.options[name] for name in FORMULAS}
        asked = requested(**formulas).checked()
        console.warn(doubtful(self.options))
        firms = self.firms()
        asked.check_names(firms)
        check_by(firms, self.options["by"])
        choices = fitting(choices, firms)
        findings = checks(firms)
        if self.talks:
            with streams.printing(self.problems):
                text.print_data(firms, findings)
        elif self.options["quiet"]:
            console.warn(str(finding) for finding in findings if finding.kind == "warning")
        with text.draws(quiet=not self.talks) as report:
            measured = measure(
                firms,
                choices,
                bootstrap=self.draws(),
                seed=self.options["seed"],
                jobs=self.options["jobs"],
                progress=report("bootstrap"),
                by=self.options["by"],
                **formulas,
            )
            tables = dict(measured.tables)
            if self.options["spec"]:
                from dirigiste.measurement import specifications

                tables["specifications"] = specifications(firms, choices, progress=report("specifications"))
        if self.options["quiet"]:
            console.warn(measured.warnings)
        self.check_names(measured, tables)
        with streams.printing(self.problems):
            self.print(measured, findings, tables)
        self.files.write(measured, findings, tables, self.chosen(tables, everything=True))
        if self.talks:
            with streams.printing(self.problems):
                self.files.print()
        if self.problems:
            raise InputError(self.problems)

    def draws(self) -> int:
        """Draws of the bootstrap: those asked for, or what moments need for their standard errors."""
        if self.options["bootstrap"] is not None or self.options["moments"] is None:
            return self.options["bootstrap"] or 0
        if not self.options["quiet"]:
            click.echo(
                f"--moments: standard errors by {DRAWS} bootstrap draws; --bootstrap sets their number, 0 "
                "leaves them out",
                err=True,
            )
        return DRAWS

    def firms(self) -> Firms:
        """Read the file."""
        from dirigiste.measurement import read_firms
        from dirigiste.measurement.files import memory

        conditions = bool(self.options["keep"] or self.options["drop"])
        short = memory.shortage(self.file, conditions=conditions)
        console.warn([short] if short else [])
        given = {name: self.options[f"role_{name}"] for name in ROLE_OPTIONS}
        return read_firms(
            self.file,
            **given,
            preset=self.options["preset"],
            mapping=self.options["mapping"],
            missing=console.names(self.options["missing"]) or (),
            form=firm_files.form(self.options),
            keep=self.options["keep"],
            drop=self.options["drop"],
        )

    def choices(self) -> Choices:
        """The choices of the measurement."""
        from dirigiste.measurement.flags import choices

        return choices(self.options)

    def print(self, measured: Measurement, findings: Sequence[Finding], tables: Mapping[str, Table]) -> None:
        """Results on stdout: one JSON object, or tables below the line of choices."""
        if self.options["as_json"]:
            from dirigiste.measurement.output.as_json import as_json

            console.print_json(as_json(measured, findings, self.chosen(tables, everything=True)))
        elif self.talks:
            text.print_results(measured, self.chosen(tables), None if self.options["all_rows"] else LIMIT)
            others = [name for name in tables if name not in self.chosen(tables)]
            if others:
                click.echo(f"\nMore tables (--table NAME, --table all): {', '.join(others)}")

    def chosen(self, tables: Mapping[str, Table], *, everything: bool = False) -> dict[str, Table]:
        """Tables that were asked for by name; else the usual ones, or all.

        Raises:
            InputError: There is no table of that name.
        """
        names = self.options["names"]
        if not names:
            parts = [name for name in tables if name.startswith(BY)]
            order = [one for name in SHOWN for one in (parts if name == "by" else [name])]
            first = {name: tables[name] for name in order if name in tables}
            return {**first, **tables} if everything else first
        if "all" in names:
            return dict(tables)
        chosen = {name: tables[name] for name in names}
        if everything and "regress" in names and COEFFICIENTS in tables:
            chosen[COEFFICIENTS] = tables[COEFFICIENTS]  # the same regressions, for programs
        return chosen

    def check_names(self, measured: Measurement, tables: Mapping[str, Table]) -> None:
        """Raise InputError if there is no table of a name that was asked for; with the reason if known."""
        from dirigiste.documents.words import near

        problems = []
        for name in self.options["names"]:
            if name in tables or name == "all":
                continue
            reason = measured.absent.get(name)
            message = (
                f"no table `{name}`: {reason}"
                if reason
                else f"no table `{name}`; there are {', '.join(tables)}"
            )
            problems.append(Problem("", 0, 0, "--table", message, None if reason else near(name, tables)))
        if problems:
            raise InputError(problems)
