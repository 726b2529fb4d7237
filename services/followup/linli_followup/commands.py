"""What callers ask followup to record: the bodies of its commands, as they come over HTTP or in bulk files."""

from typing import Annotated

from linli_contracts.event import Id, Key
from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
"""Homes, sheets or problems of one contract; the limit catches a slip of the keyboard: no contract has more homes.

Strict: neither `true` nor "100" is a number, for payments rest on them (WAR-10).
"""


class CompleteCallback(BaseModel):
    """The customer was reached and answered (FUP-01)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    callback_id: Id
    satisfied: bool
    score: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    """The answer to the survey question, where one was given."""
    by: Key
    """The staff id of the caller; an id, not a name, because facts tell it (INT-13)."""


class NoAnswer(BaseModel):
    """Nobody answered the call (FUP-04)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    callback_id: Id
    by: Key
    """The staff id of the caller; an id, not a name, because facts tell it (INT-13)."""


class CountClosingCallbacks(BaseModel):
    """The closing callbacks of a contract were counted (WAR-09)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract_id: Key
    estate_id: Key
    occupied_homes: Count
    called_back_homes: Count
    sheets_signed: Count
    top_floor_homes: Count | None = None
    """None: not counted, and then no waterproofing is paid by it; 0 says that there are none (WAR-10)."""
    top_floor_visited: Count = 0
    leaks_found: Count = 0
    open_problems: Count = 0
    reserved_problems: Count = 0
