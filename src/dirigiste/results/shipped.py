"""What comes with the package."""

from __future__ import annotations

from dirigiste import chronicle as chronicles
from dirigiste import economy as economies


def shipped() -> dict[str, list[str]]:
    """Names of the economies and chronicles that come with the package, for `load`, `solve` and `run`."""
    return {"economies": economies.shipped(), "chronicles": chronicles.shipped()}
