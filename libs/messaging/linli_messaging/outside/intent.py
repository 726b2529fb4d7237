"""The life of one outside effect (promise 9), as a table; pure.

    waiting --taken--------------------> sending
    waiting --nobody may be reached now> waiting (until its recipient may: quiet hours)
    waiting --its time is over---------> failed;  unknown where an earlier try was left in doubt
    waiting --restored from a backup---> in doubt: taken only where a repetition does no harm, else unknown
    sending --the receiver took it-----> sent
    sending --refused for good---------> failed
    sending --certainly not received---> waiting (the next try, later and later)
    sending --nobody knows-------------> waiting where a repetition does no harm: the receiver recognises it, or can be
                                         asked first, or it is an emergency;  unknown otherwise
    sending --nobody can find out------> unknown
    unknown --its answer comes late----> sent
    unknown --a person found out-------> sent, failed
    failed, unknown --a person wants it> waiting (once more, for a day)
    any end --its recipient wants it---> waiting (once more: a partner's replay)

``sending`` is committed before anything is sent and left after the answer, so a process that dies in between leaves it
as it is; whoever sends next finds it there and nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, Literal

Status = Literal["waiting", "sending", "sent", "failed", "unknown"]
FINAL: Final[frozenset[Status]] = frozenset({"sent", "failed", "unknown"})
"""Nothing more is done by itself; what became of it is told."""
Repeats = Literal["recognised", "asked", "neither"]
"""What a receiver makes of the same key twice: takes it once; takes it twice, but can be asked before; takes it
twice."""
OUT_OF_TIME: Final = "out_of_time"


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has it, under its own reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take it; ``error`` is a short code, never personal data."""

    error: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """It was certainly not received, and may be later; not before ``after_s`` where the receiver said so."""

    error: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been received: no answer came, or who waited for it died."""

    error: str
    at_once: bool = False
    """Where a repetition does no harm, it need not wait: not the receiver is at fault, but one of us died."""


@dataclass(frozen=True, slots=True)
class Unknowable:
    """An earlier try may have been received, and the way it went can't be asked: it is not sent again."""

    error: str


Result = Taken | Refused | NotNow | InDoubt | Unknowable


@dataclass(frozen=True, slots=True)
class Patience:
    """How the tries of one kind follow each other, in seconds of the service's clock."""

    first_wait_s: float
    """After the first try; each further wait is twice as long."""
    longest_wait_s: float
    jitter: float
    """The share by which a wait may be longer, so that many do not come back at once."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An effect that was decided, and how far it has come."""

    id: str
    """The idempotency key: follows from deployment, service and cause."""
    cause: str
    kind: str
    subject: str
    recipient: str
    payload: Mapping[str, Any]
    emergency: bool
    give_up_at: datetime
    made_at: datetime
    next_at: datetime
    """When it is to be taken, while it waits."""
    noted_at: datetime
    """When it came into this status."""
    status: Status = "waiting"
    tries: int = 0
    doubtful: bool = False
    """A try was left in doubt: a receiver that can be asked is asked before it is sent again."""
    reference: str | None = None
    """The receiver's."""
    error: str | None = None
    """What the last try met, as a short code."""
    again: int = 0
    """How often a person had it sent again after its end."""
    decided_by: str | None = None
    """Who did, or said how it ended."""
    decided_why: str | None = None

    @property
    def case(self) -> str | None:
        """The case that it belongs to, if any: its payload names it, or the fact in it that is delivered."""
        about = self.payload.get("data", self.payload)
        case_id = about.get("case_id")
        return case_id if isinstance(case_id, str) else None


def take(intent: Intent, repeats: Repeats, now: datetime, may_from: datetime | None = None) -> Intent:
    """A waiting intent whose time has come is to be sent, or given up when its time is over.

    ``may_from``: when its recipient may be reached, at the earliest; later than now, it waits for that.
    """
    _must_be(intent, "waiting")
    if may_from is not None and now < may_from and now <= intent.give_up_at:
        return replace(intent, next_at=min(may_from, intent.give_up_at + timedelta(seconds=1)), noted_at=now)
    if now > intent.give_up_at or (intent.doubtful and not _may_repeat(intent, repeats)):
        over: Status = "unknown" if intent.doubtful else "failed"
        return replace(intent, status=over, error=intent.error or OUT_OF_TIME, noted_at=now)
    return replace(intent, status="sending", tries=intent.tries + 1, noted_at=now)


