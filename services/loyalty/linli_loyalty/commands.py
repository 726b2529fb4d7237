"""What callers ask loyalty to record: the bodies of its commands, as they come over HTTP or in bulk files."""

from typing import Annotated

from linli_contracts.event import Key
from pydantic import BaseModel, ConfigDict, Field


class Join(BaseModel):
    """A customer joins the owners' club (LOY-01)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_ref: Key


class Spend(BaseModel):
    """A member pays with reward points (LOY-03)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_ref: Key
    points: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
    """The limit is what the database's integers hold."""
    cause_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,128}$")]
    """What is paid for; the same cause is never paid twice."""
