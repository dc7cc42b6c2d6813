"""What an economist has to choose before firm data give a number. Every result is printed with its
choices.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dirigiste.documents.words import near
from dirigiste.errors import InputError, Problem

Variable = Literal["tfpr", "tfpq", "mrpk", "mrpl"]
"""What tails are trimmed of: each relative to its cell."""

NAMES: dict[str, str] = {"tfpr": "TFPR", "tfpq": "TFPQ", "mrpk": "MRPK", "mrpl": "MRPL"}


class Declared(BaseModel):
    """A frozen declaration whose faults come as one `InputError`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **values: Any) -> None:  # noqa: ANN401  (pydantic checks them)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError([_problem(fault, type(self)) for fault in error.errors()]) from None

    def with_(self, changes: Mapping[str, Any]) -> Self:
        """The same with some fields changed, checked again.

        Args:
            changes: New values by field or dotted path, such as `{"sigma": 4.0, "trim.tail": 0.005}`.

        Raises:
            InputError: There is no such field, or a value is not allowed.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        for path, value in changes.items():
            name, _, rest = path.partition(".")
            inner = fields.get(name)
            if rest and not isinstance(inner, Declared):
                raise InputError.of("no such field", key=path, suggestion=near(path, _paths(self)))
            fields[name] = inner.with_({rest: value}) if rest and isinstance(inner, Declared) else value
        return type(self)(**fields)


def _paths(declared: Declared) -> list[str]:
    """Dotted paths of all fields."""
    paths = []
    for name in type(declared).model_fields:
        inner = getattr(declared, name)
        paths += [f"{name}.{path}" for path in _paths(inner)] if isinstance(inner, Declared) else [name]
    return paths


class Trim(Declared):
    """Tails that are cut before anything is measured."""

    tail: float = Field(
        default=0.01, ge=0, lt=0.5, description="Share of rows cut at each end of each variable; 0 cuts none."
    )
    variables: tuple[Variable, ...] = Field(
        default=("tfpr", "tfpq"),
        description="Variables whose tails are cut, as ln of the ratio to the cell: tfpr, tfpq, mrpk, mrpl.",
    )
    by: Literal["pooled", "year", "cell"] = Field(
        default="pooled", description="Quantiles are taken over all rows, year by year, or cell by cell."
    )

    def line(self) -> str:
        """In a few words."""
        if self.tail == 0 or not self.variables:
            return "no trim"
        return f"trim {100 * self.tail:g} % tails of {self.where()}"

    def where(self) -> str:
        """Of what tails are cut, and over which rows."""
        names = " and ".join(NAMES[name] for name in self.variables)
        rows = {"pooled": "all years together", "year": "by year", "cell": "by industry and year"}[self.by]
        return f"{names}, {rows}"


class Choices(Declared):
    """Choices of a measurement. The defaults are those of Hsieh and Klenow (2009), but for own shares."""

    sigma: float | dict[str, float] = Field(
        default=3.0,
        description="Elasticity of substitution between firms of an industry, above 1; one, or one each.",
    )
    rental: float = Field(
        default=0.10, gt=0, description="Rental price of capital R; moves 1+τ_K, never a gain."
    )
    alpha: Literal["own", "own-corrected", "acf", "table", "constant"] = Field(
        default="own",
        description=(
            "Capital share: own = 1 - Σ wage bill / Σ value added of the industry over all years; "
            "own-corrected = "
            "1 - σ/(σ-1) times that ratio (profits are no return to capital); acf = from production "
            "functions as in Ackerberg, Caves and Frazer (2015); table = alpha_table; constant."
        ),
    )
    alpha_value: float = Field(
        default=1 / 3, gt=0, lt=1, description="Capital share where alpha is constant."
    )
    alpha_digits: int | None = Field(
        default=None,
        ge=0,
        description="Where alpha is acf: industries whose codes begin alike have one production function, "
        "compared to this many digits; 0: all have one; None: each has its own.",
    )
    alpha_table: dict[str, float] | None = Field(
        default=None,
        description="Industry -> capital share, where alpha is table (US shares in Hsieh and Klenow 2009).",
    )
    alpha_bounds: tuple[float, float] = Field(
        default=(0.05, 0.95), description="Own and estimated capital shares are clipped to this range."
    )
    deflator: dict[int, float] | None = Field(
        default=None,
        description=(
            "Year -> price index; money is then in prices of the last year. None: current prices. Matters "
            "where years are pooled, as in own capital shares; no gain at given capital shares moves."
        ),
    )
    labor: Literal["wage_bill", "employment"] = Field(
        default="wage_bill",
        description="Labour: the wage bill (skills are paid for), or persons at the mean wage of the cell.",
    )
    trim: Trim = Field(default_factory=Trim, description="Tails that are cut: tail, variables, by.")
    winsor: Trim | None = Field(
        default=None,
        description=(
            "Tails that are pulled in after the trim: firms beyond the quantile are given it. tail, by, and "
            "variables: tfpr and tfpq (capital per labour stays), or any of mrpk, mrpl and tfpq."
        ),
    )
    min_cell: int = Field(default=1, ge=1, description="Cells with fewer rows after the trim are left out.")
    weights: Literal["sampling", "none"] = Field(
        default="sampling", description="sampling: a row counts as often as its weight says; none: once."
    )
    reference: str | None = Field(
        default=None,
        description="Group that the others are compared with; default: the one with the most rows.",
    )
    eta: float = Field(
        default=0.85, gt=0, lt=1, description="Span of control, for the model-consistent version."
    )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        values = self.sigma.items() if isinstance(self.sigma, dict) else [("", self.sigma)]
        wrong = [f"{key} {value:g}".strip() for key, value in values if not 1 < value < 1000]
        if wrong:
            raise ValueError(f"sigma must be above 1 (and below 1000); got {', '.join(wrong[:5])}")
        low, high = self.alpha_bounds
        if not 0 < low < high < 1:
            raise ValueError(f"alpha_bounds must be 0 < low < high < 1; got {low:g}, {high:g}")
        pulled = set() if self.winsor is None else set(self.winsor.variables)
        if "tfpr" in pulled and pulled & {"mrpk", "mrpl"}:
            raise ValueError(
                "winsor takes tfpr and tfpq, or mrpk, mrpl and tfpq: TFPR follows from MRPK and MRPL"
            )
        if self.alpha == "table" and not self.alpha_table:
            raise ValueError("alpha is `table`, so alpha_table must say a capital share for each industry")
        off = [f"{key} {value:g}" for key, value in (self.alpha_table or {}).items() if not 0 < value < 1]
        if off:
            raise ValueError(f"alpha_table must hold shares between 0 and 1; got {', '.join(off[:5])}")
        return self

    def _level(self) -> str:
        if self.alpha_digits is None:
            return "by industry"
        if self.alpha_digits == 0:
            return "of all industries together"
        return f"by {self.alpha_digits} digits of industry"

    def line(self, without: Collection[str] = ()) -> str:
        """All choices in one line, to go with every number; `without` names fields to leave out."""
        low, high = self.alpha_bounds
        alpha = {
            "own": f"α own (1 - wage share of value added, clipped to {low:g}–{high:g})",
            "own-corrected": f"α own, markup-corrected (1 - σ/(σ-1) wage share, clipped to {low:g}–{high:g})",
            "acf": f"α from production functions {self._level()} (Ackerberg, Caves and Frazer 2015)",
            "table": f"α from a table of {len(self.alpha_table or {})} industries",
            "constant": f"α {self.alpha_value:.3g}",
        }[self.alpha]
        sigma = "by industry" if isinstance(self.sigma, Mapping) else f"{self.sigma:g}"
        parts = {
            "sigma": f"σ {sigma}",
            "alpha": alpha,
            "labor": "labour = wage bill" if self.labor == "wage_bill" else "labour = persons",
            "trim": self.trim.line(),
            "rental": f"R {self.rental:g}",
        }
        if self.winsor is not None:
            parts["winsor"] = f"winsorised at {100 * self.winsor.tail:g} % tails of {self.winsor.where()}"
        if self.deflator is not None:
            parts["deflator"] = "real values, in prices of the last year"
        if self.min_cell > 1:
            parts["min_cell"] = f"cells of {self.min_cell} rows or more"
        parts["weights"] = "sampling weights where given" if self.weights == "sampling" else "unweighted"
        return "; ".join(text for name, text in parts.items() if name not in without)


def _problem(fault: Any, model: type[BaseModel]) -> Problem:  # noqa: ANN401  (pydantic's ErrorDetails)
    key = ".".join(str(part) for part in fault["loc"] if part not in ("float", "dict[str,float]"))
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), list(model.model_fields), n=1)
        return Problem("", 0, 0, key, "unknown choice", near[0] if near else None)
    if fault["type"] == "value_error":
        return Problem("", 0, 0, key, message)
    return Problem("", 0, 0, key, f"{message[:1].lower()}{message[1:]}; got {fault['input']!r}")
