"""The life of a callback (FUP-01, FUP-03, FUP-04): one for each round of a case, from the finished work to an answer.

    planned ──call──▶ due ──no answer──▶ planned (next time of day) … ──last try──▶ unreachable
       │               │
       └───────────────┴──answered──▶ completed          either ──reopened, closed──▶ cancelled

A try that nobody makes in time is recorded as late and stays due: the customer is still owed a call, until the case is
closed by another right. An answer is always taken down, also one that came early or in quiet hours (then it is
flagged): it cannot be un-heard. An unanswered try counts only at its time and outside quiet hours, else three calls in
one minute, or at midnight, would make a customer "unreachable".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import RepairDone, TicketClosed, TicketReopened, TicketResolved
from linli_contracts.events.followup import CallbackCompleted, CallbackDue, CustomerUnreachable
from linli_contracts.events.messages import MessageRequested
from linli_contracts.lanes import id_under, key_of
from linli_rulebook.decision import NOTHING, Because, Decision, Outcome, Refusal, State, Timer
from pydantic import AwareDatetime

from linli_followup.domain.call_plan import CallSpan, first_call, next_call
from linli_followup.domain.calling_hours import ONE_SECOND
from linli_followup.domain.calling_policy import CallingPolicy

CALL: Final = "call"
"""The clock that runs until a try may begin."""
CALL_LATE: Final = "call_late"
"""The clock that runs until a try was not made in time."""

Status = Literal["planned", "due", "completed", "unreachable", "cancelled"]
OPEN: Final = frozenset({"planned", "due"})


class Callback(State):
    """What is owed to one customer after one round of a case, and what came of it."""

    table: ClassVar[str] = "callback"

    case_id: str
    estate_id: str
    round: int
    customer_ref: str
    zone: str
    """The local time of the estate when the callback was planned."""
    policy_version: str
    region_id: str = ""
    """The estate's region then: its tries keep that one's terms, wherever the estate moves (ORG-02). Empty where the
    estate was not registered, or where it was planned before this was kept.
    """
    finished_at: AwareDatetime
    status: Status
    attempt: int = 1
    call_from: AwareDatetime
    call_by: AwareDatetime
    overdue: bool = False
    """The present try was not made by ``call_by``."""
    late: bool = False
    """Some try was not made in time."""
    unanswered: tuple[AwareDatetime, ...] = ()
    ended_at: AwareDatetime | None = None
    satisfied: bool | None = None
    score: int | None = None
    completed_by: str | None = None
    in_quiet_hours: bool = False

    @classmethod
    def case_of(cls, identity: str) -> str:
        """The case that is called back about: ``xh01.c9f2`` of ``xh01.b2-c9f2``."""
        found = _CALLBACK_ID.fullmatch(identity)
        return id_under(found[1], found[2]) if found else identity

    def timers(self) -> Iterator[Timer]:
        """Until the try may begin; then until it is late, once."""
        if self.status == "planned":
            yield Timer(self.call_from, CALL, self.round, self.attempt)
        elif self.status == "due" and not self.overdue:
            yield Timer(self.call_by + ONE_SECOND, CALL_LATE, self.round, self.attempt)

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it; the migration `0002_figures.sql` counts the same."""
        return {
            "callbacks": 1,
            self.status: 1,
            "satisfied": int(self.satisfied is True),
            "unsatisfied": int(self.satisfied is False),
            "late": int(self.late),
            "in_quiet_hours": int(self.in_quiet_hours),
            "tries": int(self.status == "completed") + len(self.unanswered),
        }


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """What a reached customer said, and to whom."""

    satisfied: bool
    score: int | None
    by: str


def callback_id(case_id: str, round_: int) -> str:
    """The id of the callback of a case's round: ``xh01.c9f2`` in round 2 has ``xh01.b2-c9f2``."""
    key = key_of(case_id)
    return f"{key}.b{round_}-{case_id[len(key) + 1 :]}"


_CALLBACK_ID: Final = re.compile(r"([^.]+)\.b\d+-(.+)")


