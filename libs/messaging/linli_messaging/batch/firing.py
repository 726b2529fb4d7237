"""Firing the clocks of states: those due before an input touches them, and those that ran out by themselves.

Pure apart from calling the service's rules. A clock fires at its own instant, whenever it is looked at (ORG-04).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli_contracts.lanes import lane_of
from linli_rulebook import PolicyBook
from linli_rulebook.decision import State, Timer

from linli_messaging.batch.applying import Applying
from linli_messaging.batch.live import LiveFrom
from linli_messaging.batch.refused import StuckTimerError, decided
from linli_messaging.batch.waking import first_due, first_timer
from linli_messaging.batch.working_set import Wanted, not_loaded, not_more
from linli_messaging.inputs import TimerInput
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.service_map import Context, OnTimer, Ref

MAX_FIRED_PER_INPUT = 200
"""A state that fires more clocks than this at once is a rule that makes clocks for ever: a bug, parked."""


class Waits(Exception):  # noqa: N818 - not an error: the input is tried again
    """A clock is overdue, and facts that would have stopped it may be on their way."""


@dataclass(slots=True)
class Firing:
    """The clocks of one pass over a batch."""

    entries: Mapping[tuple[type[State], str], OnTimer[Any]]
    """The service's clocks, by the kind of their state and their name."""
    policies: PolicyBook
    live_from: LiveFrom
    complete: Completeness | None
    """How far the lanes are complete; None: whoever moves the clock has waited for that (stepped clock)."""
    applying: Applying

    def before(self, refs: Iterable[Ref], at: datetime, *, passing: str = "") -> None:
        """Fire what an input at this instant finds overdue. Clocks of held states wait, but for those of the subject
        whose head is tried again (``passing``). Raises :class:`Waits`.
        """
        for kind, identity in refs:
            if not self.applying.is_blocked(identity) or identity == passing:
                self._fire(kind, identity, at, inclusive=False)

    def due(self, kind: type[State], item: TimerInput, refused: Exception | None) -> None:
        """Fire what ran out by itself; one that the database ``refused`` does what its line in the map says of that,
        else its state is held.
        """
        if refused is not None:
            self._give_way(kind, item, refused)
            return
        item.clock = first_due(self.applying.facts.get(kind, item.id), item.until) if item.alone else None
        self._fire(kind, item.id, item.until, inclusive=True, alone=item.alone)

    def _fire(self, kind: type[State], identity: str, until: datetime, *, inclusive: bool, alone: bool = False) -> None:
        """Fire what is due, the earliest first.

        A clock that was due by itself (``inclusive``) and asks for states ends this where others fired before it: it is
        still due, and looked for again at once. Else a long catch-up would decide its first rounds anew for each ask.
        """
        state = self.applying.facts.get(kind, identity)
        timer = first_timer(state) if state else None
        for fired in range(1 if alone else MAX_FIRED_PER_INPUT):
            if state is None or timer is None or timer.due_at > until or (timer.due_at == until and not inclusive):
                return
            if self.complete is not None and not inclusive and timer.due_at > self.complete.until(lane_of(identity)):
                raise Waits
            try:
                state, timer = self._fire_one(state, timer)
            except Wanted:
                if inclusive and fired:
                    return
                raise
        message = f"{kind.table} {identity} fired {MAX_FIRED_PER_INPUT} clocks at once"
        if not alone:
            raise StuckTimerError(message)

    def _give_way(self, kind: type[State], item: TimerInput, refused: Exception) -> None:
        clock = item.clock if item.alone else None
        if clock is None or self.entries[kind, clock.clock].refused is None:
            raise refused
        state = self.applying.facts.get(kind, item.id)
        # Where another one is first now, it gave way already, and the answer to its commit was lost.
        if state is not None and clock == first_due(state, item.until):
            self._fire_one(state, clock, refused)

    def _fire_one(self, state: State, timer: Timer, refused: Exception | None = None) -> tuple[State, Timer | None]:
        """The state after that, and its clock that runs out next."""
        kind, facts = type(state), self.applying.facts
        entry = self.entries[kind, timer.clock]
        cause = f"timer|{kind.table}|{state.id}|{timer.clock}|{timer.occurrence}|{timer.step}"
        live = self.live_from.is_live(timer.due_at)
        context = Context(now=timer.due_at, policies=self.policies, cause=cause, live=live)
        missing = not_loaded(facts, entry.needs(state, timer))
        if missing:
            raise Wanted(missing)
        if refused is None or entry.refused is None:
            outcome = decided(not_more(entry.decide(facts, state, timer, context)))
        else:
            outcome = decided(not_more(entry.refused(facts, state, timer, context, refused)))
        after = next((saved for saved in reversed(outcome.save) if (type(saved), saved.id) == (kind, state.id)), state)
        following = first_timer(after)
        if following == timer:
            message = f"the clock {timer.clock} of {state.id} still shows after it fired"
            raise StuckTimerError(message)
        self.applying.apply(outcome, context)
        return after, following
