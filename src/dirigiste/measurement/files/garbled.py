"""Text that was decoded with the wrong encoding: whether it looks so, and which encoding to try."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

HIGH: Final = re.compile(rb"[\x80-\xff]+")
LEAST: Final = 4
"""Fewest consecutive high bytes that indicate Chinese text."""

FULL: Final = "\ufffd"
"""What decoders put where bytes are no text."""

COMMON: Final = "、。《》（），：；！？％·—…“”‘’〇"
"""Chinese signs that are no letters."""


def encoding_of(raw: bytes) -> str | None:
    """The encoding that bytes seem to be in: None if they are plain UTF-8 or ASCII; of others, one to try.

    Chinese text (GB 18030) comes in pairs of high bytes, and several of them together; western letters stand
    mostly alone.
    """
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3 and error.reason == "unexpected end of data":
            return None
    else:
        return None
    runs = HIGH.findall(raw)
    paired = sum(len(run) for run in runs if len(run) % 2 == 0)
    several = any(len(run) >= LEAST for run in runs)
    if several and 2 * paired > sum(map(len, runs)):
        try:
            text = raw.decode("gb18030", errors="ignore")
        except UnicodeDecodeError:  # pragma: no cover  (errors are ignored)
            return "cp1252"
        letters = [sign for sign in text if ord(sign) > 0x7F]
        if sum(map(chinese, letters)) > 0.8 * len(letters):
            return "gb18030"
    return "cp1252"


def chinese(sign: str) -> bool:
    """Whether a sign is a Chinese character or one that stands between them."""
    return "\u4e00" <= sign <= "\u9fff" or "\u3000" <= sign <= "\u303f" or sign in COMMON or sign > "\uff00"


def hint(texts: Iterable[str]) -> str | None:
    """What to say of names and labels that look as if another encoding were meant; None if they do not.

    Looked for are signs that stand for undecodable bytes, UTF-8 and Chinese text taken for western letters.
    """
    for text in texts:
        if FULL in text:
            return f"text such as `{text}` holds bytes that are no text; --encoding names another encoding"
        if text.isascii():
            continue
        try:
            raw = text.encode("latin-1")
        except UnicodeEncodeError:
            try:
                raw = text.encode("cp1252")
            except UnicodeEncodeError:
                continue
        try:
            better = raw.decode("utf-8")
            name = "utf-8"
        except UnicodeDecodeError:
            name = encoding_of(raw) or ""
            if name != "gb18030" and not re.search(r"[\x80-\x9f]", text):
                continue
            try:
                better = raw.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
        return f"text such as `{text}` looks garbled; with `--encoding {name}` it is `{better}`"
    return None
