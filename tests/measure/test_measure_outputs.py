"""Files are written whole or not at all, what cannot be written is reported first, fonts have the letters."""

import os
import stat
import warnings
from pathlib import Path

import pytest
from measure_samples import firms_of, random_firms

from dirigiste.errors import InputError
from dirigiste.measurement import Choices, measure
from dirigiste.measurement.output import figures
from dirigiste.measurement.output.render.files import write_frame, write_tables
from dirigiste.outputs import obstacle, whole, write_text


def test_a_write_that_stops_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def stopped():
        with whole(path) as draft:
            draft.write_text("half")
            assert path.read_text() == "old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["x.txt"]
    write_text(path, "new")
    assert path.read_text() == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["x.txt"]


def test_a_part_never_has_the_name_of_the_whole(tmp_path, monkeypatch):
    """Every file of a measurement takes its place by one rename."""
    places = []
    plain = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: places.append(Path(to).name) or plain(self, to))
    result = measure(firms_of(random_firms(1)), Choices())
    write_tables(dict(result.tables), tmp_path, ["csv", "parquet", "dta", "md", "tex"], "choices", "title")
    figures.save(result, tmp_path, ("png", "svg", "pdf"))
    assert sorted(places) == sorted(item.name for item in tmp_path.iterdir())


def test_links_stay_links(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(not Path(os.devnull).is_char_device(), reason="no devices here")
def test_devices_stay_devices():
    device = Path(os.devnull)
    with pytest.raises(InputError, match="is a device or a pipe"):
        write_text(device, "x")
    assert stat.S_ISCHR(device.stat().st_mode)
    assert "is a device" in str(obstacle(device))
    assert "not a folder" in str(obstacle(device, folder=True))


def test_obstacles_are_known_before(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    assert obstacle(tmp_path / "new" / "x.csv") is None
    assert obstacle(tmp_path / "new", folder=True) is None
    assert obstacle(file) is None
    assert obstacle(tmp_path) == "is a folder, not a file"
    assert obstacle(file, folder=True) == "is a file, not a folder"
    assert "is a file, not a folder" in str(obstacle(file / "x.csv"))
    assert "name too long" in str(obstacle(tmp_path / ("x" * 300) / "x.csv")).lower()
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_reported(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_text(tmp_path / "x.txt", "text")
    assert not list(tmp_path.iterdir())


def test_frames_are_written_in_the_format_of_their_name(tmp_path):
    frame = random_firms(1)
    with pytest.raises(InputError, match=r"frames are written as \.csv, \.parquet, \.dta"):
        write_frame(frame, tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


def test_letters_without_a_font_are_reported_once_and_draw_no_warning(monkeypatch):
    frame = random_firms(1, groups=("国有", "私营", "foreign"))
    result = measure(firms_of(frame), Choices())
    plain = measure(firms_of(random_firms(1)), Choices())
    assert figures.boxes(plain) is None
    house = figures.lacking("国有")
    assert house == frozenset(map(ord, "国有"))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for figure in figures.figures(result).values():
            figure.png()
            figure.svg()
    assert not [w for w in seen if "missing from font" in str(w.message)]
    monkeypatch.setattr(figures, "spare_font", lambda _: None)
    assert str(figures.boxes(result)).startswith("no installed font has the letters of `")
    monkeypatch.setattr(figures, "spare_font", lambda _: "Some Font")
    assert figures.boxes(result) is None


def test_any_installed_font_that_has_the_letters_serves(monkeypatch):
    from matplotlib import font_manager

    entries = font_manager.fontManager.ttflist
    serving = next(entry for entry in entries if entry.name != "DejaVu Sans")
    real = figures._letters
    monkeypatch.setattr(
        figures,
        "_letters",
        lambda path: real(path) | frozenset(map(ord, "国有" if path == serving.fname else "")),
    )
    figures.spare_font.cache_clear()
    try:
        font = figures.spare_font("国有 state")
    finally:
        figures.spare_font.cache_clear()
    names = {entry.name for entry in entries if entry.fname == serving.fname} | set(figures.FONTS)
    assert font in names


def test_every_table_carries_the_choices():
    result = measure(firms_of(random_firms(2)), Choices(), bootstrap=3, by="year")
    assert {"sample", "intervals", "split_by_year"} <= set(result.tables)
    for table in result.tables.values():
        assert any(note.startswith("Choices: σ 3; α own") for note in table.notes), table.name
