"""Deciding a batch in memory: inputs and loaded states go in, a :class:`Plan` of everything to store comes out.

Pure apart from calling the service's rules: no I/O, no clock. Inputs are taken in the order of their instants; before
an input touches a state, that state's clocks due *before* the input's instant are fired, so that what a case
experiences does not depend on when a sweep or a batch happened. An input that raises stands alone: it is parked or
answered with an error, the others go on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from linli_contracts.event import Event
from linli_contracts.lanes import lane_of
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Decision, Early, Refusal, State

from linli_messaging.batch import answers, versions
from linli_messaging.batch.applying import Applying
from linli_messaging.batch.firing import Firing, Waits
from linli_messaging.batch.live import ALWAYS_LIVE, LiveFrom
from linli_messaging.batch.ordering import in_order
from linli_messaging.batch.plan import Need, Plan
from linli_messaging.batch.refused import decided, not_refused
from linli_messaging.batch.working_set import Recall, Wanted, WorkingSet, not_loaded, not_more, recall_nothing
from linli_messaging.errors_told import summary_of
from linli_messaging.inputs import Accepted, Answer, CommandInput, EventInput, Failed, Input, OutcomeInput, TimerInput
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.service_map import Context, OnEvent, Ref, ServiceMap
from linli_messaging.tracing import span_id_of


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
    _applying: Applying = field(init=False)
    _firing: Firing = field(init=False)
    _answered: dict[str, tuple[bytes, Answer]] = field(default_factory=dict)
    _waiting: dict[Need, list[EventInput]] = field(init=False)
    """Early facts, stored or of this batch, by what they wait for."""
    _early: dict[int, tuple[EventInput, Early]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The parts that share the pass."""
        self._facts = WorkingSet(self.loaded, self.recall)
        self._applying = Applying(self.map.name, self._facts, self.locked, self.held, self.plan)
        clocks = {(entry.state, entry.clock): entry for entry in self.map.timers}
        self._firing = Firing(clocks, self.policies, self.live_from, self.complete, self._applying)
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
        created = self._applying.created
        while created:
            need = created.popleft()
            if self.early is None:
                self.plan.ripe.append(need)
                continue
            for early in in_order(self._waiting.pop(need, ()), self._instant_of):
                if isinstance(early, EventInput):
                    self._take_early(early, need)

    def _take_early(self, item: EventInput, need: Need) -> None:
        self._early.pop(id(item), None)
        waits = self._applying.is_blocked(item.envelope.subject)
        if not waits:
            try:
                self._take_event(item)
            except Waits:
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
        except Waits:
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
            self.plan.answers.append((item, self._failed(item, error)))
        elif isinstance(item, OutcomeInput):
            self.plan.stuck.append((item, summary_of(error)))
        else:
            self._applying.park(item, error, holds=item.critical)

    # -- the four kinds of input ------------------------------------------------------------------------------------

    def _take_timer(self, item: TimerInput, refused: Exception | None) -> None:
        if self._applying.stands_back(item, item.id):
            self.plan.suspended.append(item)
            return
        self.plan.woken.append(item)
        try:
            self._firing.due(item.refs[0][0], item, refused)
        except Wanted:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this input alone is parked
            self.plan.suspended.append(item)
            self._applying.park(item, error, holds=True)
            return
        if item.parked_id is not None:
            self._applying.settle(item, item.id)

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
        blocked = next((identity for _, identity in item.refs if self._applying.is_blocked(identity)), None)
        if blocked is not None:
            self.plan.answers.append((item, answers.held(blocked)))
            return
        at = self._instant_of(item)
        try:
            self._firing.before(item.refs, at)
            answer = self._decide_command(item, at)
        except (Wanted, Waits):
            raise
        except Exception as error:  # noqa: BLE001 - a bug in a rule: this command alone fails, with its stack in the log
            answer = self._failed(item, error)
        self._answered[item.id] = (item.digest, answer)
        self.plan.answers.append((item, answer))

    def _failed(self, item: CommandInput, error: Exception) -> Failed:
        first = item.refs[0]
        # What the database refused to load is asked for no more.
        about = None if not_loaded(self._facts, [first]) else self._facts.get(*first)
        self.plan.parked.append(answers.failed(item, error, about))
        return Failed(span_id_of(item.id))

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
        self._applying.apply(outcome, context)
        return Accepted(outcome.answer or {})

    def _take_event(self, item: EventInput) -> None:
        if item.event is None and item.unreadable is None:
            self._applying.settle(item, item.envelope.subject)
        elif self._applying.stands_back(item, item.envelope.subject):
            if not item.stored:
                self.plan.followers.append(item)
        elif item.unreadable is not None:
            self._applying.park(item, item.unreadable, holds=item.critical)
        elif item.entry is not None and item.event is not None:
            self._decide_event(item, item.entry, item.event)

    def _decide_event(self, item: EventInput, entry: OnEvent[Any], event: Event) -> None:
        at = item.at if self.stepped else max(self.now, item.at)
        try:
            self._firing.before(item.refs, item.at, passing=item.envelope.subject)
            live = self.live_from.is_live(item.at)
            context = Context(now=at, policies=self.policies, cause=item.cause, live=live, number=item.number)
            outcome = not_refused(not_more(entry.decide(self._facts, event, context)))
        except (Wanted, Waits):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this input alone is parked
            self._applying.park(item, error, holds=event.order_critical)
            return
        if isinstance(outcome, Decision):
            self._applying.apply(outcome, context)
        else:
            if lane_of(outcome.id) not in self.locked:
                # Held, so that nobody makes the missing state between our look and our storing of the event.
                raise Wanted(lanes={lane_of(outcome.id)})
            self._early[id(item)] = item, outcome
            self._waiting.setdefault((outcome.table, outcome.id), []).append(item)
            if item.stored == "early":
                return
        self._applying.settle(item, item.envelope.subject)

    def _take_outcome(self, item: OutcomeInput) -> None:
        if any(self._applying.is_blocked(identity) for _, identity in item.refs):
            self.plan.later.append(item)
            return
        at = item.at if self.stepped else max(self.now, item.at)
        try:
            self._firing.before(item.refs, item.at)
            context = Context(now=at, policies=self.policies, cause=item.cause)
            outcome = decided(not_more(item.entry.decide(self._facts, item.intent, context)))
        except (Wanted, Waits):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is a bug, and this outcome alone is not told
            self.plan.stuck.append((item, summary_of(error)))
            return
        self._applying.apply(outcome, context)
        self.plan.settled.append(item)
