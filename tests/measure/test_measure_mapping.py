"""Mapping files and presets."""

import polars as pl
import pytest

from dirigiste.errors import InputError
from dirigiste.measurement import read_firms, synthetic
from dirigiste.measurement.data import expressions as ex
from dirigiste.measurement.data.mapping import preset, presets, read_mapping

FRAME = pl.DataFrame({"VA": [1.0, 2.0], "pay": [1.0, 1.0], "Kap": [3.0, 4.0], "isic4": ["1511", "2010"]})


@pytest.fixture
def mapping(tmp_path):
    def write(text):
        path = tmp_path / "mapping.yaml"
        path.write_text(text)
        return path

    return write


def test_a_mapping_file(mapping):
    path = mapping(
        "columns: {payroll: [wages, pay]}\n"
        "roles:\n  output: VA\n  wage_bill: [staff, payroll]\n  capital: Kap\n"
        "  industry: {column: isic4, digits: 2}\n"
    )
    firms = read_firms(FRAME, mapping=path)
    assert firms.frame["industry"].to_list() == ["15", "20"]
    assert firms.roles["industry"] == "isic4, first 2 digits"
    assert firms.frame["labor"].to_list() == [1.0, 1.0]
    again = read_firms(FRAME, mapping=path, capital="VA")
    assert again.frame["capital"].to_list() == [1.0, 2.0]  # arguments are stronger


def test_faults_of_a_mapping_have_places(mapping):
    path = mapping("roles:\n  outputt: VA\n  capital: {colum: Kap}\nmising: [-9]\n")
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    text = str(caught.value)
    assert "mapping.yaml:2:3 roles.outputt: unknown key; did you mean `output`?" in text
    assert "mapping.yaml:3:13 roles.capital.colum: unknown key; did you mean `column`?" in text
    assert "mapping.yaml:4:1 mising: unknown key; did you mean `missing`?" in text


def test_a_mapping_that_names_columns_the_file_lacks(mapping):
    path = mapping("roles: {output: VA, wage_bill: pai, capital: Kap - depr}\n")
    with pytest.raises(InputError) as caught:
        read_firms(FRAME, mapping=path)
    text = str(caught.value)
    assert "roles.wage_bill: no column `pai`; did you mean `pay`?" in text
    assert "roles.capital: no column `depr`" in text


@pytest.mark.parametrize("name", list(presets()))
def test_presets_can_be_read_and_say_where_they_are_from(name):
    mapping = preset(name)
    assert mapping.title
    assert mapping.notes
    assert mapping.sources
    given = mapping.roles.given()
    assert {"output", "capital", "industry", "year", "id"} <= set(given)
    assert {"wage_bill", "employment"} <= set(given)
    for role, filling in given.items():
        assert filling.basis in ("source", "assumption"), role
        if filling.basis == "assumption" and role in ("output", "group", "capital") and not filling.largest:
            assert filling.note, role
        for text in filling.column:
            ex.parse(text)
    for word, names in mapping.columns.items():
        assert names.basis in ("source", "assumption"), word
        assert len(set(names.names)) == len(names.names), word


@pytest.mark.parametrize("name", list(presets()))
def test_presets_fill_every_role_from_a_file_with_their_first_names(name):
    mapping = preset(name)
    needed = set()
    for filling in mapping.roles.given().values():
        texts = list(filling.largest.values()) if filling.largest else filling.column[:1]
        needed |= {name for text in texts for name in ex.names(ex.parse(text))}
    columns = [mapping.columns[word].names[0] if word in mapping.columns else word for word in sorted(needed)]
    frame = pl.DataFrame({column: [float(2000 + n), 2000.0 + n] for n, column in enumerate(columns)})
    firms = read_firms(frame, preset=name, output=columns[0])
    assert set(mapping.roles.given()) <= set(firms.roles)


@pytest.mark.parametrize("kind", ["chinese", "english", "pinyin"])
def test_asif_names_and_ownership(kind):
    made = synthetic(600, asif=True, seed=4).frame
    other = {
        "english": ["year", "firm", "cic", "type", "output", "midput", "addval", "wage", "employ", "tofixed"],
        "pinyin": [
            "nianfen",
            "farendaima",
            "hangyedaima",
            "dengjizhuceleixing",
            "gongyezongchanzhi",
            "gongyezhongjiantouruheji",
            "gongyezengjiazhi",
            "yingfugongzizonge",
            "congyerenshu",
            "gudingzichanheji",
        ],
    }
    frame = made if kind == "chinese" else made.rename(dict(zip(made.columns, other[kind], strict=True)))
    firms = read_firms(frame, preset="asif")
    assert len(firms) == 600
    assert {"output", "wage_bill", "employment", "capital", "industry", "year", "id", "group"} <= set(
        firms.roles
    )
    assert set(firms.frame["group"]) == {"private", "state", "collective", "foreign", "hmt"}
    assert firms.frame["id"][0] == "000000001"
    assert any("assumption" in remark for remark in firms.remarks)


def test_value_added_of_asif_without_its_column():
    made = synthetic(600, asif=True).frame
    firms = read_firms(made.drop("工业增加值"), preset="asif")
    assert firms.roles["output"] == "工业总产值 - 工业中间投入合计"
    assert firms.frame["output"].to_numpy() == pytest.approx(made["工业增加值"].to_numpy(), rel=1e-3)


def test_world_bank_codes_are_missing():
    frame = pl.DataFrame(
        {
            "d2": [100.0, -9.0, 80.0],
            "n2e": [30.0, 10.0, 20.0],
            "n2b": [5.0, 1.0, -9.0],
            "n2a": [20.0, 5.0, -7.0],
        }
        | {
            "l1": [10, 5, 6],
            "n7a": [60.0, 10.0, 5.0],
            "a4a": [15, 15, 17],
            "a14y": [2019] * 3,
            "idstd": [1, 2, 3],
        }
        | {
            "b2a": [100, 0, 0],
            "b2b": [0, 100, 40],
            "b2c": [0, 0, 20],
            "b2d": [0, 0, 0],
            "wt": [2.5, 1.0, 1.0],
        }
    )
    firms = read_firms(frame, preset="world-bank")
    assert firms.frame.height == 1
    assert firms.frame["output"].to_list() == [65.0]
    assert firms.frame["weight"].to_list() == [2.5]
    assert firms.frame["group"].to_list() == ["private"]


def test_unknown_presets():
    with pytest.raises(InputError, match="did you mean `asif`"):
        preset("asfi")
