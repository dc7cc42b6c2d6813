"""Version of the package."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("dirigiste")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0.1.0"


__version__: Final = _installed()
