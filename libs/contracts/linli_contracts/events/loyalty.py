"""Facts that loyalty tells: members and points (LOY). A member is ordered by the customer's reference."""

from datetime import date
from typing import Final, Literal

from linli_contracts.event import Event, Instant, Key
from linli_contracts.topics import LOYALTY

PointsKind = Literal["reward", "upgrade"]
PointsCause = Literal["survey_answered", "apology_late_case", "purchase", "referral", "activity", "suggestion"]


class MemberJoined(Event):
    """An application was verified and a membership number given (LOY-01)."""

    producer = LOYALTY
    key_field = "customer_ref"
    subject_field = "customer_ref"
    order_critical = True

    customer_ref: Key
    member_no: str
    joined_at: Instant


class PointsEarned(Event):
    """Points were credited, once for this cause (LOY-03)."""

    producer = LOYALTY
    key_field = "customer_ref"
    subject_field = "customer_ref"

    customer_ref: Key
    points: int
    kind: PointsKind
    cause: PointsCause
    cause_id: str
    case_id: str | None = None
    expires_on: date
    earned_at: Instant


class PointsSpent(Event):
    """A member paid with reward points, once for this cause (LOY-03)."""

    producer = LOYALTY
    key_field = "customer_ref"
    subject_field = "customer_ref"

    customer_ref: Key
    points: int
    kind: PointsKind
    cause_id: str
    spent_at: Instant


class PointsExpired(Event):
    """Unspent points reached their expiry (LOY-03)."""

    producer = LOYALTY
    key_field = "customer_ref"
    subject_field = "customer_ref"

    customer_ref: Key
    points: int
    kind: PointsKind
    cause_id: str
    expired_at: Instant


EVENTS: Final = (MemberJoined, PointsEarned, PointsSpent, PointsExpired)
