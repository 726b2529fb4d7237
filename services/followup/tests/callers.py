"""Followup in memory for its tests, and the facts of one case."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from linli_contracts.event import Event
from linli_contracts.events.dispatch import RepairDone, TicketClosed, TicketReopened, TicketResolved
from linli_followup.commands import CompleteCallback, NoAnswer
from linli_followup.domain.callback import Callback
from linli_followup.handlers import MAP
from linli_messaging.service_map import Ref
from linli_rulebook.decision import Decision, Outcome, Refusal, State
from linli_testkit.facts import GivenFacts, context
from pydantic import BaseModel

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASE, CALLBACK = "xh01.c9f2", "xh01.b1-c9f2"
ON_EVENT = {entry.event: entry for entry in MAP.events}
ON_COMMAND = {entry.body: entry for entry in MAP.commands}
ON_TIMER = {entry.clock: entry for entry in MAP.timers}
WHO: dict[str, Any] = {"case_id": CASE, "estate_id": "xh01"}


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class World:
    """The states of followup in memory, changed by what MAP decides, as the writer loop does it."""

    def __init__(self) -> None:
        self.states: dict[Ref, State] = {}
        self.told: list[BaseModel] = []
        self.whats: list[str] = []

    @property
    def callback(self) -> Callback:
        found = self.states[Callback, CALLBACK]
        assert isinstance(found, Callback)
        return found

    def hear(self, event: Event, now: datetime) -> Outcome:
        entry = ON_EVENT[type(event)]
        return self._take(entry.needs(event), entry.decide, event, now)

    def ask(self, command: CompleteCallback | NoAnswer, now: datetime) -> Outcome:
        entry = ON_COMMAND[type(command)]
        return self._take(entry.needs(command), entry.decide, command, now)

    def until(self, now: datetime) -> None:
        """Fires what is due at or before ``now``."""
        self._fire(list(self.states), now + timedelta(microseconds=1))

    def _take(self, refs: Iterable[Ref], decide: Callable[..., Outcome], given: BaseModel, now: datetime) -> Outcome:
        refs = tuple(refs)
        self._fire(refs, now)
        outcome = decide(self._facts(refs), given, context(now))
        self._keep(outcome)
        return outcome

    def _fire(self, refs: Iterable[Ref], before: datetime) -> None:
        for ref in refs:
            while (state := self.states.get(ref)) and (timer := min(state.timers(), default=None)):
                if timer.due_at >= before:
                    break
                self._keep(ON_TIMER[timer.clock].decide(self._facts([ref]), state, timer, context(timer.due_at)))
                assert timer not in self.states[ref].timers()

    def _facts(self, refs: Iterable[Ref]) -> GivenFacts:
        return GivenFacts({ref: self.states[ref] for ref in refs if ref in self.states})

    def _keep(self, decision: Outcome) -> None:
        if not isinstance(decision, Decision):
            return
        self.states.update({(type(state), state.id): state for state in decision.save})
        self.told.extend(decision.events)
        self.whats.extend(because.what for because in decision.because)


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


def planned() -> World:
    world = World()
    world.hear(repair_done(FINISHED), FINISHED)
    return world