def plan_callback(
    known: Callback | None, done: RepairDone | TicketResolved, zone: str, region_id: str, policy: CallingPolicy
) -> Decision:
    """Plans the first call after finished work (FUP-01), once for each case and round; none after a standard answer.

    ``zone`` and ``region_id`` are the estate's; no region, where it is not registered.
    """
    if known is not None:
        return NOTHING
    if isinstance(done, TicketResolved) and done.how == "standard_answer":
        return Decision(because=_because(done.case_id, "FUP-01", "no callback after a standard answer", policy.version))
    finished_at = done.done_at if isinstance(done, RepairDone) else done.resolved_at
    span = first_call(finished_at, ZoneInfo(zone), policy)
    callback = Callback(
        id=callback_id(done.case_id, done.round),
        case_id=done.case_id,
        estate_id=done.estate_id,
        round=done.round,
        customer_ref=done.customer_ref,
        zone=zone,
        policy_version=policy.version,
        region_id=region_id,
        finished_at=finished_at,
        status="planned",
        call_from=span.call_from,
        call_by=span.call_by,
    )
    because = _because(done.case_id, "FUP-01", "callback planned", policy.version, **_said(span))
    return Decision(save=(callback,), because=because)


def begin_try(callback: Callback, timer: Timer) -> Decision:
    """The try may be made from now on: the callers are told."""
    if not _shows(callback, timer):
        return NOTHING
    due = CallbackDue(
        case_id=callback.case_id,
        estate_id=callback.estate_id,
        round=callback.round,
        callback_id=callback.id,
        attempt=callback.attempt,
        customer_ref=callback.customer_ref,
        call_from=callback.call_from,
        call_by=callback.call_by,
    )
    return Decision(save=(callback.model_copy(update={"status": "due"}),), events=(due,))


def record_late_try(callback: Callback, timer: Timer) -> Decision:
    """Nobody called in time: recorded once; the call stays due."""
    if not _shows(callback, timer):
        return NOTHING
    rule = "FUP-01" if callback.attempt == 1 else "FUP-04"
    late = callback.model_copy(update={"overdue": True, "late": True})
    facts = {"attempt": callback.attempt, "call_by": callback.call_by.isoformat()}
    because = _because(callback.case_id, rule, "callback late", callback.policy_version, **facts)
    return Decision(save=(late,), because=because)


def complete(callback: Callback, answer: CustomerAnswer, policy: CallingPolicy, now: datetime) -> Outcome:
    """Takes down the answer (FUP-01); in quiet hours it is flagged (FUP-03). Refuses an ended callback."""
    if callback.status not in OPEN:
        return _ended(callback)
    quiet = not policy.hours.holds(now, ZoneInfo(callback.zone))
    done = callback.model_copy(
        update={
            "status": "completed",
            "late": callback.late or _is_late(callback, now),
            "ended_at": now,
            "satisfied": answer.satisfied,
            "score": answer.score,
            "completed_by": answer.by,
            "in_quiet_hours": quiet,
        }
    )
    completed = CallbackCompleted(
        case_id=callback.case_id,
        estate_id=callback.estate_id,
        round=callback.round,
        callback_id=callback.id,
        customer_ref=callback.customer_ref,
        satisfied=answer.satisfied,
        score=answer.score,
        completed_at=now,
        completed_by=answer.by,
    )
    because = _because(
        callback.case_id,
        "FUP-03" if quiet else "FUP-01",
        "callback answered in quiet hours" if quiet else "callback answered",
        callback.policy_version,
        satisfied=answer.satisfied,
        attempt=callback.attempt,
    )
    answer_back = {"callback_id": callback.id, "status": "completed", "in_quiet_hours": quiet}
    return Decision(save=(done,), events=(completed,), because=because, answer=answer_back)


