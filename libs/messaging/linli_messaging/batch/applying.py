"""What a batch has come to so far: each decision is taken into the plan whole or not at all. Pure.

Beside it, which subjects are held: an input that could not be handled holds what follows about its subject, and lets go
of it when it is tried again and is done with.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from linli_contracts.event import Event
from linli_contracts.lanes import lane_of, lane_of_key
from linli_rulebook.decision import Decision, State

from linli_messaging.batch.plan import Need, Plan, Reason, Told
from linli_messaging.batch.setting_aside import parked
from linli_messaging.batch.working_set import Wanted, WorkingSet, not_loaded
from linli_messaging.inputs import EventInput, TimerInput
from linli_messaging.service_map import Context, Ref


@dataclass(slots=True)
class Applying:
    """One pass over a batch: its plan, and the states with all that was decided."""

    service: str
    facts: WorkingSet
    locked: frozenset[int]
    held: Mapping[str, int]
    """Subjects held by something parked, and by what, before this batch."""
    plan: Plan
    created: deque[Need] = field(default_factory=deque)
    """States that are new: what waited for them comes next."""
    _blocked: set[str] = field(init=False)

    def __post_init__(self) -> None:
        """What was held is blocked at first."""
        self._blocked = set(self.held)

    def apply(self, decision: Decision, ctx: Context) -> None:
        """All of a decision or nothing: every lane it touches must be locked, else :class:`Wanted`. Nothing outside for
        what is not live.
        """
        events = cast("tuple[Event, ...]", decision.events)
        if not ctx.live:
            events = tuple(event for event in events if not event.asks_outside)
        lanes = {lane_of(state.id) for state in decision.save}
        lanes.update([lane_of_key(event.key) for event in events])
        lanes.update([lane_of_key(row.key) for row in decision.append])
        lanes.update([lane_of(effect.subject) for effect in decision.effects])
        if not lanes <= self.locked:
            raise Wanted(lanes=lanes - self.locked)
        plan = self.plan
        changed: dict[Ref, State] = {(type(state), state.id): state for state in decision.save}
        fresh = [ref for ref in changed if ref not in plan.states]
        missing = not_loaded(self.facts, fresh)
        if missing:
            raise Wanted(missing)
        for lane in lanes:
            plan.latest[lane] = max(ctx.now, plan.latest.get(lane, ctx.now))
        for ref in fresh:
            if self.facts.get(*ref) is None:
                self.created.append((ref[0].table, ref[1]))
        self.facts.put(changed)
        plan.states.update(changed)
        plan.told.extend(Told(event, ctx.cause, ctx.now) for event in events)
        plan.appends.extend(decision.append)
        if ctx.live:
            plan.effects.extend((effect, ctx.now) for effect in decision.effects)
        for because in decision.because:
            plan.reasons.append(Reason(because, ctx.cause, ctx.now))
            plan.decisions[because.rule] += 1

    def park(self, item: EventInput | TimerInput, error: Exception, *, holds: bool) -> None:
        """Set an input aside with its error; ``holds``: what follows about its subject waits for it."""
        kept = parked(self.service, item, error, holds=holds)
        if isinstance(item, EventInput) and item.stored == "early":
            self.plan.applied.append(item)
        self.plan.parked.append(kept)
        if holds:
            self._blocked.add(kept.subject)

    def is_blocked(self, subject: str) -> bool:
        """Whether something parked holds this subject."""
        return subject in self._blocked

    def stands_back(self, item: EventInput | TimerInput, subject: str) -> bool:
        """Whether an input about this subject waits for what holds it; a parked head that is tried again may pass its
        own hold.
        """
        return subject in self._blocked and not self._is_head(item, subject)

    def settle(self, item: EventInput | TimerInput, subject: str) -> None:
        """A stored input is done with and leaves its store; what it held goes on."""
        if isinstance(item, TimerInput) or item.stored:
            self.plan.applied.append(item)
        if subject in self._blocked and self._is_head(item, subject):
            self._blocked.discard(subject)
            self.plan.released.append(subject)

    def _is_head(self, item: EventInput | TimerInput, subject: str) -> bool:
        return item.parked_id is not None and item.parked_id == self.held.get(subject)
