"""How long work tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """What is called now and then while something is solved."""

    def __call__(self, stage: str, round_: int, residual: float, /) -> None:
        """Take note.

        Args:
            stage: What is being done; may end with how far it is, as in `set 3 of 8`.
            round_: Round of the iteration, from 1; 0 where there are none.
            residual: Largest residual; nan where it is not known.
        """
