"""Surrogates and Sobol indices, against functions that are known; figures."""

import json
import math

import numpy as np
import pytest
from made_up_sweep import made
from numpy.testing import assert_allclose
from sweep_texts import GRID

from dirigiste.errors import InputError
from dirigiste.sweep.analysis import Kept, figures, fit, indices
from dirigiste.sweep.analysis.surrogate import basis, of_points, terms

THREE = """
name: three
economy: tiny.yaml
axes:
  a: {parameter: statuses.free.collateral, range: [1, 2]}
  b: {parameter: edges.leave.rate, range: [0.01, 1], scale: log}
  c: {parameter: edges.join.cost, range: [0, 1]}
design: sobol
points: 128
outcomes: [output]
"""


def additive(a, b, c):
    """In units u of the axes 4 u_a + 2 u_b + 0 u_c: shares 0.8, 0.2, 0."""
    return 4 * (a - 1) + 2 * (math.log(b) - math.log(0.01)) / math.log(100)


def product(a, b, c):
    """(u_a - 1/2) (u_c - 1/2): no share of its own for any axis, and all of it for both together."""
    return (a - 1.5) * (c - 0.5)


def test_a_polynomial_is_found_again(read, tmp_path):
    kept = Kept.open(made(read(THREE), tmp_path, lambda a, b, c: additive(a, b, c) + a**2 * c))
    fitted = fit(kept, "output")
    assert fitted.degree == 3
    assert fitted.error < 1e-12
    assert_allclose(fitted.explained, 1.0)
    units = np.random.default_rng(1).random((20, 3))
    values = [additive(1 + u, 0.01 * 100**v, w) + (1 + u) ** 2 * w for u, v, w in units]
    assert_allclose(fitted.predict(units), values, rtol=1e-10)


def test_the_error_is_that_of_leaving_each_point_out():
    drawn = np.random.default_rng(2)
    units, values = drawn.random((30, 2)), drawn.normal(size=30)
    fitted = of_points("y", ("a", "b"), units, values)
    at, left_out = basis(units, fitted.degrees), []
    for n in range(30):
        rest = np.arange(30) != n
        coefficients = np.linalg.lstsq(at[rest], values[rest], rcond=None)[0]
        left_out.append(values[n] - at[n] @ coefficients)
    assert_allclose(fitted.error, np.sqrt(np.mean(np.square(left_out))), rtol=1e-9)


def test_terms_and_their_norms():
    degrees = terms(3, 2, [9, 9, 9])
    assert len(degrees) == 10
    assert terms(2, 5, [2, 3]).max(axis=0).tolist() == [1, 2]
    u, w = np.polynomial.legendre.leggauss(8)
    grid = np.array([((a + 1) / 2, (b + 1) / 2) for a in u for b in u])
    weights = np.outer(w, w).ravel() / 4
    at = basis(grid, terms(2, 4, [9, 9]))
    assert_allclose(at.T @ (at * weights[:, None]), np.eye(at.shape[1]), atol=1e-12)


@pytest.mark.parametrize("design", ["sobol", "saltelli"])
def test_sobol_indices_of_known_functions(read, tmp_path, design):
    if design == "saltelli":
        pytest.importorskip("SALib")
    sweep = read(THREE.replace("design: sobol", f"design: {design}").replace("[output]", "[output, capital]"))
    kept = Kept.open(made(sweep, tmp_path, additive, product))
    found = indices(kept, "output")
    assert found.source == ("saltelli" if design == "saltelli" else "surrogate")
    loose = 0.05 if design == "saltelli" else 1e-9
    assert_allclose(found.first, [0.8, 0.2, 0.0], atol=loose)
    assert_allclose(found.total, [0.8, 0.2, 0.0], atol=loose)
    both = indices(kept, "capital")
    assert_allclose(both.first, [0.0, 0.0, 0.0], atol=0.2 if design == "saltelli" else 1e-9)
    assert_allclose(both.total, [1.0, 0.0, 1.0], atol=0.2 if design == "saltelli" else 1e-9)