def note(intent: Intent, result: Result, repeats: Repeats, patience: Patience, now: datetime) -> Intent:
    """What becomes of an intent that was being sent."""
    if isinstance(result, Taken) and intent.status == "unknown":
        return replace(intent, status="sent", reference=result.reference, error=None, noted_at=now)
    _must_be(intent, "sending")
    match result:
        case Taken(reference):
            return replace(intent, status="sent", reference=reference, error=None, noted_at=now)
        case Refused(error):
            return replace(intent, status="failed", error=error, noted_at=now)
        case NotNow(error, after_s):
            return _again(replace(intent, error=error), max(after_s, wait_s(intent, patience)), now)
        case Unknowable(error):
            return replace(intent, status="unknown", error=error, doubtful=True, noted_at=now)
        case InDoubt(error, at_once):
            doubtful = replace(intent, error=error, doubtful=True)
            if not _may_repeat(intent, repeats):
                return replace(doubtful, status="unknown", noted_at=now)
            return _again(doubtful, 0.0 if at_once else wait_s(intent, patience), now)


def send_again(intent: Intent, by: str, why: str, now: datetime) -> Intent:
    """A person wants it sent once more, with the same key; what became of that is told as its own end.

    Raises ``ValueError`` for one that has neither failed nor is unknown.
    """
    _must_be(intent, "failed", "unknown")
    return replace(
        intent, status="waiting", doubtful=False, error=None, next_at=now, noted_at=now, give_up_at=now + AGAIN_FOR,
        again=intent.again + 1, decided_by=by, decided_why=why,
    )  # fmt: skip


def settle(intent: Intent, how: Literal["sent", "failed"], by: str, why: str, now: datetime) -> Intent:
    """A person found out how an unknown one ended. Raises ``ValueError`` for one that is not unknown."""
    _must_be(intent, "unknown")
    known = replace(intent, status=how, noted_at=now, decided_by=by, decided_why=why)
    return replace(known, reference=BY_HAND, error=None) if how == "sent" else replace(known, error=BY_HAND)


AGAIN_FOR: Final = timedelta(days=1)
"""How long it is tried when a person wants it again. Assumed: they look the next day."""
BY_HAND: Final = "said_by_a_person"
"""In place of the receiver's reference, or of what a try met."""


def wait_s(intent: Intent, patience: Patience) -> float:
    """Seconds until the next try: twice as long after each, up to the longest, and a little more by the intent's id."""
    doubled = patience.first_wait_s * 2.0 ** min(max(intent.tries - 1, 0), _MOST_DOUBLINGS)
    chance = int.from_bytes(blake2b(f"{intent.id}|{intent.tries}".encode(), digest_size=8).digest()) / 2**64
    return min(doubled, patience.longest_wait_s) * (1.0 + patience.jitter * chance)


_MOST_DOUBLINGS: Final = 40
"""Beyond it every wait is the longest; keeps the power of two within what a float can say."""


def _again(intent: Intent, after_s: float, now: datetime) -> Intent:
    """Wait for the next try; one second past its time it is looked at once more, and given up."""
    due = min(now + timedelta(seconds=after_s), max(now, intent.give_up_at) + timedelta(seconds=1))
    return replace(intent, status="waiting", next_at=due, noted_at=now)


def _may_repeat(intent: Intent, repeats: Repeats) -> bool:
    """Whether sending it once more does no harm, or less than not sending it."""
    return repeats != "neither" or intent.emergency


def _must_be(intent: Intent, *statuses: Status) -> None:
    if intent.status not in statuses:
        message = f"intent {intent.cause} is {intent.status}, not {' or '.join(statuses)}"
        raise ValueError(message)
