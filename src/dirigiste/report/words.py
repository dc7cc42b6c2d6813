"""Numbers and names as readers meet them: percentages, changes, money, dates. Pure text, no markup."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dirigiste.numbers import MINUS, NONE, minus, signed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dirigiste.chronicle import Amount, Change, Event
    from dirigiste.economy import Economy

NARROW: Final = "\N{NO-BREAK SPACE}"
ARROW: Final = "\N{RIGHTWARDS ARROW}"

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CONTROL: Final = dict.fromkeys(code for code in (*range(32), 127) if chr(code) not in "\n\t")
"""Control characters, to be left out."""

SCALES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"))
WHAT: Final = {
    "market_value": "market value",
    "credit_book": "credit book",
    "industry": "size of the industry",
    "cap": "cap of a fine",
}


def number(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands apart, and a true minus sign."""
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "no limit" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4 or size > 6:
        mantissa, exponent = f"{value:.{max(digits - 1, 0)}e}".split("e")
        return minus(f"{mantissa}e{int(exponent)}")
    return minus(f"{value:,.{max(digits - 1 - size, 0)}f}").replace(",", NARROW)


def plain(value: float) -> str:
    """A parameter as it was given: up to ten significant digits, without trailing zeros."""
    if math.isinf(value):
        return number(value)
    text = f"{value:.10g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return minus(text)


def short(value: float) -> str:
    """A parameter with up to four significant digits, without trailing zeros."""
    return _trimmed(value, 4) if math.isfinite(value) else number(value)


def clean(text: str) -> str:
    """A text without control characters, which neither XML nor readers can use."""
    return text.translate(CONTROL)


def residual(value: float) -> str:
    """A residual: one digit and its power of ten."""
    if math.isnan(value):
        return NONE
    return "0" if value == 0 else number(value, 2) if abs(value) >= 0.01 else _power(value)


def _power(value: float) -> str:
    mantissa, exponent = f"{value:.0e}".split("e")
    return minus(f"{mantissa}e{int(exponent)}")


def decimals(share: float) -> int:
    """Digits after the point that a share in percent needs so that two of them count."""
    size = abs(share) * 100
    if size == 0 or math.isnan(size) or size >= 9.95:
        return 1
    return min(max(1 - int(f"{size:.1e}".partition("e")[2]), 1), 4)


def percent(share: float, digits: int | None = None) -> str:
    """A share of 1 in percent: `57.2 %`."""
    if math.isnan(share):
        return NONE
    text = f"{100 * share:.{decimals(share) if digits is None else digits}f}"
    return f"{minus(text)}{NARROW}%"


def pair(before: float, after: float) -> str:
    """Two shares in percent with the same digits: `61.0 → 57.2 %`."""
    if math.isnan(before) or math.isnan(after):
        return f"{percent(before)} {ARROW} {percent(after)}"
    digits = max(decimals(before), decimals(after))
    digits = min(digits, 2) if max(abs(before), abs(after)) >= 0.01 else digits
    return f"{percent(before, digits).removesuffix(f'{NARROW}%')} {ARROW} {percent(after, digits)}"


def change(value: float, digits: int | None = None) -> str:
    """A relative change in percent with its sign: `−1.9 %`."""
    return f"{signed(100 * value, fine(value) if digits is None else digits)}{NARROW}%"


def points(value: float, digits: int | None = None) -> str:
    """A change of a share in percentage points with its sign: `+6.2 points`."""
    return f"{signed(100 * value, fine(value) if digits is None else digits)}{NARROW}points"


def fine(value: float) -> int:
    """Digits after the point of a change in percent or points."""
    size = abs(value) * 100
    return 2 if 0.005 <= size < 0.995 else 1


def factor(value: float) -> str:
    """A factor: `× 1.5`."""
    return f"×{NARROW}{plain(value)}"


def listing(items: Sequence[str]) -> str:
    """Items in a sentence: `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def count(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 event`, `3 events`."""
    return f"{n}{NARROW}{one if n == 1 else many or one + 's'}"


def clipped(text: str, most: int = 24) -> str:
    """A text cut to so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def opening(text: str) -> str:
    """A text with a capital at its start."""
    return text[:1].upper() + text[1:]


def status(economy: Economy, name: str) -> str:
    """A status as readers see it: its title, else its name without underscores."""
    declared = economy.statuses.get(name)
    return (declared.title if declared is not None else "") or name.replace("_", " ")


def edge(economy: Economy, name: str) -> str:
    """An edge as readers see it."""
    declared = economy.edges_by_name.get(name)
    return (declared.title if declared is not None else "") or name.replace("_", " ")


def _scaled(value: float, upper: float | None) -> str:
    size, word = next(((s, w) for s, w in SCALES if abs(value) >= s), (1.0, ""))
    digits = 4 if abs(value) / size >= 100 else 3
    text = _trimmed(value / size, digits)
    if upper is not None:
        text += f"–{_trimmed(upper / size, digits)}"
    return f"{text}{NARROW}{word}" if word else text


def _trimmed(value: float, digits: int) -> str:
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Amount) -> str:
    """An amount in its own currency: `CNY 18.2 bn`."""
    times = f"{amount.count} × " if amount.count > 1 else ""
    return f"{times}{amount.currency}{NARROW}{_scaled(amount.value, amount.upper)}"


def dollars(amount: Amount) -> str:
    """The same in US dollars where a source gives it, and the original is in another currency."""
    if amount.usd is None or amount.currency == "USD":
        return ""
    return f"USD{NARROW}{_scaled(amount.usd, amount.usd_upper)}"


def usd(value: float) -> str:
    """A round amount of US dollars for legends: `USD 10 bn`."""
    return f"USD{NARROW}{_scaled(value, None)}"


def what(amount: Amount) -> str:
    """What an amount is, and whose."""
    kind = WHAT.get(amount.what, amount.what)
    return f"{kind}, {amount.whom}" if amount.whom else kind


def date(event: Event) -> str:
    """The date of an event, as exact as it is known."""
    start, until = event.date, event.until
    if event.precision == "year":
        return f"{start.year}"
    if event.precision == "month":
        text = f"{MONTHS[start.month - 1]} {start.year}"
        return text if until is None else f"{text} – {MONTHS[until.month - 1]} {until.year}"
    text = day(start)
    if event.precision == "reported":
        return f"reported {text}"
    if until is None:
        return text
    return f"{text} – {day(until)}"


def day(when: dt.date) -> str:
    """A day as readers see it: `3 Nov 2020`."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def operation(change: Change) -> str:
    """What a change does to its parameter: `× 1.5, half of it gone in 2 years`."""
    if change.operation == "multiply":
        text = factor(change.size)
    elif change.operation == "add":
        text = f"{'+' if change.size >= 0 else MINUS}{NARROW}{plain(abs(change.size))}"
    else:
        text = f"set to {plain(change.size)}"
    if change.half_life is not None:
        return f"{text}, half of it gone in {_years(change.half_life)}"
    if change.duration is not None:
        return f"{text}, for {_years(change.duration)}"
    if change.over is not None:
        return f"{text}, building up over {_years(change.over)}"
    if change.series is not None:
        later = "; ".join(f"{when}: {plain(value)}" for when, value in change.series.items())
        return f"{text}, then {later}"
    return f"{text}, for good"


def _years(value: float) -> str:
    return f"{plain(value)}{NARROW}{'year' if value == 1 else 'years'}"
