"""Nothing imports upwards, and no modules import each other in a circle: read from the source."""

import ast
from functools import cache
from pathlib import Path

import dirigiste

ROOT = Path(dirigiste.__file__).parent

FLOORS = [
    {"config", "errors", "imports", "numbers", "outputs", "progress", "version"},
    {"documents"},
    {"economy"},
    {"chronicle"},
    {"numerics"},
    {"solver"},
    {"results"},
    {"measurement", "report"},
    {"replications"},
    {"loading"},
    {"fit", "sweep"},
    {"frontiers"},
    {"dirigiste"},
    {"cli", "__main__"},
]
"""Folders and single modules from the ground up; `dirigiste` is the package itself, which offers all."""

UPWARDS = {
    (
        "config",
        "numerics.compiled.programs",
    ): "`config.ensure` and `config.current_cache` ask the solver's programs",
    ("numerics.compiled.warmup", "results.runs.impulse"): "compiles every kernel by solving small examples",
    ("numerics.compiled.warmup", "results.equilibria.known"): "the same",
    ("numerics.compiled.warmup", "results.runs.run"): "the same",
    ("numerics.compiled.warmup", "results.equilibria.solve"): "the same",
    ("results.runs.run", "report"): "`Run.save` also writes the report",
    (
        "chronicle.observed.checks",
        "results.quantities.outcomes",
    ): "observed series name outcomes of results, which are declared there",
    ("chronicle.observed.checks", "results.quantities.expression"): "and arithmetic of them",
}
"""Imports that lead upwards all the same, each inside of a function, and why."""

CIRCULAR = {
    (
        "results.equilibria.equilibrium",
        "results.equilibria.sensitivity",
    ): "a method of equilibria that evaluates them again, and solves economies where it is given one",
    (
        "numerics.stationary.start",
        "numerics.annual.cold",
    ): "the first guess of an economy in periods starts from the "
    "functions of the first guess in continuous time",
}
"""Imports inside of functions that close a circle, and why."""


def modules():
    """Sources of all modules, by their names below the package."""
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "dirigiste"] = file
    return found


MODULES = modules()


def imported(node):
    """Modules of the package that an import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        assert node.level == 0, "an import that is relative to its own place"
        assert node.module is not None
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        names = [name if name.removeprefix("dirigiste.") in MODULES else node.module for name in inner]
    return {name.removeprefix("dirigiste.") for name in names if name.partition(".")[0] == "dirigiste"}


def imports(tree, *, typing):
    """Modules that are imported at the top or in functions; with `typing` also for type checkers alone."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= imported(node)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found |= imports(node, typing=typing) if typing else set()
        else:
            found |= imports(node, typing=typing)
    return found


@cache
def graph(*, typing):
    """What every module imports, by name."""
    trees = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in MODULES.items()}
    return {name: imports(tree, typing=typing) - {name} for name, tree in trees.items()}


def reached(edges, start):
    """Modules that come along with one, directly or not."""
    seen, todo = set(), [start]
    while todo:
        new = edges[todo.pop()] - seen
        seen |= new
        todo += new
    return seen


def test_every_module_has_a_floor_and_every_import_a_module():
    floors = set().union(*FLOORS)
    assert {name.partition(".")[0] for name in MODULES} == floors
    assert set().union(*graph(typing=True).values()) <= set(MODULES)


def test_folders_with_modules_are_packages():
    """A folder that version control leaves out has no `__init__.py` in a clone, and is missing in a wheel."""
    folders = {file.parent for file in MODULES.values()}
    assert {folder for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_nothing_imports_upwards():
    rank = {name: n for n, floor in enumerate(FLOORS) for name in floor}
    upwards = {
        (name, other)
        for name, others in graph(typing=True).items()
        for other in others
        if rank[other.partition(".")[0]] > rank[name.partition(".")[0]]
    }
    assert upwards == set(UPWARDS)


def test_no_circles():
    """Also counts imports inside of functions, which only put a circle off."""
    edges = {
        name: {other for other in others if (name, other) not in {**UPWARDS, **CIRCULAR}}
        for name, others in graph(typing=False).items()
    }
    circles = {name: sorted(reached(edges, name)) for name in edges if name in reached(edges, name)}
    assert not circles
    assert all(other in graph(typing=False)[name] for name, other in CIRCULAR)


def test_documents_know_nothing_of_the_package():
    for name, others in graph(typing=True).items():
        if name.partition(".")[0] == "documents":
            assert {other for other in others if other.partition(".")[0] != "documents"} <= {"errors"}, name
