"""Followup in memory for its tests, and the facts of one case."""

from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import RepairDone, TicketClosed, TicketReopened, TicketResolved
from linli_followup.commands import CompleteCallback, NoAnswer
from linli_followup.domain.callback import Callback
from linli_followup.handlers import MAP
from linli_rulebook.decision import Decision, Outcome, Refusal
from linli_testkit.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASE, CALLBACK = "xh01.c9f2", "xh01.b1-c9f2"
WHO: dict[str, Any] = {"case_id": CASE, "estate_id": "xh01"}


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Callers(World):
    """Followup, with the one callback of most tests."""

    def __init__(self) -> None:
        super().__init__(MAP)

    @property
    def callback(self) -> Callback:
        found = self.states[Callback, CALLBACK]
        assert isinstance(found, Callback)
        return found


def refused(outcome: Outcome) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.code


def answered(outcome: Outcome, name: str) -> object:
    assert isinstance(outcome, Decision)
    assert outcome.answer is not None
    return outcome.answer[name]


def repair_done(at_: datetime, round_: int = 1) -> RepairDone:
    return RepairDone(
        **WHO, round=round_, order_id="xh01.o1", done_by="own_staff", customer_ref="r1", done_at=at_, in_time=True
    )


def resolved(at_: datetime, how: Literal["handled", "standard_answer"] = "handled") -> TicketResolved:
    return TicketResolved(**WHO, round=1, how=how, customer_ref="r1", resolved_at=at_, in_time=True)


def closed(how: Literal["withdrawn", "time_limit"] = "time_limit", round_: int = 1) -> TicketClosed:
    return TicketClosed(
        **WHO, round=round_, how=how, level=4, customer_ref="r1", received_at=FINISHED, closed_at=FINISHED
    )


def reopened(round_: int) -> TicketReopened:
    return TicketReopened(**WHO, round=round_, reason="not_satisfied", reopened_at=FINISHED)


FINISHED = at("2026-03-10 10:00:00")
DUE_FROM, DUE_BY = at("2026-03-11 10:00:00"), at("2026-03-17 10:00:00")
SATISFIED = CompleteCallback(callback_id=CALLBACK, satisfied=True, score=90, by="agent1")
NOBODY = NoAnswer(callback_id=CALLBACK, by="agent1")


def planned() -> Callers:
    world = Callers()
    world.hear(repair_done(FINISHED), FINISHED)
    return world
