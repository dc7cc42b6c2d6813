"""Formulas: what they compute, how they are written back, what is refused."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirigiste.measurement.data.expressions import (
    Call,
    Name,
    NotAFormula,
    Number,
    names,
    parse,
    to_polars,
    written,
)

ROWS = pl.DataFrame(
    {"a": [6.0, None, -3.0], "b": [2.0, 5.0, 4.0], "工业": [1.0, 1.0, None], "raw mat": [1.0, 2.0, 3.0]}
)


def value(text):
    return ROWS.select(to_polars(parse(text), pl.col).alias("x"))["x"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - b", [4.0, None, -7.0]),
        ("a - b - b", [2.0, None, -11.0]),
        ("a / b / 2", [1.5, None, -0.375]),
        ("a / (b / 2)", [6.0, None, -1.5]),
        ("-a + 2 * b", [-2.0, None, 11.0]),
        ("a - `raw mat`", [5.0, None, -6.0]),
        ("or_zero(a) + b", [8.0, 5.0, 1.0]),
        ("coalesce(a, b)", [6.0, 5.0, -3.0]),
        ("max(a, b)", [6.0, None, 4.0]),
        ("min(a, b, 3)", [2.0, None, -3.0]),
        ("工业 * 2", [2.0, 2.0, None]),
        ("abs(a)", [6.0, None, 3.0]),
        ("log(exp(b))", [2.0, 5.0, 4.0]),
        ("1.5e2 * b", [300.0, 750.0, 600.0]),
    ],
)
def test_formulas_compute(text, expected):
    assert value(text) == pytest.approx(expected)


def test_names_are_listed_once_in_order():
    assert names(parse("b + a * b - or_zero(c)")) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("a -", "ends too early"),
        ("(a - b", "closing parenthesis"),
        ("a b", "does not expect `b`"),
        ("sum(a)", "no function `sum`"),
        ("exp(a, b)", "takes 1"),
        ("", "is empty"),
        ("a ; b", "cannot read `;"),
        ("2a", "cannot read `2a"),
        ("__import__('os')", "cannot read"),
    ],
)
def test_what_is_no_formula_is_refused(text, about):
    with pytest.raises(NotAFormula, match=about.replace("(", r"\(")):
        parse(text)


def trees():
    leaves = st.one_of(
        st.sampled_from(["a", "b", "raw mat"]).map(Name), st.integers(1, 9).map(lambda n: Number(float(n)))
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from("+-*/"), inner, inner).map(lambda t: Call(t[0], (t[1], t[2]))),
            inner.map(lambda one: Call("neg", (one,))),
            st.tuples(inner, inner).map(lambda two: Call("max", two)),
        ),
        max_leaves=12,
    )


@given(trees())
def test_written_formulas_compute_the_same(tree):
    again = parse(written(tree))
    first, second = (
        ROWS.select(to_polars(one, pl.col).cast(pl.Float64).alias("x"))["x"].fill_null(np.nan).to_numpy()
        for one in (tree, again)
    )
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)
