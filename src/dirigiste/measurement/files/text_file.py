"""Text files of tables: how they are written, a fast scan by polars, and a careful reading that names the row
where something is wrong.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.data.words import MISSING
from dirigiste.measurement.files.content import START, Content
from dirigiste.measurement.files.garbled import encoding_of
from dirigiste.measurement.files.header import header

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

SEPARATORS: Final = (",", ";", "\t", "|")
LOOKED_AT: Final = 200
"""Records from which the header and the separator are detected."""

PART: Final = 1 << 24
"""Bytes that are looked at at a time."""

SHOWN: Final = 3
"""Rows that a message names."""

ROW: Final = "(row)"
"""Name of the column with the row number that scans add."""


@dataclass(frozen=True)
class TextFile:
    """A text file whose header has been read."""

    content: Content
    names: tuple[str, ...]
    separator: str
    encoding: str | None
    """None where it is UTF-8."""
    lines: int
    """Lines of the file down to the header, that included."""
    old_mac: bool
    """Whether lines end with a carriage return alone (old Macs)."""
    remarks: tuple[str, ...] = ()

    def scan(
        self, columns: Sequence[str], numbers: Collection[str], missing: Sequence[str] = MISSING
    ) -> pl.LazyFrame:
        """Columns of all rows, `numbers` as numbers and others as text, and `ROW`; texts that are `missing`
        are null. Looking for them takes a third of the time of a scan.
        """
        plain = self.encoding is None and not self.old_mac
        source: Any = self.content.path if plain and self.content.data is None else self._utf8
        scanned = pl.scan_csv(
            source,
            has_header=False,
            schema={name: pl.Float64() if name in numbers else pl.String() for name in self.names},
            skip_lines=self.lines,
            separator=self.separator,
            null_values=list(missing) or None,
            missing_columns="insert",
            row_index_name=ROW,
            row_index_offset=1,
        )
        return scanned.select(ROW, *columns)

    def careful(self) -> pl.DataFrame:
        """All rows as text, read one by one.

        Raises:
            InputError: A row is no text in the encoding, or has too many or too few fields.
        """
        self.check()
        width = len(self.names)
        rows = [[*row[:width], *[""] * (width - len(row))] for row in self._rows()]
        return pl.DataFrame(rows, schema=dict.fromkeys(self.names, pl.String), orient="row")

    def check(self) -> None:
        """Raise InputError if rows have too many or too few fields; blank lines and empty fields at the end
        of rows do not count.
        """
        width = len(self.names)
        wrong: list[tuple[int, list[str]]] = []
        count = n = 0
        row: list[str] = []
        for n, row in enumerate(self._rows(), start=1):
            if len(row) == width or not row or (len(row) > width and not any(map(str.strip, row[width:]))):
                continue
            count += 1
            if len(wrong) < SHOWN:
                wrong.append((n, row))
        if self.odd_quotes and any("\n" in cell for cell in row):
            message = f"row {n:,} (`{_shortened(row, self.separator)}`) opens a quote that is never closed"
            raise InputError.of(message, file=self.content.label)
        if not wrong:
            return
        listed = "; ".join(
            f"row {n:,} has {len(row)} field{'s' * (len(row) != 1)} (`{_shortened(row, self.separator)}`)"
            for n, row in wrong
        )
        more = f" and {count - len(wrong):,} more" if count > len(wrong) else ""
        quoted = any("\n" in cell for _, row in wrong for cell in row)
        remedy = (
            "is a quote left open?"
            if quoted
            else f"put a text that holds `{self.separator}` or a line break between quotes, and delete rows "
            "that are notes"
        )
        message = f"the header has {width} fields, but {listed}{more}; {remedy}"
        raise InputError.of(message.replace("`\t`", "a tab"), file=self.content.label)

    def lacking(self) -> bool:
        """Whether any row lacks its last field, or has it empty."""
        last = self.names[-1]
        return bool(self.scan([last], (), ()).select(pl.col(last).has_nulls()).collect().item())

    @cached_property
    def odd_quotes(self) -> bool:
        """Whether the number of quotes is odd, so that one may be left open."""
        if self.content.data is not None:
            return self.content.data.count(b'"') % 2 == 1
        with self.content.path.open("rb") as file:
            parts = iter(lambda: file.read(PART), b"")
            return sum(part.count(b'"') for part in parts if b'"' in part) % 2 == 1  # `in` is much faster

    def doubtful(self) -> bool:
        """Whether `check` has to look at every row: one lacks its last field or has it empty, or a quote may
        be left open.
        """
        return self.odd_quotes or self.lacking()

    @cached_property
    def _utf8(self) -> bytes:
        return self._text.encode()

    @cached_property
    def _text(self) -> str:
        """The file's text, lines ended by a newline.

        Raises:
            InputError: It is not text in its encoding; the row is named.
        """
        raw = self.content.bytes()
        name = self.encoding or "UTF-8"
        try:
            text = raw.decode(name)
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode(name, errors="replace")
            line = len(before.splitlines()) + before.endswith(("\n", "\r")) or 1
            bad = raw[error.start : error.start + 4]
            row = f"row {line - self.lines:,}" if line > self.lines else "the header"
            what = f"{row} (line {line:,}) is not text in {name}: bytes {bad.hex(' ').upper()}"
            message = f"{what}; {advice(raw, self.encoding)}"
            raise InputError.of(message, file=self.content.label) from None
        text = text.removeprefix("\ufeff")
        return text.replace("\r", "\n") if self.old_mac else text

    def _rows(self) -> Iterator[list[str]]:
        """Records below the header, one by one."""
        stream = io.StringIO(self._text, newline="")
        for _ in range(self.lines):
            stream.readline()
        try:
            yield from csv.reader(stream, delimiter=self.separator)
        except csv.Error as error:
            message = f"is not a proper CSV file: {error}; is a quote left open?"
            raise InputError.of(message, file=self.content.label) from None


def advice(raw: bytes, given: str | None) -> str:
    """What to do with bytes that are no text in the encoding."""
    if given is not None:
        return "try another --encoding"
    guess = encoding_of(raw[:START]) or encoding_of(raw) or "gb18030"
    both = ["`--encoding gb18030` for Chinese files", "`--encoding cp1252` for western ones"]
    shown = ", ".join(both if guess == "gb18030" else both[::-1])
    return f"name its encoding: {shown}; or correct the row"


def open_text(
    content: Content, separator: str | None = None, encoding: str | None = None, skip: int | None = None
) -> TextFile:
    """Detect how a text file is written, from its beginning.

    Raises:
        InputError: It is not text in the encoding, has no header, or names come twice.
    """
    start, file = content.start, content.label
    whole = len(start) < START
    encoding = _encoding(start, encoding, file, whole=whole)
    if separator and (len(separator) > 1 or not separator.isascii() or separator in '"\r\n'):
        message = f"must be one sign such as `;`, or `tab`; got `{separator}`"
        raise InputError.of(message, key="--separator", file=file)
    text = start.decode(encoding or "utf-8", errors="ignore").removeprefix("\ufeff")
    old_mac = "\r" in text and "\n" not in text
    text = text.replace("\r", "\n") if old_mac else text
    if not whole:
        text = text[: text.rfind("\n") + 1] or text
    remarks = []
    first = re.match(r'"?sep=(.|\\t)"?\r?\n', text)
    if first and skip is None:
        separator = separator or first[1].replace("\\t", "\t")
    begin = skip if skip is not None else (1 if first else 0)
    below = "\n".join(text.split("\n")[begin:])
    sign = separator or detect_separator(below)
    if sign != ",":
        shown = {"\t": "\\t"}.get(sign, sign)
        remarks.append(f"fields are separated by `{shown}`")
    if encoding:
        remarks.append(f"text is encoded in {encoding}")
    if old_mac:
        remarks.append("lines end as those of old Macs do")
    records, ends = _records(below, sign)
    heading = header(records, file, given=skip is not None)
    lines = begin + ends[heading.place]
    remarks += heading.remarks
    return TextFile(content, tuple(heading.names), sign, encoding, lines, old_mac, tuple(remarks))


def detect_separator(text: str) -> str:
    """The sign that splits most of the first records into equally many fields."""

    def score(sign: str) -> tuple[int, int]:
        widths = [len(record) for record in _records(text, sign)[0] if record]
        if not widths:
            return 0, 0
        width = max(set(widths), key=lambda n: (widths.count(n), n))
        return (widths.count(width), width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=score)


def _records(text: str, sign: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and the line on which each ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    records, ends = [], []
    try:
        for record in itertools.islice(reader, LOOKED_AT):
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error:  # a field longer than Python's reader takes: not a table, or an open quote
        pass
    return records, ends


def _shortened(row: Sequence[str], sign: str) -> str:
    text = sign.join(row).replace("\n", " ")
    return text if len(text) <= 40 else f"{text[:39]}…"


def _encoding(start: bytes, given: str | None, file: str, *, whole: bool) -> str | None:
    """The encoding if it is not UTF-8."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    name = given or "UTF-8"
    try:
        "".encode(name)  # LookupError of codecs that are not of text, too
        start.decode(name, errors="ignore")
        start.decode(name)
    except UnicodeDecodeError as error:
        if whole or error.start < len(start) - 8:
            line = start[: error.start].count(b"\n") + 1
            message = f"is not text in {name} (line {line:,}, byte {error.start}); {advice(start, given)}"
            raise InputError.of(message, file=file) from None
    except (LookupError, UnicodeError):
        raise InputError.of(f"no such encoding: `{given}`; try utf-8, gb18030, latin-1", file=file) from None
    return None if given is None or given.lower().replace("_", "-") in ("utf-8", "utf8") else given
