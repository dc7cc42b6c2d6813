"""What a sweep shows: Sobol indices, surrogates, figures (docs/sweep.md)."""

from __future__ import annotations

from dirigiste.sweep.analysis.indices import Indices, indices
from dirigiste.sweep.analysis.kept import Kept
from dirigiste.sweep.analysis.surrogate import Surrogate, fit

__all__ = ["Indices", "Kept", "Surrogate", "fit", "indices"]