def try_again(callback: Callback, policy: CallingPolicy, now: datetime) -> Outcome:
    """Nobody answered: plans the next try at another time of day, or gives up after the last (FUP-04).

    Refuses an ended callback, a try before its time, and one in quiet hours.
    """
    zone = ZoneInfo(callback.zone)
    if callback.status not in OPEN:
        return _ended(callback)
    if now < callback.call_from:
        return _NOT_DUE
    if not policy.hours.holds(now, zone):
        return _QUIET
    tried = {"unanswered": (*callback.unanswered, now), "late": callback.late or _is_late(callback, now)}
    if callback.attempt >= policy.tries:
        return _give_up(callback.model_copy(update={**tried, "status": "unreachable", "ended_at": now}), now)
    span = next_call(now, zone, policy)
    planned = callback.model_copy(
        update={
            **tried,
            "status": "planned",
            "attempt": callback.attempt + 1,
            "overdue": False,
            "call_from": span.call_from,
            "call_by": span.call_by,
        }
    )
    facts = {"attempt": planned.attempt, **_said(span)}
    because = _because(callback.case_id, "FUP-04", "no answer, next try planned", callback.policy_version, **facts)
    answer = {"callback_id": callback.id, "status": "planned", **facts}
    return Decision(save=(planned,), events=(_appointment(planned, now),), because=because, answer=answer)


def cancel(callback: Callback | None, ended: TicketReopened | TicketClosed, now: datetime) -> Decision:
    """The case goes into its next round, or is closed: an open callback of this round is owed no longer."""
    if callback is None or callback.status not in OPEN:
        return NOTHING
    what = (
        "callback cancelled: case reopened" if isinstance(ended, TicketReopened) else "callback cancelled: case closed"
    )
    cancelled = callback.model_copy(update={"status": "cancelled", "ended_at": now})
    because = _because(callback.case_id, "FUP-01", what, callback.policy_version, round=callback.round)
    return Decision(save=(cancelled,), because=because)


def _give_up(callback: Callback, now: datetime) -> Decision:
    unreachable = CustomerUnreachable(
        case_id=callback.case_id,
        estate_id=callback.estate_id,
        round=callback.round,
        callback_id=callback.id,
        attempts=callback.attempt,
        unreachable_at=now,
    )
    facts = {"attempts": callback.attempt}
    because = _because(callback.case_id, "FUP-04", "customer unreachable", callback.policy_version, **facts)
    answer = {"callback_id": callback.id, "status": "unreachable", **facts}
    return Decision(save=(callback,), events=(unreachable,), because=because, answer=answer)


def _appointment(planned: Callback, now: datetime) -> MessageRequested:
    """Who could not be reached is told before the next try when it will be (FUP-04, INT-16)."""
    key = key_of(planned.id)
    return MessageRequested(
        message_id=id_under(key, f"m-try{planned.attempt}-{planned.id[len(key) + 1 :]}"),
        estate_id=planned.estate_id,
        case_id=planned.case_id,
        customer_ref=planned.customer_ref,
        about="callback_appointment",
        from_at=planned.call_from,
        by_at=planned.call_by,
        requested_at=now,
    )


def _shows(callback: Callback, timer: Timer) -> bool:
    return timer in callback.timers()


def _is_late(callback: Callback, now: datetime) -> bool:
    return now >= callback.call_by + ONE_SECOND


def _said(span: CallSpan) -> dict[str, str]:
    return {"call_from": span.call_from.isoformat(), "call_by": span.call_by.isoformat()}


def _because(case_id: str, rule: str, what: str, version: str, **facts: object) -> tuple[Because]:
    return (Because(rule=rule, what=what, subject=case_id, policy_version=version, facts=facts),)


NOT_FOUND: Final = Refusal("callback-not-found", "FUP-01", "没有这个回访", "There is no such callback", status=404)
_NOT_DUE: Final = Refusal("callback-not-due", "FUP-04", "还没到这次回访的时间", "It is not yet time for this try")
_QUIET: Final = Refusal(
    "quiet-hours", "FUP-03", "免打扰时段的呼叫不计为一次尝试", "A call in quiet hours does not count as a try"
)


def _ended(callback: Callback) -> Refusal:
    zh, en = f"回访已结束：{callback.status}", f"The callback has ended: {callback.status}"
    return Refusal("callback-ended", "FUP-01", zh, en)