def test_points_without_a_solution_are_left_out(read, tmp_path):
    pytest.importorskip("SALib")
    sweep = read(THREE.replace("design: sobol", "design: saltelli"))
    kept = Kept.open(made(sweep, tmp_path, lambda a, b, c: None if a > 1.98 else additive(a, b, c)))
    found = indices(kept, "output")
    assert 0 < found.left_out < 20
    assert_allclose(found.total, [0.8, 0.2, 0.0], atol=0.1)
    assert kept.failures() == {"too far": int((~kept.frame["solved"]).sum())}
    assert fit(kept, "output").points == kept.frame["solved"].sum()


def test_a_constant_has_no_shares(read, tmp_path):
    kept = Kept.open(made(read(THREE), tmp_path, lambda a, b, c: 3.0))
    assert fit(kept, "output").error < 1e-12
    assert np.isnan(indices(kept, "output").first).all()


def test_words_have_no_surrogate(read, tmp_path):
    rates = "edges.leave.rate: {values: [0.08, 0.1, 0.12]}"
    text = GRID.replace(rates, "closure.fiscal: {values: [rebate, spend]}")
    sweep = read(text.replace('"people[*]"', "capital"))
    kept = Kept.open(made(sweep, tmp_path, *[lambda credit, fiscal: credit] * 3))
    assert kept.units[:, 1].tolist() == [0.0, 1.0] * 4
    with pytest.raises(InputError, match="has words for values"):
        fit(kept, "output")


@pytest.fixture
def grid_folder(grid, tmp_path):
    def output(credit, rate):
        return None if (credit, rate) == (1.2, 0.08) else credit + rate

    return made(grid, tmp_path / "sweeps" / "grid", output, *[lambda credit, rate: credit * rate] * 3)


def test_a_map_of_a_grid_shows_its_values(grid_folder):
    figure = figures.heat_map(Kept.open(grid_folder), "output")
    mesh = figure.axes[0].collections[0].get_array()
    assert mesh.shape == (3, 4)
    assert_allclose(mesh[2, 3], 1.6 + 0.12)
    assert not np.isfinite(np.ma.filled(mesh.astype(float), np.nan)[0, 0])
    assert figure.axes[0].get_xlabel() == "credit"


def test_cells_of_a_map_end_half_way():
    assert_allclose(figures.edges(np.array([1.0, 2.0, 4.0]), "log"), np.sqrt([0.5, 2.0, 8.0, 32.0]))
    assert_allclose(figures.edges(np.array([1.0, 2.0, 4.0]), "linear"), [0.5, 1.5, 3.0, 5.0])


def test_maps_slices_and_coordinates_are_drawn(read, tmp_path):
    kept = Kept.open(made(read(THREE), tmp_path, additive))
    for figure in (
        figures.heat_map(kept, "output", "c", "b"),
        figures.slices(kept, "output"),
        figures.parallel(kept, "output"),
    ):
        assert figures.png(figure).startswith(b"\x89PNG")
    with pytest.raises(InputError, match="two axes with numbers"):
        figures.heat_map(kept, "output", "c", "c")


def test_show(call, grid_folder, tmp_path):
    result = call("sweep", "show", "grid", "--figures", "figures", "--surrogate", "s.json", "--of", "gap")
    assert result.exit_code == 0
    for words in ("12 of 12 points", "too far", "Sobol indices of gap (surrogate)", "variance explained"):
        assert words in result.stdout
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "map-gap.png",
        "slices-gap.png",
        "parallel-gap.png",
    }
    written = json.loads((tmp_path / "s.json").read_text())
    assert list(written["surrogates"]) == ["gap"]
    shown = json.loads(call("sweep", "show", "grid", "--json").stdout)
    assert shown["failures"] == {"too far": 1}
    assert_allclose(shown["outcomes"]["gap"]["lowest"], 1.33333333333 * 0.08)
    assert_allclose(sum(shown["indices"]["gap"]["total"].values()), 1.0, atol=0.1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--of", "gpa"), "did you mean `gap`"),
        (("--axes", "credit,rate"), "there is no axis `rate`"),
        (("--axes", "credit"), "two names with a comma"),
    ],
)
def test_faults_of_show(call, grid_folder, options, words):
    result = call("sweep", "show", grid_folder, *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_show_of_another_folder(call, tmp_path):
    (tmp_path / "empty").mkdir()
    result = call("sweep", "show", "empty")
    assert result.exit_code == 2
    assert "holds no readable manifest.json" in result.stderr
