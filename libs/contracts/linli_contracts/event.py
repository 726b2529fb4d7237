"""What every event is: a past-tense fact, immutable, without personal data, readable by yesterday's reader.

The instant of a fact's record, its id and its number travel in the envelope (:mod:`linli_contracts.envelope`); the body
carries the facts, each instant under its own name.
"""

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:
        # The first hours of year 1 and the last of 9999 have no UTC instant: wrong content, not a bug.
        message = "an instant between the years 1 and 9999, in UTC too"
        raise ValueError(message) from None


def _is_written_out(value: object) -> bool:
    """A number, also one in quotation marks, would be taken for seconds since 1970: 20990101 for a day of that year."""
    return isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-")


def _instant_written_out(value: object) -> object:
    if not _is_written_out(value):
        message = "an instant written out, as 2026-07-01T00:00:00+08:00"
        raise ValueError(message)
    return value


def _day_written_out(value: object) -> object:
    if not _is_written_out(value):
        message = "a date written out, as 2026-07-01"
        raise ValueError(message)
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_instant_written_out), AfterValidator(_in_utc)]
"""An aware instant, always UTC after validation; a naive one is refused, a number, and one that UTC cannot say."""
Day = Annotated[date, BeforeValidator(_day_written_out)]
"""A date of the calendar; a number is refused."""

KEY_PATTERN: Final = r"^[A-Za-z0-9_\-]{1,64}$"
ID_PATTERN: Final = r"^[A-Za-z0-9_\-]{1,64}(\.[A-Za-z0-9_\-]{1,64}){1,3}$"
Key = Annotated[str, Field(pattern=KEY_PATTERN)]
"""What facts are ordered by: an estate, a contract, a member."""
Id = Annotated[str, Field(pattern=ID_PATTERN)]
"""An id below a key: ``<key>.<rest>``."""
Fen = Annotated[int, Field(strict=True, ge=0, description="an amount of money in fen (1/100 yuan)")]
"""Strict: neither `true` nor "100" is an amount."""
Level = Annotated[int, Field(ge=1, le=4, description="severity: 1 major, 2 hot, 3 important, 4 ordinary (INT-06)")]


class Event(BaseModel):
    """A fact. Subclasses name the producing service and the field that orders them; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    """Built at its first use: every service imports the events of all, and takes and tells a few."""

    producer: ClassVar[str]
    also_told_by: ClassVar[tuple[str, ...]] = ()
    """Further services that tell facts of this type, each on its own topic."""
    version: ClassVar[int] = 1
    key_field: ClassVar[str] = "estate_id"
    subject_field: ClassVar[str] = "case_id"
    order_critical: ClassVar[bool] = False
    """True where followers of the same subject must not overtake a parked one (promise 6)."""
    asks_outside: ClassVar[bool] = False
    """True where it has another service reach people or machines: not told by what is not live (promise 7)."""

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type: the class name."""
        return cls.__name__

    @classmethod
    def producers(cls) -> tuple[str, ...]:
        """All services that tell facts of this type."""
        return (cls.producer, *cls.also_told_by)

    @property
    def key(self) -> str:
        """The key this fact is ordered by (its lane follows from it)."""
        return str(getattr(self, self.key_field))

    @property
    def subject(self) -> str:
        """What the fact is about: the case, the contract, the member."""
        return str(getattr(self, self.subject_field))

    @property
    def case(self) -> str | None:
        """The case whose timeline shows this fact, if it belongs to one."""
        value: str | None = getattr(self, "case_id", None)
        return value
