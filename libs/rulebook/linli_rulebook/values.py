"""The typed value of an entry: read from what TOML holds, compared by strictness. Knows nothing of levels or files."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeAlias

from linli_rulebook.units import Kind, Span, Unit, in_smallest_unit

Value: TypeAlias = Span | int | Fraction | bool | str | tuple[str, ...] | Mapping[str, Any]

# No entry of a property group comes near it; a larger number is a slip of the keyboard and would overflow a date.
LARGEST_SPAN = 1_000_000


class Stricter(StrEnum):
    """In which direction an entry becomes stricter; `NONE` where neither direction is."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


def read_value(raw: object, unit: Unit) -> Value:
    """The typed value of `raw` in `unit`: spans, counts and fen from whole numbers, shares (0 to 1) from decimals.

    Raises `ValueError` that says what was expected. A share is an exact `Fraction`; a float never passes.
    """
    match unit.kind:
        case Kind.SPAN:
            # There is no zeroth working day: the day of receipt does not count (ORG-04).
            least = 1 if unit is Unit.WORKING_DAYS else 0
            return Span(_whole_number(raw, unit, least, LARGEST_SPAN), unit)
        case Kind.INTEGER | Kind.FEN:
            return _whole_number(raw, unit)
        case Kind.SHARE:
            return _share(raw)
        case Kind.FLAG if isinstance(raw, bool):
            return raw
        case Kind.TEXT if isinstance(raw, str):
            return raw
        case Kind.TEXTS if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
            return tuple(raw)
        case Kind.TABLE if isinstance(raw, dict):
            return raw
        case kind:
            raise ValueError(f"a value of the kind {kind} is expected, not {raw!r}")


def is_looser(inner: Value, outer: Value, stricter: Stricter) -> bool:
    """Whether `inner` is less strict than `outer`, whose unit fits. Raises `ValueError` where there is no order."""
    if stricter is Stricter.NONE:
        raise ValueError("the entry has no stricter direction")
    inner_rank, outer_rank = _rank(inner), _rank(outer)
    return inner_rank > outer_rank if stricter is Stricter.LOWER else inner_rank < outer_rank


def in_words(value: Value) -> str:
    """The value as an error message or an explanation shows it: `24 hours`, `0.95`, `['08:30-17:30']`."""
    if isinstance(value, Fraction):
        return str(float(value))
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _whole_number(raw: object, unit: Unit, least: int = 0, most: int | None = None) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < least or (most is not None and raw > most):
        limit = "" if most is None else f" up to {most}"
        raise ValueError(f"a whole number of {unit} from {least}{limit} is expected, not {raw!r}")
    return raw


def _share(raw: object) -> Fraction:
    if isinstance(raw, bool) or not isinstance(raw, Decimal | int) or not 0 <= raw <= 1:
        raise ValueError(f"a share from 0 to 1 is expected, not {raw!r}")
    return Fraction(raw)


def _rank(value: Value) -> int | Fraction:
    if isinstance(value, Span):
        return in_smallest_unit(value)
    if isinstance(value, int | Fraction):
        return value
    raise ValueError(f"{in_words(value)} has no order")
