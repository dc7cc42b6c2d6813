"""Economies and chronicles, whichever a file or a name is."""

from __future__ import annotations

from pathlib import Path

from dirigiste import chronicle as chronicles
from dirigiste import economy as economies
from dirigiste.chronicle import Chronicle
from dirigiste.chronicle import loader as chronicle_loader
from dirigiste.documents import reading
from dirigiste.documents.words import near
from dirigiste.economy import Economy
from dirigiste.economy import loader as economy_loader
from dirigiste.errors import InputError


def load(name_or_path: str | Path) -> Economy | Chronicle:
    """Read an economy or a chronicle.

    Args:
        name_or_path: Name of one that comes with the package (`shipped`), or a YAML file. A chronicle is a
            file with `events`.

    Returns:
        An economy, or a chronicle whose `baseline` is its economy.

    Raises:
        InputError: With every problem: place, dotted key, what was given, what is allowed.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        document = reading.read(path)
        if "events" in document.plain():
            return chronicle_loader.of_document(document)
        return economy_loader.of_document(document)
    if str(name_or_path) in chronicles.shipped():
        return chronicles.load(name_or_path)
    if not path.exists() and path.suffix not in {".yaml", ".yml"}:
        known = [*economies.shipped(), *chronicles.shipped()]
        if str(name_or_path) not in known:
            raise InputError.of(
                "no such file, and no economy or chronicle of that name comes with the package; these do: "
                + ", ".join(known),
                file=str(name_or_path),
                suggestion=near(str(name_or_path), known),
            )
    return economies.load(name_or_path)
