"""Loyalty in memory for its tests, with its ledger, and the facts of one member."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from linli_contracts.event import Event
from linli_contracts.events.dispatch import Clock, DeadlineMissed
from linli_contracts.events.followup import CallbackCompleted
from linli_loyalty.commands import Join
from linli_loyalty.domain.member import Member
from linli_loyalty.handlers import MAP
from linli_messaging.service_map import Ref
from linli_rulebook.decision import Append, Decision, Outcome, State
from linli_testkit.facts import GivenFacts, context
from pydantic import BaseModel

SHANGHAI = ZoneInfo("Asia/Shanghai")
REF = "4f2a"
ON_EVENT = {entry.event: entry for entry in MAP.events}
ON_COMMAND = {entry.body: entry for entry in MAP.commands}
ON_TIMER = {entry.clock: entry for entry in MAP.timers}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class World:
    """The states of loyalty in memory, changed by what MAP decides, as the writer loop does it; the ledger beside."""

    def __init__(self) -> None:
        self.states: dict[Ref, State] = {}
        self.told: list[BaseModel] = []
        self.whats: list[str] = []
        self.ledger: list[Mapping[str, Any]] = []
        self.rows: list[Append] = []

    @property
    def member(self) -> Member:
        found = self.states[Member, REF]
        assert isinstance(found, Member)
        return found

    def hear(self, event: Event, now: datetime) -> Outcome:
        entry = ON_EVENT[type(event)]
        return self._take(entry.needs(event), entry.decide, event, now)

    def ask(self, command: BaseModel, now: datetime) -> Outcome:
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
        self.ledger.extend(row.values for row in decision.append)
        self.rows.extend(decision.append)
        self.whats.extend(because.what for because in decision.because)


def survey(callback: str, now: datetime, score: int | None = 80) -> CallbackCompleted:
    return CallbackCompleted(
        case_id="xh01.c9f2", estate_id="xh01", round=1, callback_id=f"xh01.{callback}", customer_ref=REF,
        satisfied=True, score=score, completed_at=now, completed_by="agent1",
    )  # fmt: skip


def missed(case: str, due_at: datetime, clock: Clock = "completion") -> DeadlineMissed:
    return DeadlineMissed(
        case_id=f"xh01.{case}", estate_id="xh01", round=1, clock=clock, due_at=due_at, customer_ref=REF,
        rule="DSP-03", policy_version="2000.1",
    )  # fmt: skip


JOINED = at("2026-03-10 10:00:00")


def joined() -> World:
    world = World()
    world.ask(Join(customer_ref=REF), JOINED)
    return world
