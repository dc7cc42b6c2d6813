"""Capital shares and elasticities from files, and choices from options."""

import pytest

from dirigiste.errors import InputError
from dirigiste.measurement.data.shares import capital_shares, elasticities
from dirigiste.measurement.flags import choices

OPTIONS = {
    "sigma": "3",
    "rental": 0.1,
    "alpha": "own",
    "trim": 1.0,
    "trim_by": "pooled",
    "trim_variables": "tfpr,tfpq",
    "min_cell": 1,
    "labor": "wage-bill",
    "weights": "sampling",
    "reference": None,
    "eta": 0.85,
}


@pytest.fixture
def file(tmp_path):
    def write(text, name="shares.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_labour_shares_are_averaged_and_codes_split(file):
    path = file(
        'naics,year,labour_share\n"311,312",2000,0.4\n"311,312",2001,0.6\n0113-0115,2000,0.3\n22,2000,0.9\n'
    )
    shares = capital_shares(path)
    assert shares["311,312"] == shares["311"] == shares["312"] == pytest.approx(0.5)
    assert shares["0114"] == pytest.approx(0.7)
    assert shares["22"] == pytest.approx(0.1)


def test_capital_shares_as_they_are(file):
    assert capital_shares(file("industry,alpha\nfood,0.4\ntextile,0.3\n")) == {"food": 0.4, "textile": 0.3}


def test_shares_that_cannot_be(file):
    with pytest.raises(InputError, match=r"between 0 and 1; these are not: `food`: 1.4"):
        capital_shares(file("industry,alpha\nfood,1.4\n"))
    with pytest.raises(InputError) as caught:
        capital_shares(file("a,b\n1x,2\n"))
    text = str(caught.value)
    assert "no column of industries" in text
    assert "no column with a capital share" in text
    assert "its columns are `a`, `b`" in text


def test_elasticities(file):
    assert elasticities(file("industry,sigma\n0610,3\n1320,5\n")) == {"0610": 3.0, "1320": 5.0}
    with pytest.raises(InputError, match="above 1"):
        elasticities(file("industry,sigma\n0610,0.5\n"))


def test_choices_from_options(file):
    path = file("industry,alpha\nfood,0.4\n")
    result = choices({**OPTIONS, "sigma": "5", "alpha": f"table:{path}", "trim": 2.5, "labor": "employment"})
    assert result.sigma == 5.0
    assert result.alpha_table == {"food": 0.4}
    assert result.trim.tail == 0.025
    assert result.labor == "employment"
    assert choices({**OPTIONS, "alpha": "constant:0.4"}).alpha_value == 0.4


def test_all_faults_at_once_under_the_names_of_options():
    with pytest.raises(InputError) as caught:
        choices(
            {
                **OPTIONS,
                "sigma": "x",
                "alpha": "ownn",
                "trim": 60.0,
                "rental": -1.0,
                "min_cell": 0,
                "eta": 2.0,
            }
        )
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"--sigma", "--alpha", "--trim", "--rental", "--min-cell", "--eta"}


@pytest.mark.parametrize("sigma", ["1", "0.5", "-3", "nan"])
def test_sigma_must_be_above_one(sigma):
    with pytest.raises(InputError, match="sigma"):
        choices({**OPTIONS, "sigma": sigma})
