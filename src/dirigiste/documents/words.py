"""Words for messages: what was probably meant, and values as users write them."""

from __future__ import annotations

import datetime as dt
import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def near(word: str, allowed: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str | None:
    """The allowed word that `word` was probably meant to be.

    Args:
        word: What was given.
        allowed: What could have been given.
        synonyms: Other words that people write, each with the word that is meant.
    """
    choices = list(allowed)
    lower = word.lower().replace("-", "_").replace(" ", "_")
    synonym = None if synonyms is None else synonyms.get(lower)
    if lower in choices:
        return lower
    if synonym in choices:
        return synonym
    matches = difflib.get_close_matches(lower, choices, n=1, cutoff=0.6)
    return matches[0] if matches else None


def one_of(words: Iterable[str]) -> str:
    """Words in a row, each in back quotes."""
    return ", ".join(f"`{word}`" for word in words)


def shown(value: object) -> str:
    """A given value, named by its kind where that matters."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"text '{value}'" if len(value) < 60 else f"text '{value[:57]}...'"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case dt.date():
            return f"the date {value}"
        case _:
            return repr(value)
