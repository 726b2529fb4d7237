"""Deciding a batch in memory: inputs and loaded states go in, a :class:`Plan` of everything to store comes out.

Pure apart from calling the service's rules: no I/O, no clock. Inputs are taken in the order of their instants; before
an input touches a state, that state's clocks due *before* the input's instant are fired, so that what a case
experiences does not depend on when a sweep or a batch happened. An input that raises stands alone: it is parked or
answered with an error, the others go on.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from linli_contracts.event import Event
from linli_contracts.lanes import lane_of, lane_of_key
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Decision, Early, Refusal, State, Timer

from linli_messaging.batch import answers, versions
from linli_messaging.batch.live import ALWAYS_LIVE, LiveFrom
from linli_messaging.batch.ordering import in_order
from linli_messaging.batch.plan import Need, Plan, Reason, Told
from linli_messaging.batch.refused import StuckTimerError, decided, not_refused
from linli_messaging.batch.setting_aside import parked
from linli_messaging.batch.waking import first_due, first_timer
from linli_messaging.batch.working_set import Recall, Wanted, WorkingSet, not_more, recall_nothing
from linli_messaging.inputs import Accepted, Answer, CommandInput, EventInput, Failed, Input, OutcomeInput, TimerInput
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.service_map import Context, OnEvent, OnTimer, Ref, ServiceMap

MAX_FIRED_PER_INPUT = 200
"""A state that fires more clocks than this at once is a rule that makes clocks for ever: a bug, parked."""


class _Waits(Exception):  # noqa: N818 - not an error: the input is tried again
    """A clock is overdue, and facts that would have stopped it may be on their way."""


@dataclass(slots=True)
class Deciding:
    """One pass over a batch."""

    map: ServiceMap
    policies: PolicyBook
    loaded: Mapping[Ref, State | None]
    locked: frozenset[int]
    now: datetime
    stepped: bool
    live_from: LiveFrom = ALWAYS_LIVE
    recall: Recall = recall_nothing
    """States that are known besides the loaded ones."""
    known: Mapping[str, tuple[bytes, Mapping[str, Any]]] = field(default_factory=dict)
    """Commands answered before: their digest and answer."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Subjects held by something parked, and by what."""
    poisoned: Mapping[int, Exception] = field(default_factory=dict)
    """Inputs (by ``id()``) that the database refused when they stood alone: parked or answered with an error."""
    complete: Completeness | None = None
    """How far the lanes are complete; None: whoever moves the clock has waited for that (stepped clock)."""
    early: Mapping[Need, Sequence[EventInput]] | None = field(default_factory=dict)
    """Stored facts that wait for a state that is not there; None: they run in a transaction of their own."""
    plan: Plan = field(default_factory=Plan)
    _facts: WorkingSet = field(init=False)
    _clocks: dict[tuple[type[State], str], OnTimer[Any]] = field(init=False)
    _blocked: set[str] = field(init=False)
    _answered: dict[str, tuple[bytes, Answer]] = field(init=False)
    _waiting: dict[Need, list[EventInput]] = field(init=False)
    """Early facts, stored or of this batch, by what they wait for."""
    _early: dict[int, tuple[EventInput, Early]] = field(default_factory=dict)
    _created: deque[Need] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Derived lookups."""
        self._facts = WorkingSet(self.loaded, self.recall)
        self._clocks = {(entry.state, entry.clock): entry for entry in self.map.timers}
        self._blocked = set(self.held)
        self._answered = {}
        self._waiting = {need: list(items) for need, items in (self.early or {}).items()}

    def run(self, inputs: Iterable[Input]) -> Plan:
        """Decide all inputs and return the plan; raises :class:`Wanted` with everything that was missing."""
        refs: set[Ref] = set()
        lanes: set[int] = set()
        for item in in_order(inputs, self._instant_of):
            try:
                self._take(item)
            except Wanted as wanted:
                refs |= wanted.refs
                lanes |= wanted.lanes
        if refs or lanes:
            raise Wanted(refs, lanes)  # made here: one kept in ``self`` would keep all of this alive, in a circle
        if self.complete is not None:
            self.plan.waits = self.complete.waits
        self.plan.early = list(self._early.values())
        return self.plan

    def _instant_of(self, item: Input) -> datetime:
        if isinstance(item, CommandInput):
            return item.at if self.stepped and item.at else self.now
        return item.at

    def _take(self, item: Input) -> None:
        """One input, and what waited for what it creates: at once, so that nothing fresh can slip in between."""
        self._take_one(item)
        while self._created:
            need = self._created.popleft()
            if self.early is None:
                self.plan.ripe.append(need)
                continue
            for early in in_order(self._waiting.pop(need, ()), self._instant_of):
                if isinstance(early, EventInput):
                    self._take_early(early, need)

    def _take_early(self, item: EventInput, need: Need) -> None:
        self._early.pop(id(item), None)
        waits = item.envelope.subject in self._blocked
        if not waits:
            try:
                self._take_event(item)
            except _Waits:
                waits = True
        if waits:
            self.plan.ripe.append(need)
            if not item.stored:
                self._early[id(item)] = item, Early(*need)

    def _take_one(self, item: Input) -> None:
        complete = self.complete
        if complete is None:
            self._decide(item)
            return
        fresh = item if isinstance(item, EventInput) and not item.stored else None
        if fresh is not None and complete.stopped(fresh):
            return
        try:
            self._decide(item)
        except _Waits:
            if fresh is not None:
                complete.stop(fresh)
            elif not isinstance(item, TimerInput):
                self.plan.later.append(item)
        else:
            if fresh is not None:
                complete.decided(fresh)

    def _decide(self, item: Input) -> None:
        poison = self.poisoned.get(id(item))
        if isinstance(item, TimerInput):
            self._take_timer(item, poison)
        elif poison is not None:
            self._set_aside(item, poison)
        elif isinstance(item, CommandInput):
            self._take_command(item)
        elif isinstance(item, OutcomeInput):
            self._take_outcome(item)
        else:
            self._take_event(item)

    def _set_aside(self, item: CommandInput | OutcomeInput | EventInput, error: Exception) -> None:
        if isinstance(item, CommandInput):
            self.plan.parked.append(answers.failed(item, error))
            self.plan.answers.append((item, Failed(item.id)))
        elif isinstance(item, OutcomeInput):
            self.plan.stuck.append((item, repr(error)))
        else:
            self._park(item, error, holds=item.critical)

    # -- the four kinds of input ------------------------------------------------------------------------------------

    def _take_timer(self, item: TimerInput, refused: Exception | None) -> None:
        if item.id in self._blocked and not self._releases(item, item.id):
            self.plan.suspended.append(item)
            return
        self.plan.woken.append(item)
        kind = item.refs[0][0]
        try:
            if refused is None:
                item.clock = first_due(self._facts.get(kind, item.id), item.until) if item.alone else None
                self._fire(kind, item.id, item.until, inclusive=True, alone=item.alone)
            else:
                self._give_way(kind, item, refused)
        except Wanted:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this input alone is parked
            self.plan.suspended.append(item)
            self._park(item, error, holds=True)
            return
        if item.parked_id is not None:
            self._settled(item, item.id)

    def _take_command(self, item: CommandInput) -> None:
        before = self.known.get(item.id)
        if before is not None:
            self.plan.answers.append((item, answers.repeated(item, before)))
            return
        twin = self._answered.get(item.id)
        if twin is not None:
            digest, answer = twin
            same = digest == item.digest
            self.plan.answers.append((item, answer if same else answers.other_body(item.id)))
            return
        blocked = next((identity for _, identity in item.refs if identity in self._blocked), None)
        if blocked is not None:
            self.plan.answers.append((item, answers.held(blocked)))
            return
        at = self._instant_of(item)
        try:
            self._fire_before(item.refs, at)
            answer = self._decide_command(item, at)
        except (Wanted, _Waits):
            raise
        except Exception as error:  # noqa: BLE001 - a bug in a rule: this command alone fails, with its stack in the log
            self.plan.parked.append(answers.failed(item, error))
            answer = Failed(item.id)
        self._answered[item.id] = (item.digest, answer)
        self.plan.answers.append((item, answer))

    def _decide_command(self, item: CommandInput, at: datetime) -> Answer:
        if item.actor.org != "group":
            path = item.entry.org(self._facts, item.body) if item.entry.org else None
            if not item.actor.may_touch(path):
                return answers.OUTSIDE
        standing = self._facts.get(*item.refs[0])
        stale = versions.stale(item.expected, standing)
        if stale is not None and standing is not None:
            return stale
        context = Context(now=at, policies=self.policies, cause=item.cause, actor=item.actor)
        outcome = not_more(item.entry.decide(self._facts, item.body, context))
        if isinstance(outcome, Refusal):
            return outcome
        if isinstance(outcome, Early):
            return answers.unknown(outcome.id)
        if stale is not None:
            return stale
        self._apply(outcome, context)
        return Accepted(outcome.answer or {})

    def _take_event(self, item: EventInput) -> None:
        if item.event is None and not item.unreadable:
            self._settled(item, item.envelope.subject)
        elif item.envelope.subject in self._blocked and not self._releases(item, item.envelope.subject):
            if not item.stored:
                self.plan.followers.append(item)
        elif item.unreadable:
            self._park(item, ValueError(item.unreadable), holds=item.critical)
        elif item.entry is not None and item.event is not None:
            self._decide_event(item, item.entry, item.event)

    def _decide_event(self, item: EventInput, entry: OnEvent[Any], event: Event) -> None:
        at = item.at if self.stepped else max(self.now, item.at)
        try:
            self._fire_before(item.refs, item.at, passing=item.envelope.subject)
            live = self.live_from.is_live(item.at)
            context = Context(now=at, policies=self.policies, cause=item.cause, live=live)
            outcome = not_refused(not_more(entry.decide(self._facts, event, context)))
        except (Wanted, _Waits):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this input alone is parked
            self._park(item, error, holds=event.order_critical)
            return
        if isinstance(outcome, Decision):
            self._apply(outcome, context)
        else:
            if lane_of(outcome.id) not in self.locked:
                # Held, so that nobody makes the missing state between our look and our storing of the event.
                raise Wanted(lanes={lane_of(outcome.id)})
            self._early[id(item)] = item, outcome
            self._waiting.setdefault((outcome.table, outcome.id), []).append(item)
            if item.stored == "early":
                return
        self._settled(item, item.envelope.subject)

    def _take_outcome(self, item: OutcomeInput) -> None:
        if any(identity in self._blocked for _, identity in item.refs):
            self.plan.later.append(item)
            return
        at = item.at if self.stepped else max(self.now, item.at)
        try:
            self._fire_before(item.refs, item.at)
            context = Context(now=at, policies=self.policies, cause=item.cause)
            outcome = decided(not_more(item.entry.decide(self._facts, item.intent, context)))
        except (Wanted, _Waits):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this outcome alone is not told
            self.plan.stuck.append((item, repr(error)))
            return
        self._apply(outcome, context)
        self.plan.settled.append(item)

    def _releases(self, item: EventInput | TimerInput, subject: str) -> bool:
        """A parked head that is tried again may pass its own hold."""
        return item.parked_id is not None and item.parked_id == self.held.get(subject)

    def _settled(self, item: EventInput | TimerInput, subject: str) -> None:
        """A stored input is done with and leaves its store; what it held goes on."""
        if isinstance(item, TimerInput) or item.stored:
            self.plan.applied.append(item)
        if subject in self._blocked and self._releases(item, subject):
            self._blocked.discard(subject)
            self.plan.released.append(subject)

    # -- clocks -------------------------------------------------------------------------------------------------------

    def _fire_before(self, refs: Iterable[Ref], at: datetime, *, passing: str = "") -> None:
        """Clocks of held states wait, but for those of the subject whose head is tried again (``passing``)."""
        for kind, identity in refs:
            if identity not in self._blocked or identity == passing:
                self._fire(kind, identity, at, inclusive=False)

    def _fire(self, kind: type[State], identity: str, until: datetime, *, inclusive: bool, alone: bool = False) -> None:
        """Fire what is due, the earliest first.

        A clock that was due by itself (``inclusive``) and asks for states ends this where others fired before it: it is
        still due, and looked for again at once. Else a long catch-up would decide its first rounds anew for each ask.
        """
        state = self._facts.get(kind, identity)
        timer = first_timer(state) if state else None
        for fired in range(1 if alone else MAX_FIRED_PER_INPUT):
            if state is None or timer is None or timer.due_at > until or (timer.due_at == until and not inclusive):
                return
            if self.complete is not None and not inclusive and timer.due_at > self.complete.until(lane_of(identity)):
                raise _Waits
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
        """The clock that the database refused does what its line in the map says of that; else its state is held."""
        clock = item.clock if item.alone else None
        if clock is None or self._clocks[kind, clock.clock].refused is None:
            raise refused
        state = self._facts.get(kind, item.id)
        # Where another one is first now, it gave way already, and the answer to its commit was lost.
        if state is not None and clock == first_due(state, item.until):
            self._fire_one(state, clock, refused)

    def _fire_one(self, state: State, timer: Timer, refused: Exception | None = None) -> tuple[State, Timer | None]:
        """The state after that, and its clock that runs out next."""
        kind = type(state)
        entry = self._clocks[kind, timer.clock]
        cause = f"timer|{kind.table}|{state.id}|{timer.clock}|{timer.occurrence}|{timer.step}"
        live = self.live_from.is_live(timer.due_at)
        context = Context(now=timer.due_at, policies=self.policies, cause=cause, live=live)
        for other_kind, other in entry.needs(state, timer):
            self._facts.get(other_kind, other)
        if refused is None or entry.refused is None:
            outcome = decided(not_more(entry.decide(self._facts, state, timer, context)))
        else:
            outcome = decided(not_more(entry.refused(self._facts, state, timer, context, refused)))
        after = next((saved for saved in reversed(outcome.save) if (type(saved), saved.id) == (kind, state.id)), state)
        following = first_timer(after)
        if following == timer:
            message = f"the clock {timer.clock} of {state.id} still shows after it fired"
            raise StuckTimerError(message)
        self._apply(outcome, context)
        return after, following

    # -- effects ------------------------------------------------------------------------------------------------------

    def _apply(self, decision: Decision, ctx: Context) -> None:
        """All of a decision or nothing: every lane it touches must be locked. Nothing outside for what is not live."""
        events = cast("tuple[Event, ...]", decision.events)
        if not ctx.live:
            events = tuple(event for event in events if not event.asks_outside)
        lanes = {lane_of(state.id) for state in decision.save}
        lanes.update([lane_of_key(event.key) for event in events])
        lanes.update([lane_of_key(row.key) for row in decision.append])
        lanes.update([lane_of(effect.subject) for effect in decision.effects])
        if not lanes <= self.locked:
            raise Wanted(lanes=lanes - self.locked)
        for lane in lanes:
            self.plan.latest[lane] = max(ctx.now, self.plan.latest.get(lane, ctx.now))
        changed: dict[Ref, State] = {(type(state), state.id): state for state in decision.save}
        for ref in changed:
            if ref not in self.plan.states and self._facts.get(*ref) is None:
                self._created.append((ref[0].table, ref[1]))
        self._facts.put(changed)
        self.plan.states.update(changed)
        self.plan.told.extend(Told(event, ctx.cause, ctx.now) for event in events)
        self.plan.appends.extend(decision.append)
        if ctx.live:
            self.plan.effects.extend((effect, ctx.now) for effect in decision.effects)
        for because in decision.because:
            self.plan.reasons.append(Reason(because, ctx.cause, ctx.now))
            self.plan.decisions[because.rule] += 1

    def _park(self, item: EventInput | TimerInput, error: Exception, *, holds: bool) -> None:
        kept = parked(self.map.name, item, error, holds=holds)
        if isinstance(item, EventInput) and item.stored == "early":
            self.plan.applied.append(item)
        self.plan.parked.append(kept)
        if holds:
            self._blocked.add(kept.subject)
