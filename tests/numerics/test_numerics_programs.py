"""Programs of small steps, and positions evaluated chunk by chunk."""

import jax.numpy as jnp
import numpy as np
import pytest

from dirigiste.numerics import programs


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 171])
def test_chunks_hold_every_position_once_and_in_order(count):
    found = programs.by_chunks(lambda chunk: chunk, count)
    assert [int(position) for chunk in found for position in chunk] == list(range(count))
    assert {chunk.size for chunk in found} <= set(programs.CHUNKS)


def test_an_error_in_a_chunk_is_raised():
    with pytest.raises(ZeroDivisionError):
        programs.by_chunks(lambda chunk: 1 // int(chunk[0] - 8), 40)


def test_a_compiler_without_the_options_uses_its_own(configured, monkeypatch):
    monkeypatch.setattr(programs, "OPTIONS", {"no_such_option_of_the_compiler": True})
    programs._known.cache_clear()
    try:
        assert programs._known() is None
        double = programs.stepwise(lambda times, x: times * x)
        np.testing.assert_array_equal(double(2, jnp.arange(3.0)), [0.0, 2.0, 4.0])
    finally:
        programs._known.cache_clear()


def test_the_options_are_known_to_this_compiler(configured):
    assert programs._known() == programs.OPTIONS
