"""Chronicles out: YAML that reads back exactly."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from dirigiste.chronicle.model import Chronicle


def to_yaml(chronicle: Chronicle) -> str:
    """Write a chronicle; see `Chronicle.to_yaml`."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 110
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_lists(chronicle.model_dump(by_alias=True, exclude_unset=True)), out)
    return out.getvalue()


def _lists(data: object) -> object:
    """Tuples as lists, which is what YAML has."""
    if isinstance(data, dict):
        return {key: _lists(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_lists(value) for value in data]
    return data
