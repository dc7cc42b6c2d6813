"""Economies in: from a shipped name, a file or a text; `extends` resolved, every fault reported at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, TypeVar

from dirigiste.economy import yaml_file
from dirigiste.economy.checks import check_model, check_references
from dirigiste.economy.extends import merge
from dirigiste.economy.messages import near
from dirigiste.economy.model import SCHEMA_VERSION, Economy
from dirigiste.economy.nodes import Document, Leaf, Source, Table
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E", bound=Economy)


def shipped() -> list[str]:
    """Names of the economies that come with the package."""
    folder = resources.files("dirigiste.economy").joinpath("shipped")
    if not folder.is_dir():
        return []
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load(name_or_path: str | FilePath) -> Economy:
    """Read an economy.

    Args:
        name_or_path: Name of a shipped economy, or a YAML file.

    Returns:
        The economy, checked.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return build(resolve(_open(name_or_path, base=None), trail=()))


def loads(text: str, file: str = "<text>") -> Economy:
    """Read an economy from YAML text; `file` is what messages call it; a relative `extends` starts there.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    return build(resolve(yaml_file.parse(text, file=file), trail=()))


def build(document: Document, *, sources: Mapping[str, Source] | None = None, model: type[E] = Economy) -> E:
    """Build and check an economy from a document without `extends`.

    Raises:
        InputError: With every problem of form and of content.
    """
    data = document.plain()
    _check_version(document, data)
    economy, problems = yaml_file.attempt(model, document)
    problems += check_references(data, document)
    if economy is not None:
        problems += check_model(economy, document)
    if problems or economy is None:
        raise InputError(problems)
    economy._sources.update(document.sources() if sources is None else sources)
    return economy


def resolve(document: Document, *, trail: tuple[str, ...]) -> Document:
    """Merge a document onto what it extends, and that onto what it extends in turn.

    Raises:
        InputError: A parent is missing, or files extend each other in a circle.
    """
    root = document.root
    if not isinstance(root, Table) or "extends" not in root.entries:
        return document
    node = root.entries["extends"].node
    place = node.place
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        raise InputError(
            [Problem(place.file, place.line, place.column, "extends", "must be a file or a shipped name")]
        )
    trail = (*trail, _identity(document.file))
    try:
        parent = _open(node.value, base=document.file)
    except InputError as error:
        raise InputError(
            [_at(problem, place.file, place.line, place.column) for problem in error.problems]
        ) from None
    if _identity(parent.file) in trail:
        circle = " -> ".join(FilePath(file).name for file in (*trail, parent.file))
        message = f"files extend each other in a circle: {circle}"
        raise InputError([Problem(place.file, place.line, place.column, "extends", message)])
    parent = resolve(parent, trail=trail)
    return merge(parent, document)


def _at(problem: Problem, file: str, line: int, column: int) -> Problem:
    """Tell a fault in opening the parent where the child names it; one inside the parent stays there."""
    if problem.line:
        return problem
    return Problem(file, line, column, "extends", f"{problem.file}: {problem.message}", problem.suggestion)


def _identity(file: str) -> str:
    path = FilePath(file)
    return str(path.resolve()) if path.exists() else file


def _open(name_or_path: str | FilePath, *, base: str | None) -> Document:
    text = str(name_or_path)
    path = FilePath(text).expanduser()
    if base is not None and not path.is_absolute():
        path = FilePath(base).parent / path
    if path.is_file():
        return yaml_file.read(path)
    names = shipped()
    if text in names:
        item = resources.files("dirigiste.economy").joinpath("shipped", f"{text}.yaml")
        return yaml_file.parse(item.read_text(encoding="utf-8"), file=f"{text}.yaml")
    if path.suffix in {".yaml", ".yml"} or path.is_dir():
        return yaml_file.read(path)
    known = f"; shipped are {', '.join(names)}" if names else ""
    message = f"no such file, and no shipped economy of that name{known}"
    raise InputError.of(message, file=text, suggestion=near(text, names))


def _check_version(document: Document, data: object) -> None:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        place = document.locate(("schema_version",))
        message = (
            f"this file has format version {version}, this program reads versions up to {SCHEMA_VERSION}; "
            "install a newer dirigiste"
        )
        raise InputError([Problem(place.file, place.line, place.column, "schema_version", message)])
