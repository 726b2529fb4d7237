"""An instant and a date are what people write; a number is neither, though libraries take it for seconds since 1970."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from linli_contracts.event import Day, Instant
from pydantic import TypeAdapter, ValidationError

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
DAY: TypeAdapter[date] = TypeAdapter(Day)


def test_what_is_written_out_is_read() -> None:
    noon = datetime(2099, 1, 1, 12, tzinfo=UTC)
    for written in ("2099-01-01T12:00:00Z", "2099-01-01T20:00:00+08:00", "2099-01-01 12:00Z", noon):
        assert INSTANT.validate_python(written) == noon
    assert INSTANT.validate_json('"2099-01-01T20:00:00+08:00"') == noon
    assert DAY.validate_python("2099-01-01") == DAY.validate_json('"2099-01-01"') == date(2099, 1, 1)
    assert DAY.validate_python(date(2099, 1, 1)) == date(2099, 1, 1)


@pytest.mark.parametrize("kind", [INSTANT, DAY], ids=["instant", "day"])
@pytest.mark.parametrize(
    "written", ["20990101", "1767225600", "86400", "0", "1e9", "+0", 0, 86400, 1.5, True, None, [], ""]
)
def test_a_number_is_refused(kind: TypeAdapter[Any], written: object) -> None:
    """Given a number, then a change meant for 2099 does not hold from 1970 on."""
    with pytest.raises(ValidationError, match="written out"):
        kind.validate_python(written)
    with pytest.raises(ValidationError, match="written out"):
        kind.validate_json(str(written) if isinstance(written, int) and not isinstance(written, bool) else "0")
