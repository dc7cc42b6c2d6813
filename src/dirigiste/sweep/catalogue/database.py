"""The catalogue in DuckDB: in memory, filled from the folders anew each time, and closed to the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dirigiste.errors import InputError
from dirigiste.sweep import store
from dirigiste.sweep.catalogue import tables
from dirigiste.sweep.declared.declaration import RESERVED
from dirigiste.sweep.points.design import extra

if TYPE_CHECKING:
    from pathlib import Path

KEPT = ("seconds", "processor")
"""Columns of chains that tables of points do not have."""


@dataclass(frozen=True)
class Answer:
    """What a query gives."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Catalogue:
    """Runs and sweeps of two folders as tables; `tables.VIEWS`, and one for the points of each sweep."""

    def __init__(self, runs: Path, sweeps: Path) -> None:
        """Read the folders.

        Raises:
            InputError: DuckDB is missing.
        """
        self._duckdb = extra("duckdb", "a query")
        self._connection = self._duckdb.connect(":memory:")
        rows = tables.Rows()
        tables.of_runs(runs, rows)
        points = tables.of_sweeps(sweeps, rows)
        for view in tables.VIEWS:
            columns = ", ".join(f"{_quoted(column.name)} {column.type}" for column in view.columns)
            self._connection.execute(f"create table {view.name} ({columns})")
            self._fill(view, rows.by_view[view.name])
        for name, folder in points.items():
            self._points(name, folder)
        self.left_out = tuple(rows.left_out)
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def query(self, sql: str) -> Answer:
        """Ask a question in SQL.

        Raises:
            InputError: It is not understood; with DuckDB's own words.
        """
        try:
            cursor = self._connection.execute(sql)
            if cursor.description is None:
                return Answer((), [])
            columns = tuple(str(column[0]) for column in cursor.description)
            return Answer(columns, [tuple(map(tables.finite, row)) for row in cursor.fetchall()])
        except self._duckdb.Error as error:
            raise InputError.of(f"is not understood: {error}", key="query") from None

    def tables(self) -> list[tuple[str, str]]:
        """Names of all tables with what they hold."""
        points = self.query("select tabled, sweep from sweeps order by sweep").rows
        views = [(view.name, view.about) for view in tables.VIEWS]
        return [*views, *((name, f"Points of {sweep}: its axes and outcomes") for name, sweep in points)]

    def _fill(self, view: tables.View, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        import pandas as pd

        names = [column.name for column in view.columns]
        columns = zip(*rows, strict=True)
        content = {
            name: pd.Series(list(map(tables.finite, column)), dtype=object)
            for name, column in zip(names, columns, strict=True)
        }
        self._connection.register("incoming", pd.DataFrame(content))
        casts = ", ".join(f"cast({_quoted(column.name)} as {column.type})" for column in view.columns)
        self._connection.execute(f"insert into {view.name} select {casts} from incoming")
        self._connection.unregister("incoming")

    def _points(self, name: str, folder: Path) -> None:
        """The table of the points of a sweep, and its rows in the tables of all."""
        files = str(folder / store.CHAINS / "*.parquet").replace("'", "''")
        manifest = store.read_manifest(folder)
        sweep, run = _text(folder.name), self._connection.execute
        if not any((folder / store.CHAINS).glob("*.parquet")):
            return
        run(f"create temp table incoming as select * from read_parquet('{files}')")
        columns = [row[:2] for row in run("describe incoming").fetchall()]
        run(f"create table {name} as select * exclude ({', '.join(KEPT)}) from incoming order by point")
        run(f"insert into sweep_points select {sweep}, point, solved, reason, seconds from incoming")
        for column, kind in columns:
            role = "outcome" if column in manifest["outcomes"] else "axis"
            cell = _quoted(column)
            if column not in (*RESERVED, *KEPT):
                number = f"case when isfinite({cell}) then {cell} end"
                cells = f"null, {cell}" if kind == "VARCHAR" else f"{number}, null"
                run(
                    f"insert into sweep_values select {sweep}, point, {_text(column)}, '{role}', {cells} "
                    "from incoming order by point"
                )
        run(
            "update sweeps set there = c.there, failed = c.failed, seconds = c.seconds from (select count(*) "
            "as there, count(*) filter (not solved) as failed, sum(seconds) as seconds from incoming) as c "
            f"where sweep = {sweep}"
        )
        run("drop table incoming")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
