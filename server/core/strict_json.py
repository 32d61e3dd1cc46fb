"""JSON as RFC 8259 has it.

Plain FastAPI accepts NaN, lone surrogates and 1e999, each of which fails later, in a database or an answer.
"""

import json
import re
from typing import Any

from pydantic_core import from_json

_PERHAPS_TOO_LARGE = re.compile(rb"\d[eE]|\d{300}")  # 1e999 is read as infinity


def parse_json(body: bytes) -> Any:
    """Parse JSON. Raises ValueError with what is wrong, and RecursionError."""
    value = from_json(body, allow_inf_nan=False)
    if _PERHAPS_TOO_LARGE.search(body):
        json.dumps(value, allow_nan=False)
    return value
