"""Explains the keys of chronicle files: meaning, symbol, unit, range and default."""

from __future__ import annotations

from dirigiste.chronicle.model import Chronicle
from dirigiste.documents.explain import explain as explain_key


def explain(path: str) -> str:
    """Explain a key of chronicle files, such as `events.changes.half_life` or `beliefs.half_life`.

    Args:
        path: Dotted path; numbers of list entries and names of edges are left out.

    Returns:
        A few lines of text.

    Raises:
        InputError: No such key; with a near match.
    """
    text = explain_key(path, Chronicle)
    front = path.rpartition(".")[0]
    if text == path and front:  # a number in a mapping by names
        return f"{path}\n" + explain(front).partition("\n")[2]
    return text
