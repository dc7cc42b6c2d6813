"""Channels: named sets of parameters through which events act, and the one that each parameter belongs to."""

from __future__ import annotations

from typing import Final, Literal, get_args

from dirigiste.economy.edges import ABROAD

Channel = Literal["credit", "fines", "listing", "party", "force", "fear", "exit"]
"""credit (collateral, data lending, spread), fines, listing (access to public equity), party (mandates,
productivity, cost of loyalty), force (actual enforcement), fear (perceived enforcement), exit (abroad)."""

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

LISTED_TERMS: Final = frozenset({"collateral", "spread", "fixed_cost"})
"""Terms of a listed status that represent the benefits and costs of public equity."""


def _status_channel(status: str, field: str) -> Channel | None:
    if status.startswith("listed") and field in LISTED_TERMS:
        return "listing"
    if field in {"collateral", "data_lending", "spread"}:
        return "credit"
    if field == "productivity" or field.split(".")[0] == "mandates":
        return "party"
    return None


def _edge_channel(edge: str, field: str, to: str | None) -> Channel | None:
    if to == ABROAD or (to is None and edge.startswith("emigrate")):
        return "exit"
    if field == "actual":
        return "force"
    if field == "perceived":
        return "fear"
    if edge.startswith(("list", "delist")):
        return "listing"
    if field in {"fine", "fee"}:
        return "fines"
    if edge.startswith("join") and field in {"cost", "rate", "scale"}:
        return "party"
    return None


def default_channel(path: str, to: str | None = None) -> Channel | None:
    """The channel of a parameter, unless a change names another one (docs/method.md, section 11).

    The rules apply in this order: all fields of edges abroad are `exit`; `actual` is `force` and `perceived`
    is `fear`; all other fields of edges named `list…` or `delist…` are `listing`, so that the fee of a
    listing does not count as a fine; `fine` and `fee` are `fines`; cost, rate and scale of edges named
    `join…` are `party`. For a status named `listed…` collateral, spread and fixed cost are `listing`; its
    data lending is `credit`, as for every status.

    Args:
        path: Dotted path into an economy, such as `statuses.independent.collateral`.
        to: Status that the edge leads to, for a path of an edge. Left out, an edge counts as leading
            abroad if its name starts with `emigrate`.

    Returns:
        The channel, or None for a parameter that belongs to none, such as `preferences.rho`.
    """
    head, *rest = path.split(".")
    if head == ABROAD:
        return "exit"
    if len(rest) < 2:
        return None
    name, field = rest[0], ".".join(rest[1:])
    if head == "statuses":
        return _status_channel(name, field)
    if head == "edges":
        return _edge_channel(name, field, to)
    return None
