"""`dirigiste measure`: misallocation in a file of firms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dirigiste.cli import command_line, console
from dirigiste.cli import measure_text as text
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dirigiste.measure.choices import Choices
    from dirigiste.measure.finding import Finding
    from dirigiste.measure.firms import Firms
    from dirigiste.measure.measurement import Measurement
    from dirigiste.measure.table import Table

SHOWN: Final = (
    "summary",
    "gains_by_year",
    "dispersion",
    "groups",
    "regressions",
    "intervals",
    "specifications",
)
"""Tables that are printed where none is asked for by name."""

LIMIT: Final = 30
"""Rows of a table that are printed where not all are asked for."""

FILES: Final = {"--out": "out", "--firms": "firms_file", "--moments": "moments", "--report": "report"}
"""Options that name what is written, and the arguments that they fill."""

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
    "group": ("--group", "Ownership or political group."),
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
    return choices.with_(labor="employment")


@click.command(
    epilog="Presets: asif, colombia-eam, india-asi, orbis, world-bank. Formulas know or_zero(x), "
    "coalesce(x, y), exp, log, abs, min, max. See docs/measure.md."
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@roles
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
@click.option("--separator", metavar="SIGN", help="Between fields of text files; default: found out.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Sign before decimals; default: found out.")
@click.option("--sheet", metavar="NAME", help="Of an Excel file, name or number; default: the first table.")
@click.option(
    "--skip", type=click.IntRange(min=0), metavar="LINES", help="Lines above the header; default: found out."
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
    metavar="own|own-corrected|table:FILE|constant:A",
    help="Capital shares: from own wage shares, these corrected for the markup, a file, a constant.",
)
@click.option(
    "--trim",
    type=float,
    default=1.0,
    show_default=True,
    metavar="PERCENT",
    help="Cut from each tail of TFPR and TFPQ; 0: nothing.",
)
@click.option(
    "--trim-by",
    type=click.Choice(["pooled", "year", "cell"]),
    default="pooled",
    show_default=True,
    help="Where tails are cut.",
)
@click.option(
    "--trim-variables",
    default="tfpr,tfpq",
    show_default=True,
    metavar="NAMES",
    help="Of which tails are cut: tfpr, tfpq, mrpk, mrpl.",
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
    "--eta", type=float, default=0.85, show_default=True, help="Span of control, for the model's version."
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=0,
    metavar="DRAWS",
    help="Bootstrap over firms, such as 200.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the bootstrap."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads of the bootstrap; default: all cores."
)
@click.option("--spec", is_flag=True, help="Also run the grid of usual choices.")
@click.option(
    "--table", "wanted", multiple=True, metavar="NAME", help="Print this table (`all`: all); repeat."
)
@click.option("--all-rows", is_flag=True, help="Print long tables whole.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write all tables into this folder.",
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
    help="Write rows with their wedges: .csv, .parquet or .dta.",
)
@click.option("--figures", is_flag=True, help="Write figures into --out (or the working directory).")
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
    Asked(file, options).run()


class Asked:
    """What the command line asked for, step by step."""

    def __init__(self, file: Path, options: Mapping[str, Any]) -> None:
        self.file = file
        self.options = dict(options)
        self.formats = console.names(options["formats"]) or []
        self.written: list[Path] = []
        self.problems: list[Problem] = []
        """What could not be printed or written; told once all else is done."""
        self.talks = not (options["quiet"] or options["as_json"])

    def run(self) -> None:
        """Read, check, measure, print, write."""
        from dirigiste.measure import measure
        from dirigiste.measure.data_checks import checks
        from dirigiste.measure.flags import doubtful
        from dirigiste.measure.render.files import check_formats

        text.spell_out()
        check_formats(self.formats)
        self.check_outputs()
        choices = self.choices()
        console.warn(doubtful(self.options))
        firms = self.firms()
        choices = fitting(choices, firms)
        findings = checks(firms)
        if self.talks:
            with text.printing(self.problems):
                text.print_data(firms, findings)
        elif self.options["quiet"]:
            console.warn(str(finding) for finding in findings if finding.kind == "warning")
        with text.draws(quiet=not self.talks) as report:
            measured = measure(
                firms,
                choices,
                bootstrap=self.options["bootstrap"],
                seed=self.options["seed"],
                jobs=self.options["jobs"],
                progress=report("bootstrap"),
            )
            tables = dict(measured.tables)
            if self.options["spec"]:
                from dirigiste.measure import specifications

                tables["specifications"] = specifications(firms, choices, progress=report("specifications"))
        if self.options["quiet"]:
            console.warn(measured.warnings)
        self.check_names(measured, tables)
        with text.printing(self.problems):
            self.print(measured, findings, tables)
        self.write(measured, findings, tables)
        if self.problems:
            raise InputError(self.problems)

    def check_outputs(self) -> None:
        """Say before anything is computed which files cannot be written and which will be replaced.

        What cannot be written is left out, and told again at the end; the rest is done all the same.

        Raises:
            InputError: The format of a file is unknown, or the file of firms itself would be replaced.
        """
        from dirigiste.measure.render.files import frame_kind
        from dirigiste.measure.render.outputs import obstacle

        asked = {option: self.options[name] for option, name in FILES.items()}
        given = {option: path for option, path in asked.items() if path is not None}
        if "--firms" in given:
            frame_kind(given["--firms"])
        places: dict[Path, str] = {self.file.resolve(): "the file of firms"}
        for option, path in given.items():
            problem = obstacle(path, folder=option == "--out")
            if problem is not None:
                self.problems.append(Problem(str(path), 0, 0, option, problem))
                self.options[FILES[option]] = None
                console.warn([f"{option} {path}: {problem}; nothing is written there"])
                continue
            other = places.setdefault(path.resolve(), option)
            if other != option:
                message = f"would replace what {other} names; choose another file"
                raise InputError.of(message, key=option, file=str(path))
            if path.is_file():
                console.warn([f"{option} {path}: exists and is replaced"])
            elif path.is_dir() and any(path.iterdir()):
                console.warn([f"{option} {path}: holds files already; those of the same name are replaced"])

    def firms(self) -> Firms:
        """Read the file."""
        from dirigiste.measure import read_firms
        from dirigiste.measure.source import Form

        given = {name: self.options[f"role_{name}"] for name in ROLE_OPTIONS}
        sign = self.options["separator"]
        return read_firms(
            self.file,
            **given,
            preset=self.options["preset"],
            mapping=self.options["mapping"],
            missing=console.names(self.options["missing"]) or (),
            form=Form(
                "\t" if sign in ("\\t", "tab") else sign,
                self.options["decimal"],
                self.options["encoding"],
                self.options["sheet"],
                self.options["skip"],
            ),
        )

    def choices(self) -> Choices:
        """The choices of the measurement."""
        from dirigiste.measure.flags import choices

        return choices(self.options)

    def print(self, measured: Measurement, findings: Sequence[Finding], tables: Mapping[str, Table]) -> None:
        """Results on stdout: one JSON object, or tables below the line of choices."""
        if self.options["as_json"]:
            from dirigiste.measure.as_json import as_json

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
        wanted = self.options["wanted"]
        if not wanted:
            first = {name: tables[name] for name in SHOWN if name in tables}
            return {**first, **tables} if everything else first
        if "all" in wanted:
            return dict(tables)
        return {name: tables[name] for name in wanted}

    def check_names(self, measured: Measurement, tables: Mapping[str, Table]) -> None:
        """Raise InputError if there is no table of a name that was asked for; with the reason if known."""
        from dirigiste.documents.words import near

        problems = []
        for name in self.options["wanted"]:
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

    def write(self, measured: Measurement, findings: Sequence[Finding], tables: Mapping[str, Table]) -> None:
        """Write the files that were asked for, each whole or not at all, and say where they are."""
        options = self.options
        folder: Path | None = options["out"]
        line = measured.choices.line()
        if folder is not None:
            from dirigiste.measure.render.files import write_tables

            title = f"Misallocation in {measured.firms.source}"
            chosen = self.chosen(tables, everything=True)
            self.attempt(lambda: write_tables(chosen, folder, self.formats, line, title))
        if options["firms_file"] is not None:
            from dirigiste.measure.render.files import write_frame

            self.attempt(lambda: [write_frame(measured.rows, options["firms_file"], title=line)])
        if options["moments"] is not None:
            from dirigiste.measure.moments import write_moments

            self.attempt(lambda: [write_moments(measured, options["moments"])])
        if options["figures"] and (folder is not None or not any(p.key == "--out" for p in self.problems)):
            from dirigiste.measure.figures import boxes, save

            lacking = boxes(measured)
            console.warn([lacking] if lacking else [])
            self.attempt(lambda: save(measured, folder or Path()))
        if options["report"] is not None:
            from dirigiste.measure import page

            report = options["report"]
            self.attempt(lambda: [page.write(measured, findings, report, tables, command_line())])
        with text.printing(self.problems):
            self.print_written(folder)

    def print_written(self, folder: Path | None) -> None:
        """Where files are."""
        written = self.written
        if self.talks and written:
            click.echo("")
            alone = [path for path in written if folder is None or path.parent != folder]
            if len(written) > len(alone):
                click.echo(f"Wrote {len(written) - len(alone)} files into {folder}")
            for path in alone:
                click.echo(f"Wrote {path}")

    def attempt(self, write: Callable[[], list[Path]]) -> None:
        """Write files; a fault is told at the end, when the others are written."""
        try:
            self.written += write()
        except InputError as error:
            self.problems += error.problems
