"""JSON Schema of calibration files, for completion and checking in editors."""

from typing import Any

from dirigiste.documents.schema import DIALECT, schema_of
from dirigiste.fit.moments.declaration import CalibrationFile


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a calibration file; numbers are also written `{value, source, note}`."""
    schema = schema_of(CalibrationFile)
    return {"$schema": DIALECT, **schema, "title": "Dirigiste calibration"}
