"""Memory: what a long file needs is said before it is read, and running out of it is a message."""

import subprocess
import sys

import polars as pl
import pytest
from measure_samples import random_firms

from dirigiste.measurement import read_firms
from dirigiste.measurement.files import memory

ROLES = {"output": "output", "wage_bill": "labor", "capital": "capital", "year": "year", "id": "id"}


@pytest.fixture
def firms(tmp_path):
    random_firms(firms=500).write_csv(tmp_path / "firms.csv")
    random_firms(firms=500).write_parquet(tmp_path / "firms.parquet")
    return tmp_path


@pytest.mark.parametrize("name", ["firms.csv", "firms.parquet"])
def test_rows_of_a_file_are_known_before_it_is_read(firms, name):
    assert memory.rows_of(firms / name) == pytest.approx(random_firms(firms=500).height, rel=0.02)


@pytest.mark.parametrize("name", ["none.csv", "broken.parquet", "firms.dta", "empty.csv"])
def test_files_whose_rows_cannot_be_counted_are_left_to_the_reading(firms, name):
    (firms / "broken.parquet").write_bytes(b"PAR1 and no more")
    (firms / "empty.csv").write_bytes(b"")
    (firms / "firms.dta").write_bytes(b"<stata_dta>")
    assert memory.rows_of(firms / name) is None


def test_a_file_that_needs_more_memory_than_there_is_is_named_before_it_is_read(firms, monkeypatch):
    monkeypatch.setattr(memory, "LONG", 100)
    monkeypatch.setattr(memory, "available", lambda: 10**8)
    said = memory.shortage(firms / "firms.csv", conditions=False)
    assert said is not None
    assert "firms.csv has about 1,5" in said
    assert "about 0.2 GB of memory, and 0.1 GB can be had" in said
    assert "--keep" in said
    assert memory.shortage(firms / "firms.csv", conditions=True) is None
    monkeypatch.setattr(memory, "available", lambda: 10**12)
    assert memory.shortage(firms / "firms.csv", conditions=False) is None


def test_limits_of_the_process_count():
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (8 * 10**8,) * 2); "
        "from dirigiste.measurement.files.memory import available; print(available())"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 0 < int(made.stdout) < 8 * 10**8


def test_running_out_of_memory_is_a_message(firms, monkeypatch):
    from click.testing import CliRunner

    from dirigiste.cli import main
    from dirigiste.measurement.checks import rows

    def full(_):
        raise MemoryError

    monkeypatch.setattr(rows, "checks", full)
    options = [part for role, name in ROLES.items() for part in (f"--{role.replace('_', '-')}", name)]
    result = CliRunner().invoke(main, ["measure", str(firms / "firms.csv"), *options])
    assert result.exit_code == 2
    assert "firms.csv: memory ran out" in result.stderr


@pytest.mark.parametrize("name", ["firms.csv", "firms.parquet"])
def test_conditions_sort_rows_out_while_they_are_scanned(firms, name):
    whole = read_firms(firms / name, **ROLES)
    part = read_firms(firms / name, **ROLES, keep="year >= 2002")
    assert part.frame.equals(whole.frame.filter(pl.col("year") >= 2002))
    assert part.lost["row"].to_list() == whole.frame.filter(pl.col("year") < 2002)["row"].to_list()
    assert part.frame["row"].is_sorted()
