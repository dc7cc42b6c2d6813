"""Mapping files: which columns of a file play which role. Presets for well-known surveys have the same form.

roles:
  output: sales - inputs        # a column, or a formula on columns
  wage_bill: [wages, payroll]   # the first of these that the file has
  capital: k
  industry: {column: isic, digits: 2}
  group: {column: owner, values: {state: [110, 151], private: [170, 171]}, other: foreign}
missing: [-9, -8]
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUIRED: Final = ("output", "capital")
"""Roles without which nothing can be measured; so is one of `wage_bill` and `employment`."""

ROLES: Final = {
    "output": "value added, nominal, in the currency of the file",
    "sales": "sales or gross output; with `inputs`, value added is their difference",
    "inputs": "purchased inputs: materials, energy, services",
    "wage_bill": "labour cost of the year, with benefits if known, in the currency of the file",
    "employment": "persons; labour input where there is no wage bill",
    "capital": "capital stock in the currency of the file, such as the book value of fixed assets",
    "industry": "industry of the firm, as text or number; default: all firms in one industry",
    "year": "year; default: one cross-section",
    "id": "the firm; needed for panels, and for standard errors that are clustered by firm",
    "group": "ownership or political group",
    "weight": "sampling weight: how many firms a row stands for",
}
"""Roles and what fills them."""

NUMBERS: Final = ("output", "sales", "inputs", "wage_bill", "employment", "capital", "weight", "year")
"""Roles that hold numbers; formulas may fill these."""

Basis = Literal["source", "assumption", "user"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _words(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return [value] if isinstance(value, str) else value


def _codes(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return [value] if isinstance(value, str | int | float) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Codes = Annotated[tuple[str | int | float, ...], BeforeValidator(_codes)]


class Filling(_Strict):
    """What fills a role."""

    column: Words = Field((), description="A column or formula; of several, the first that the file has.")
    values: dict[str, Codes] | None = Field(
        None, description="Names for codes of the column: name -> the codes that it stands for."
    )
    other: str | None = Field(None, description="Name for codes that `values` does not list; else missing.")
    largest: dict[str, str] | None = Field(
        None, description="Name -> column: the name whose column is largest, such as shares of ownership."
    )
    when: dict[str, str] | None = Field(
        None,
        description="Name -> condition, such as `state_share >= 0.5`, or `else`: the first that holds.",
    )
    at_least: float = Field(0.0, description="With `largest`: below this the row gets `other`, or nothing.")
    digits: int | None = Field(None, ge=1, description="Keep this many leading characters of a code.")
    basis: Basis = Field("user", alias="from", description="Where this is from: `source` or `assumption`.")
    note: str = Field("", description="What to know about it.")


class Names(_Strict):
    """Alternative names of one column."""

    names: Words = Field(description="Names to look for, in order.")
    what: str = Field("", description="What the column holds, and its unit.")
    basis: Basis = Field("user", alias="from", description="Where the names are from.")


def _filling(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return {"column": value} if isinstance(value, str | list) else value


def _names(value: Any) -> Any:  # noqa: ANN401  (whatever the file holds)
    return {"names": value} if isinstance(value, str | list) else value


Fill = Annotated[Filling, BeforeValidator(_filling)]


class Roles(_Strict):
    """Role -> what fills it."""

    output: Fill | None = None
    sales: Fill | None = None
    inputs: Fill | None = None
    wage_bill: Fill | None = None
    employment: Fill | None = None
    capital: Fill | None = None
    industry: Fill | None = None
    year: Fill | None = None
    id: Fill | None = None
    group: Fill | None = None
    weight: Fill | None = None

    def given(self) -> dict[str, Filling]:
        """Roles that are filled."""
        return {role: getattr(self, role) for role in ROLES if getattr(self, role) is not None}


class Mapping(_Strict):
    """A mapping file or a preset."""

    format: Literal[1] = 1
    name: str = ""
    title: str = ""
    notes: tuple[str, ...] = Field((), description="What to know before using it.")
    sources: tuple[str, ...] = Field((), description="Where names and definitions are from.")
    columns: dict[str, Annotated[Names, BeforeValidator(_names)]] = Field(
        default_factory=dict, description="Words that roles may use -> the names they go by in files."
    )
    roles: Roles = Roles()
    missing: Codes = Field((), description="Codes that stand for a missing value in any column that is used.")


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping file.

    Raises:
        InputError: With every fault, each with its place.
    """
    from dirigiste.documents import reading, validation

    return validation.validate(Mapping, reading.read(path))


def presets() -> dict[str, str]:
    """Names and titles of the presets."""
    folder = resources.files("dirigiste.measurement") / "presets"
    names = sorted(
        item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")
    )
    return {name: preset(name).title for name in names}


def preset(name: str) -> Mapping:
    """One of the presets.

    Raises:
        InputError: There is none of this name.
    """
    from dirigiste.documents import reading, validation
    from dirigiste.documents.words import near

    folder = resources.files("dirigiste.measurement") / "presets"
    known = [item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")]
    if name not in known:
        message = f"no preset `{name}`; presets are {_listed(sorted(known))}"
        suggestion = near(name.replace("_", "-"), known)
        raise InputError.of(message, key="--preset", suggestion=suggestion)
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    return validation.validate(Mapping, reading.parse(text, file=f"{name}.yaml"))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
