"""Chronicles in: from a shipped name, a file or a text; checked against their economy, all faults at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dirigiste import economy as economies
from dirigiste.chronicle.checks import of_form, on_economy
from dirigiste.chronicle.model import SCHEMA_VERSION, Chronicle
from dirigiste.chronicle.salvage import readable
from dirigiste.economy import yaml_file
from dirigiste.economy.messages import near
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from dirigiste.economy import Economy
    from dirigiste.economy.nodes import Document


def shipped() -> list[str]:
    """Names of the chronicles that come with the package."""
    folder = resources.files("dirigiste.chronicle").joinpath("shipped")
    if not folder.is_dir():
        return []
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load(name_or_path: str | Path) -> Chronicle:
    """Read a chronicle and check it against its economy.

    Args:
        name_or_path: Name of a shipped chronicle, or a YAML file. Its `economy` is a file as seen from
            there, or a shipped one.

    Returns:
        The chronicle; `baseline` is its economy.

    Raises:
        InputError: With every problem, in the chronicle and in its economy: place, dotted key, what to do.
    """
    return _build(_open(name_or_path))


def loads(text: str, file: str = "<text>") -> Chronicle:
    """Read a chronicle from YAML text; `file` is what messages call it, and its economy is seen from there.

    Raises:
        InputError: With every problem, in the chronicle and in its economy: place, dotted key, what to do.
    """
    return _build(yaml_file.parse(text, file=file))


def _build(document: Document) -> Chronicle:
    data = document.plain()
    _check_version(document, data)
    chronicle, problems = yaml_file.attempt(Chronicle, document)
    economy, faults = _economy_of(data, document)
    problems += faults
    known, unread = (chronicle, frozenset()) if chronicle is not None else readable(data)
    problems += of_form(known, document, unread)
    if economy is not None:
        problems += on_economy(known, economy, document, unread)
    if problems or chronicle is None:
        raise InputError(problems)
    chronicle._baseline = economy
    return chronicle


def _economy_of(data: dict[str, Any], document: Document) -> tuple[Economy | None, list[Problem]]:
    """The economy that a chronicle names, with the faults in finding and reading it."""
    named = data.get("economy")
    if not isinstance(named, str) or not named:
        return None, []  # a fault of form, told already
    path = Path(document.file).parent / Path(named).expanduser()
    names = economies.shipped()
    if not path.is_file() and named not in names:
        place = document.locate(("economy",))
        message = f"no such file ({path}), and no shipped economy of that name"
        if names:
            message += f"; shipped are {', '.join(names)}"
        return None, [
            Problem(document.file, place.line, place.column, "economy", message, near(named, names))
        ]
    try:
        return economies.load(path if path.is_file() else named), []
    except InputError as error:
        return None, list(error.problems)


def _open(name_or_path: str | Path) -> Document:
    text = str(name_or_path)
    path = Path(text).expanduser()
    if path.is_file():
        return yaml_file.read(path)
    names = shipped()
    if text in names:
        item = resources.files("dirigiste.chronicle").joinpath("shipped", f"{text}.yaml")
        return yaml_file.parse(item.read_text(encoding="utf-8"), file=f"{text}.yaml")
    if path.suffix in {".yaml", ".yml"} or path.is_dir():
        return yaml_file.read(path)
    known = f"; shipped are {', '.join(names)}" if names else ""
    message = f"no such file, and no shipped chronicle of that name{known}"
    raise InputError.of(message, file=text, suggestion=near(text, names))


def _check_version(document: Document, data: dict[str, Any]) -> None:
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        place = document.locate(("schema_version",))
        message = (
            f"this file has format version {version}, this program reads versions up to {SCHEMA_VERSION}; "
            "install a newer dirigiste"
        )
        raise InputError([Problem(place.file, place.line, place.column, "schema_version", message)])
