"""`dg.load` gives an economy or a chronicle, whichever a file or a name is."""

import pytest

import dirigiste as dg
from dirigiste.documents import reading
from dirigiste.results.equilibria import known

CHRONICLE = (
    "name: cut\neconomy: village.yaml\nevents:\n"
    "  - {date: 2021-01-01, title: Credit is cut, sources: [assumption],\n"
    "     changes: [{parameter: statuses.free.collateral, multiply: 0.9}]}\n"
)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "village.yaml").write_text(known.ECONOMY)
    (tmp_path / "cut.yaml").write_text(CHRONICLE)
    return tmp_path


def test_a_file_is_what_it_holds(files):
    assert isinstance(dg.load(files / "village.yaml"), dg.Economy)
    cut = dg.load(str(files / "cut.yaml"))
    assert isinstance(cut, dg.Chronicle)
    assert cut.baseline == dg.load(files / "village.yaml")


@pytest.mark.parametrize(("kind", "of"), [("economies", dg.Economy), ("chronicles", dg.Chronicle)])
def test_what_comes_with_the_package_is_loaded_by_name(kind, of):
    assert all(isinstance(dg.load(name), of) for name in dg.shipped()[kind])


def test_every_file_is_read_once(files, monkeypatch):
    paths, read = [], reading.read

    def counted(path):
        paths.append(path.name)
        return read(path)

    monkeypatch.setattr(reading, "read", counted)
    dg.load(files / "cut.yaml")
    assert paths == ["cut.yaml", "village.yaml"]


def test_an_unknown_name_comes_with_near_ones(files):
    with pytest.raises(dg.InputError, match="did you mean `china-2019`"):
        dg.load("china-2091")
    with pytest.raises(dg.InputError, match="no such file"):
        dg.load(files / "nothing.yaml")
