"""Building blocks of the declarations: number types, names, and fields that carry unit and symbol."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import PydanticUndefined

NAME_PATTERN: Final = r"^[a-z][a-z0-9_]*$"

Real = Annotated[float, Strict(), AllowInfNan(False)]
"""A finite number; whole numbers are taken, text and true/false are not."""

ExtendedReal = Annotated[float, Strict(), AllowInfNan(True)]
"""A number that may be infinite (`.inf` in YAML)."""

Count = Annotated[int, Strict()]
"""A whole number."""

Flag = Annotated[bool, Strict()]
"""`true` or `false`."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name in a file: lower-case letters, digits and underscores, starting with a letter."""


class Declaration(BaseModel):
    """Base of every declaration: immutable; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    SYNONYMS: ClassVar[Mapping[str, str]] = {}
    """Other words that people write for keys in files of this kind, each with the key that is meant."""


def exactly_one(declaration: BaseModel, *keys: str) -> None:
    """Check that exactly one of several keys of a declaration is given.

    Raises:
        ValueError: None or several of them are.
    """
    given = [key for key in keys if getattr(declaration, key) is not None]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        raise ValueError(f"must hold exactly one of {', '.join(keys)}; got {got}")


def synonyms_of(model: type[BaseModel]) -> Mapping[str, str]:
    """The synonyms of a declaration; none of other models."""
    return model.SYNONYMS if issubclass(model, Declaration) else {}


def parameter(
    description: str,
    *,
    unit: str,
    symbol: str = "",
    enters: str = "",
    default: object = PydanticUndefined,
    **limits: float,
) -> Any:  # noqa: ANN401  (stands for the type of the field)
    """Declare a number with its unit.

    Args:
        description: What it is, in one sentence without full stop.
        unit: Unit, such as `per year`, `share`, `goods`.
        symbol: Symbol in the method document.
        enters: Where it enters the model.
        default: Value where the file gives none; left out, the number is required.
        **limits: `gt`, `ge`, `lt`, `le`.

    Returns:
        A pydantic field.
    """
    extra: dict[str, Any] = {"x-unit": unit}
    if symbol:
        extra["x-symbol"] = symbol
    if enters:
        extra["x-enters"] = enters
    options: dict[str, Any] = dict(limits)
    return Field(default, description=description, json_schema_extra=extra, **options)
