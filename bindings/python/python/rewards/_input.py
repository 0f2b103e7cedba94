"""Python's values as the JSON that the engine reads, digit for digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Optional, Union

Input = Union[str, Mapping[str, Any]]
"""JSON text, or a mapping of what JSON can say with ``Decimal``, ``date`` and ``datetime`` besides."""


def number_text(value: Union[Decimal, int, str], what: str) -> str:
    """A number as text, digit for digit."""
    if isinstance(value, bool) or isinstance(value, float):
        raise TypeError(float_message(value, what))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{what}: {value} is no number")
        return f"{value:f}"
    if isinstance(value, str):
        return value
    if hasattr(value, "__index__"):
        return str(int(value))
    # Floats of numpy are none of Python's.
    raise TypeError(float_message(value, what))


def float_message(value: object, what: str) -> str:
    """Why a float is no amount, and how to make one of it."""
    if isinstance(value, bool):
        return f"{what}: {value} is no number"
    return (
        f"{what}: {value!r} is a float, and cents do not survive in binary floating point. Give the number as it was "
        f'written: "{value}", or Decimal("{value}"); of a float that is all there is, round(Decimal({value!r}), 2) '
        "is the nearest cent"
    )


def json_of(value: Optional[Input], what: str) -> Optional[str]:
    """JSON text as it came, or that of a mapping. A float in it is an error that says how to convert."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{what}: a dict or JSON text is due here, this is a {type(value).__name__}")
    return json.dumps(_plain(value, what, 0))


def _plain(value: Any, what: str, depth: int) -> Any:
    if depth > 32:
        raise ValueError(f"{what}: this is nested too deep; does it hold itself?")
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{what}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [_plain(item, f"{what}[{at}]", depth + 1) for at, item in enumerate(items)]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, int)):
        return int(value) if isinstance(value, int) else number_text(value, what)
    if isinstance(value, float):
        raise TypeError(float_message(value, what))
    # Numbers of numpy and the like.
    if hasattr(value, "item"):
        return _plain(value.item(), what, depth + 1)
    raise TypeError(f"{what}: a {type(value).__name__} cannot be read; text, int, Decimal, date and datetime can")
