"""A service's map in memory: what it decides is kept and seen by what comes after, as the writer loop does it.

For tests of rules one after another: no database, no lanes, no batches. Due clocks fire before an input to their state.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from linli_contracts.event import Event
from linli_messaging.service_map import Ref, ServiceMap
from linli_rulebook.decision import Append, Decision, Outcome, State
from pydantic import BaseModel

from linli_testkit.facts import GivenFacts, context


class World:
    """The states of one service, what was told, why, and the rows that were appended."""

    def __init__(self, service: ServiceMap) -> None:
        """Nothing has happened yet."""
        self.states: dict[Ref, State] = {}
        self.told: list[BaseModel] = []
        self.whats: list[str] = []
        self.rows: list[Append] = []
        self._on_event = {entry.event: entry for entry in service.events}
        self._on_command = {entry.body: entry for entry in service.commands}
        self._on_timer = {(entry.state, entry.clock): entry for entry in service.timers}

    def hear(self, event: Event, now: datetime) -> Outcome:
        """What a fact decides at an instant."""
        entry = self._on_event[type(event)]
        return self._take(entry.needs(event), entry.decide, event, now)

    def ask(self, command: BaseModel, now: datetime) -> Outcome:
        """What a command decides at an instant."""
        entry = self._on_command[type(command)]
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
                decide = self._on_timer[ref[0], timer.clock].decide
                self._keep(decide(self._facts([ref]), state, timer, context(timer.due_at)))
                assert timer not in self.states[ref].timers()

    def _facts(self, refs: Iterable[Ref]) -> GivenFacts:
        return GivenFacts({ref: self.states[ref] for ref in refs if ref in self.states})

    def _keep(self, decision: Outcome) -> None:
        if not isinstance(decision, Decision):
            return
        self.states.update({(type(state), state.id): state for state in decision.save})
        self.told.extend(decision.events)
        self.rows.extend(decision.append)
        self.whats.extend(because.what for because in decision.because)
