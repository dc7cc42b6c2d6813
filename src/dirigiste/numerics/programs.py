"""How programs that take one small step after another are compiled.

Their arrays are too small to be shared out among cores, and the compiler's newer kernels are slower inside
loops: on the processors measured a step of a path takes half the time with these options
(benchmarks/README.md). Work that does not depend on itself is spread over `THREADS` instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

OPTIONS: dict[str, bool | str] = {"xla_cpu_multi_thread_eigen": False, "xla_cpu_use_fusion_emitters": False}

THREADS = 2
"""Programs of this kind that run side by side."""

CHUNKS = 8, 1
"""Dates that are evaluated together: as many as the first says while there are that many, then one by one."""


@functools.cache
def _known() -> dict[str, bool | str] | None:
    """The options, or none where this version of the compiler does not know them."""
    try:
        jax.jit(lambda x: x, compiler_options=OPTIONS).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return None
    return OPTIONS


def stepwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of a layout (static) and arrays; not to be called from within another program."""

    @functools.cache
    def program() -> Callable[..., Any]:
        return jax.jit(function, static_argnums=0, compiler_options=_known())

    @functools.wraps(function)
    def call(*args: Any) -> Any:  # noqa: ANN401
        return program()(*args)

    return call


def by_chunks(function: Callable[[NDArray[np.int64]], T], count: int) -> list[T]:
    """A function of positions, called with 0, 1, ... count - 1 chunk by chunk, some chunks side by side."""
    chunks, begin = [], 0
    while begin < count:
        size = next(size for size in CHUNKS if count - begin >= size)
        chunks.append(np.arange(begin, begin + size))
        begin += size
    if len(chunks) < THREADS:
        return [function(chunk) for chunk in chunks]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, chunks))
