"""What a parameter of an economy is: its meaning, symbol, unit, range, default, where it enters the model."""

from dirigiste.documents.explain import explain as explain_key
from dirigiste.economy.model import Economy


def explain(path: str) -> str:
    """Explain a parameter or a group of parameters.

    Args:
        path: Dotted path; the name of a status or an edge may be left out (`statuses.collateral`).

    Returns:
        A few lines of text.

    Raises:
        InputError: No such parameter; with a near match.
    """
    return explain_key(path, Economy)
