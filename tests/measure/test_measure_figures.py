"""Figures and their data: densities that integrate to one, quantiles, gains with bands, odd group names."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dirigiste import measurement as dm
from dirigiste.errors import InputError
from dirigiste.measurement.output import figure_data, figures

ROLES = {
    "output": "value_added",
    "wage_bill": "wages",
    "capital": "capital",
    "industry": "industry",
    "year": "year",
    "id": "firm",
    "group": "ownership",
}
FRAME = dm.synthetic(3000, years=3, industries=3, seed=11).frame


@pytest.fixture(scope="module")
def measured():
    return dm.measure(dm.read_firms(FRAME, **ROLES), bootstrap=8, seed=1, jobs=1)


@pytest.mark.parametrize("column", ["ln_tfpr_dev", "ln_tfpq_dev"])
def test_densities_integrate_to_one(measured, column):
    curves = figure_data.densities(measured, column)
    assert [curve.group for curve in curves] == ["private", "foreign", "state", "collective"]
    for curve in curves:
        assert np.trapezoid(curve.y, curve.x) == pytest.approx(1.0, abs=0.02)
        values = measured.rows.filter(pl.col("group") == curve.group)[column]
        assert curve.mean == pytest.approx(values.mean())
        assert curve.rows == values.len()


def test_a_density_of_normal_numbers_is_normal(measured):
    values = np.random.default_rng(0).standard_normal(200_000)
    x = np.linspace(-4, 4, 81)
    density = figure_data._smoothed(values, x)
    assert density == pytest.approx(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), abs=0.01)


def test_spreads_are_quantiles_around_the_mean_of_the_cell(measured):
    rows = measured.rows.with_columns(ln=pl.col("mrpk").log())
    rows = rows.with_columns(dev=pl.col("ln") - pl.col("ln").mean().over("industry", "year"))
    state = rows.filter(pl.col("group") == "state")["dev"].to_numpy()
    spread = {one.group: one for one in figure_data.spreads(measured, "mrpk")}["state"]
    assert spread.quantiles == pytest.approx(np.quantile(state, [0.1, 0.25, 0.5, 0.75, 0.9]))


def test_gains_are_those_of_the_table_with_bands(measured):
    data = figure_data.gains(measured)
    table = measured.tables["gains_by_year"].frame
    assert data.frame["year"].to_list() == [1998, 1999, 2000]
    assert data.frame["gain"].to_list() == table["gain"][:3].to_list()
    if data.interval is not None:
        assert all(low < high for low, high in data.interval)


def test_at_most_four_groups_and_the_rest_is_said(measured):
    frame = FRAME.with_columns(ownership=pl.format("g{}", pl.col("firm") % 7))
    many = dm.measure(dm.read_firms(frame, **ROLES))
    assert len(figure_data.groups(many)) == 4
    assert "The 3 smallest groups are left out" in figures.figures(many)["densities"].note


def test_figures_carry_their_choices_and_are_the_same_twice(measured):
    first, second = figures.figures(measured), figures.figures(measured)
    assert list(first) == ["densities", "gains", "marginal-products"]
    for name, figure in first.items():
        assert measured.choices.line() in figure.note
        assert figure.svg() == second[name].svg()
        assert "<title" in figure.svg()
        assert figure.png()[:4] == b"\x89PNG"
        assert figure.csv().count("\n") > 2


def test_chinese_and_hostile_group_names(tmp_path):
    names = {
        "private": "私营企业",
        "state": "<script>alert(1)</script>",
        "foreign": "$x^2$ & co",
        "collective": "ok",
    }
    frame = FRAME.with_columns(pl.col("ownership").replace(names))
    result = dm.measure(dm.read_firms(frame, **ROLES))
    written = figures.save(result, tmp_path / "figures", ("png", "svg", "pdf"))
    assert len(written) == 12
    assert "私营企业" in (tmp_path / "figures" / "densities.svg").read_text()
    from dirigiste.measurement.output import page

    text = page.html(result, [], result.tables)
    assert "<script" not in text
    assert "私营企业" in text


def test_one_year_and_no_groups_give_fewer_figures():
    roles = {key: value for key, value in ROLES.items() if key not in ("group", "year")}
    result = dm.measure(dm.read_firms(FRAME.filter(pl.col("year") == 1998), **roles))
    assert list(figures.figures(result)) == ["densities", "marginal-products"]
    assert "TFPR differs between firms" in figures.figures(result)["densities"].title


def test_figures_say_below_what_they_show(measured, tmp_path):
    figure = figures.figures(measured)["densities"]
    figures.save(measured, tmp_path, ("png", "svg", "pdf"))
    text = (tmp_path / "densities.svg").read_text()
    assert "Densities by Gaussian kernels" in text
    assert "Choices: σ 3" in text
    height = int.from_bytes((tmp_path / "densities.png").read_bytes()[20:24])
    assert height > 200 * figure.drawn().get_size_inches()[1] + 20
    assert b"Gaussian" not in (tmp_path / "densities.pdf").read_bytes()


def test_unknown_formats(measured, tmp_path):
    with pytest.raises(InputError, match="formats are png, svg, pdf"):
        figures.save(measured, tmp_path, ("gif",))


def test_only_pdf_figures_have_no_title(measured, tmp_path, monkeypatch):
    figure = figures.figures(measured)["densities"]
    titles = []
    draw = figure.draw
    recorded = replace(figure, draw=lambda title: titles.append(title) or draw(title))
    monkeypatch.setattr(figures, "figures", lambda _: {"densities": recorded})
    figures.save(measured, tmp_path, ("png", "svg", "pdf"))
    assert titles == [figure.title, figure.title, None]
