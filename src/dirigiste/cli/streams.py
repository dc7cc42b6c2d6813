"""Standard output that may lack signs, be closed, be full, or have a reader that has seen enough."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


SPELLED: Final = {
    "σ": "sigma",
    "α": "alpha",
    "τ": "tau",
    "θ": "theta",
    "η": "eta",
    "κ": "kappa",
    "λ": "lambda",
    "Φ": "Phi",
    "Ψ": "Psi",
    "φ": "phi",
    "Δ": "d",
    "Σ": "sum",
    "Π": "prod",
    "√": "sqrt",
    "∞": "inf",
    "²": "^2",
    "−": "-",
    "–": "-",
    "…": "...",
    "·": ".",
    "\u0305": "_",
}
"""Signs of the output for terminals that do not have them."""


def spell_out() -> None:
    """Let results be printed whatever signs a terminal has, and where there is no standard output."""

    def spelled(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        lost = error.object[error.start : error.end]
        return "".join(SPELLED.get(sign, "?") for sign in lost), error.end

    codecs.register_error("spelled", spelled)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (open until the end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spelled")


@contextlib.contextmanager
def printing(problems: list[Problem]) -> Iterator[None]:
    """Print; where standard output takes nothing more, say so among the problems and print no more.

    A reader that has seen enough (as `head` does) is no problem.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        problem = fault(error)
        if problem is not None:
            problems.append(problem)
        silence()


def fault(error: OSError) -> Problem | None:
    """The problem of a standard output that takes nothing more; None if its reader has seen enough."""
    if isinstance(error, BrokenPipeError):
        return None
    return Problem("standard output", 0, 0, "", f"cannot be written: {error.strerror or error}")


def silence() -> None:
    """Let all that is printed from here on go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
