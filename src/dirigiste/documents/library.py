"""Opening documents: files, and those that come with the package under a name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dirigiste.documents import reading
from dirigiste.documents.nodes import Document
from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem


@dataclass(frozen=True)
class Library:
    """The documents of one kind that come with the package: the folder `shipped` of another package."""

    package: str
    """Package that holds the folder."""
    what: str
    """What the documents are, in one word."""

    def names(self) -> list[str]:
        """Names of what comes with the package."""
        folder = resources.files(self.package).joinpath("shipped")
        if not folder.is_dir():
            return []
        items = (item.name for item in folder.iterdir())
        return sorted(name.removesuffix(".yaml") for name in items if name.endswith(".yaml"))

    def opened(self, name_or_path: str | Path, base: str | None = None) -> Document:
        """The document in a file, or under a name.

        Args:
            name_or_path: A file, or the name of a document that comes with the package; a file goes first.
            base: File to which a relative path refers; the working folder if left out.

        Raises:
            InputError: There is none, or it cannot be read.
        """
        text = str(name_or_path)
        path = Path(text).expanduser()
        if base is not None and not path.is_absolute():
            path = Path(base).parent / path
        if path.is_file():
            return reading.read(path)
        names = self.names()
        if text in names:
            item = resources.files(self.package).joinpath("shipped", f"{text}.yaml")
            return reading.parse(item.read_text(encoding="utf-8"), file=f"{text}.yaml")
        if path.suffix in {".yaml", ".yml"} or path.is_dir():
            return reading.read(path)
        known = f"; shipped are {', '.join(names)}" if names else ""
        message = f"no such file, and no shipped {self.what} of that name{known}"
        raise InputError.of(message, file=text, suggestion=near(text, names))


def check_version(document: Document, newest: int) -> None:
    """Refuse a document of a format that is newer than the program.

    Args:
        document: The document; its `schema_version` is the version of its format.
        newest: Newest version that the program reads.

    Raises:
        InputError: The document is newer.
    """
    data = document.plain()
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > newest:
        place = document.locate(("schema_version",))
        message = (
            f"this file has format version {version}, this program reads versions up to {newest}; "
            "install a newer dirigiste"
        )
        raise InputError([Problem(place.file, place.line, place.column, "schema_version", message)])
