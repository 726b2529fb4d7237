"""One batch, one transaction: lock the lanes, skip what the inbox has, load, decide, store, commit (promises 1 and 2).

The number of round trips is a constant, whatever the size of the batch: ``Store`` counts them, for a test says so.
"""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

import asyncpg
from linli_contracts.lanes import lane_of
from linli_rulebook import PolicyBook
from linli_rulebook.decision import State

from linli_messaging import crash
from linli_messaging.batch.deciding import Deciding
from linli_messaging.batch.firing import MAX_FIRED_PER_INPUT
from linli_messaging.batch.live import ALWAYS_LIVE, LiveFrom
from linli_messaging.batch.numbering import Held
from linli_messaging.batch.plan import Need, Plan
from linli_messaging.batch.remembering import Remembered
from linli_messaging.batch.waking import rows_to_wake
from linli_messaging.batch.working_set import Wanted
from linli_messaging.consuming.parked_share import TooMuchParkedError
from linli_messaging.consuming.reading import Reader
from linli_messaging.inputs import CommandInput, EventInput, Input, OutcomeInput, Passing, TimerInput
from linli_messaging.lanes.barrier import Known
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.lanes.inbox import Arrivals, LaneOf, sort_arrivals
from linli_messaging.lanes.restored import WentBackError
from linli_messaging.loop.storing import Store
from linli_messaging.queries import Queries
from linli_messaging.service_map import Ref, ServiceMap
from linli_messaging.tracing import Tracing

MAX_RESTARTS: Final = 8
"""How often a batch may turn out to need more lanes."""
MAX_ASKS: Final = 2 * MAX_FIRED_PER_INPUT
"""How often a batch may ask for more states: before an input is taken each earlier clock of its states fires, and a
round of a storm asks twice (work orders, then their tickets). A rule that asks for ever is a bug."""
MAX_EARLY: Final = 2000
"""Early facts that run with what they waited for: as many as a batch; more run in transactions of their own."""
VERSION_BITS: Final = 63
"""What the database's integers hold: no two transactions ever choose the same version."""


class LostRaceError(ConnectionError):
    """Another process moved one of our inboxes: the lanes are no longer ours; the batch is taken again."""


class _Restart(Exception):  # noqa: N818 - not an error: the batch starts again with more lanes
    def __init__(self, lanes: set[int]) -> None:
        super().__init__()
        self.lanes = lanes


@dataclass(slots=True)
class Committed:
    """What a committed batch means for the loop."""

    plan: Plan
    arrivals: Arrivals
    round_trips: int
    lanes: frozenset[int]
    heads: dict[int, int] = field(default_factory=dict)
    took_s: float = 0.0
    """From the lock to the commit."""

    def wakes_by(self, now: datetime) -> bool:
        """Whether a state that this batch changed is to be woken by now."""
        return any(at is not None and at <= now for at in self.plan.due.values())


@dataclass(slots=True)
class Transactor:
    """Runs batches for one service; between them it remembers states, if they still hold, and what it committed."""

    map: ServiceMap
    policies: PolicyBook
    queries: Queries
    tracing: Tracing
    stepped: bool
    live_from: LiveFrom = ALWAYS_LIVE
    remembered: Remembered = field(default_factory=Remembered)
    committed: dict[int, int] = field(default_factory=dict)
    """The head of each lane when this process last committed there."""
    _reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        """Reads stored facts as the map wants them."""
        self._reader = Reader(self.map)

    async def run(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        inputs: Sequence[Input | Passing],
        poisoned: Mapping[int, Exception],
        known: Known | None = None,
        *,
        stood: Mapping[LaneOf, int] = MappingProxyType({}),
        apart: bool = False,
    ) -> Committed:
        """Commit all inputs or raise; transient errors and :class:`LostRaceError` mean: the same batch again.

        ``known``: what is known of the lanes, so that inputs that would overtake a fact wait (they are in the plan);
        None on the stepped clock. ``stood``: where this process saw the inboxes before; one that has gone back since
        raises :class:`WentBackError`. ``apart``: early facts run in a transaction of their own, not with their ground.
        """
        lanes: set[int] = set()
        for item in inputs:
            lanes.add(item.lane)
            if not isinstance(item, Passing):
                lanes.update(lane_of(identity) for _, identity in item.refs)
        for _ in range(MAX_RESTARTS):
            try:
                return await self._attempt(connection, inputs, frozenset(lanes), poisoned, known, stood, apart=apart)
            except _Restart as restart:
                lanes |= restart.lanes
        message = f"a batch asked for more lanes {MAX_RESTARTS} times: {sorted(lanes)}"
        raise RuntimeError(message)

    async def _attempt(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        inputs: Sequence[Input | Passing],
        lanes: frozenset[int],
        poisoned: Mapping[int, Exception],
        known: Known | None,
        stood: Mapping[LaneOf, int],
        *,
        apart: bool,
    ) -> Committed:
        started_s = time.perf_counter()
        store = Store(connection, self.queries, deployment=self.tracing.deployment, producer=self.map.name)
        crash.point("before-lock")
        async with connection.transaction():
            heads = await store.lock(lanes)
            self._has_not_gone_back(heads)
            crash.point("after-lock")
            self.remembered.see({lane: held.version for lane, held in heads.items()})
            now, last, holds = await store.inbox(lanes)
            _have_not_gone_back(lanes, last, stood)
            arrivals = sort_arrivals(
                (
                    item
                    for item in inputs
                    if isinstance(item, Passing) or (isinstance(item, EventInput) and not item.stored)
                ),
                last,
            )
            outcomes = await store.still_untold([item for item in inputs if isinstance(item, OutcomeInput)])
            taken = [*await store.still_stored(_stored(inputs)), *outcomes, *_fresh(inputs), *arrivals.next]
            sound = [item for item in taken if id(item) not in poisoned]
            commands = [item.id for item in sound if isinstance(item, CommandInput)]
            answered, held = await store.known(commands, _subjects(sound) if holds else ())
            loaded: dict[Ref, State | None] = {}
            early: dict[Need, list[EventInput]] | None = None if apart else {}
            wanted = {ref for item in sound for ref in item.refs}
            recall = partial(self._recall, lanes, loaded)
            for _ in range(MAX_ASKS):
                early = await self._gather(store, wanted - loaded.keys(), loaded, early, lanes, held)
                crash.point("after-load")
                deciding = Deciding(
                    map=self.map, policies=self.policies, loaded=loaded, locked=lanes, now=_lifted(now, heads),
                    stepped=self.stepped, live_from=self.live_from, recall=recall, known=answered, held=held,
                    poisoned=poisoned, early=early, complete=Completeness(known, last, arrivals) if known else None,
                )  # fmt: skip
                try:
                    plan = deciding.run(taken)
                except Wanted as more:
                    beyond = more.lanes | {lane_of(identity) for _, identity in more.refs}
                    if not beyond <= lanes:
                        raise _Restart(beyond) from None
                    wanted |= more.refs
                else:
                    break
            else:
                message = f"a batch asked for more states {MAX_ASKS} times: {sorted(str(ref) for ref in wanted)[:5]}"
                raise RuntimeError(message)
            arrivals.stop_before(plan.waits, last)
            crash.point("after-decide")
            version = secrets.randbits(VERSION_BITS)
            plan.due = rows_to_wake(self.map.states, plan, loaded)
            reached = await self._save(store, plan, arrivals, loaded, last, heads, now, version)
            crash.point("before-commit")
        self.committed |= {lane: reached.get(lane, held.head) for lane, held in heads.items()}
        crash.point("after-commit")
        self.remembered.committed(version, reached, {**loaded, **plan.states})
        took_s = time.perf_counter() - started_s
        return Committed(plan, arrivals, store.round_trips, lanes, reached, took_s)

    async def _load(self, store: Store, refs: Iterable[Ref], into: dict[Ref, State | None]) -> None:
        missing = []
        for ref in refs:
            state = self.remembered.get(ref)
            if state is None:
                missing.append(ref)
            else:
                into[ref] = state
        await store.load(missing, into)

    def _recall(self, locked: frozenset[int], loaded: dict[Ref, State | None], ref: Ref) -> State | None:
        """A state that an input turns out to need, if it is remembered: it asks for no other round then."""
        state = self.remembered.get(ref) if lane_of(ref[1]) in locked else None
        if state is not None:
            loaded[ref] = state
        return state

    def _has_not_gone_back(self, heads: Mapping[int, Held]) -> None:
        lost = {lane: self.committed[lane] for lane, held in heads.items() if held.head < self.committed.get(lane, 0)}
        if lost:
            raise WentBackError(lost)

    async def _gather(
        self,
        store: Store,
        refs: set[Ref],
        loaded: dict[Ref, State | None],
        early: dict[Need, list[EventInput]] | None,
        locked: frozenset[int],
        held: dict[str, int],
    ) -> dict[Need, list[EventInput]] | None:
        """Load states, and the facts that wait for those that are not there, with what these need in turn."""
        while refs:
            await self._load(store, refs, loaded)
            missing = [ref for ref in refs if loaded[ref] is None]
            rows = [] if early is None else await store.early_for(missing, MAX_EARLY)
            if early is None or len(rows) == MAX_EARLY:
                return None
            waiting = [self._reader.read_stored(row["headers"], row["body"], "early") for row in rows]
            refs = {ref for item in waiting for ref in item.refs} - loaded.keys()
            beyond = {item.lane for item in waiting} | {lane_of(identity) for _, identity in refs}
            if not beyond <= locked:
                raise _Restart(beyond)
            held.update((await store.known((), _subjects(waiting)))[1])
            for row, item in zip(rows, waiting, strict=True):
                early.setdefault((row["needs_table"], row["needs_id"]), []).append(item)
        return early

    async def _save(
        self,
        store: Store,
        plan: Plan,
        arrivals: Arrivals,
        loaded: Mapping[Ref, State | None],
        last: Mapping[LaneOf, int],
        heads: Mapping[int, Held],
        now: datetime,
        version: int,
    ) -> dict[int, int]:
        if not await store.move_inbox(arrivals.last, last):
            raise LostRaceError
        await store.save_states(self.map.states, plan.states)
        await store.save_timers(plan.due)
        reached = await store.append_facts(plan, heads, None if self.stepped else now, version, self.tracing)
        await store.append_rows(plan.appends)
        await store.move_tally(plan, loaded)
        await store.append_reasons(plan.reasons)
        await store.append_answers(plan.answers, now)
        await store.append_intents(plan.effects)
        await store.settle_intents(plan)
        await store.settle_stored(plan)
        await store.note_gaps(arrivals.gaps)
        if await store.park(plan, sum(number - last.get(place, 0) for place, number in arrivals.last.items())):
            first = plan.parked[0]
            raise TooMuchParkedError(self.map.name, f"{first.type} of {first.subject}: {first.error}")
        return reached


def _have_not_gone_back(lanes: Collection[int], last: Mapping[LaneOf, int], stood: Mapping[LaneOf, int]) -> None:
    """A service may have told nothing since the backup, and handled facts all the same: its heads do not show it."""
    back = {place: number for place, number in stood.items() if place[1] in lanes and last.get(place, 0) < number}
    if back:
        raise WentBackError({}, back)


def _stored(inputs: Iterable[Input | Passing]) -> list[EventInput | TimerInput]:
    """Inputs that were kept in the database and are tried again."""
    return [
        item
        for item in inputs
        if (isinstance(item, EventInput) and item.stored)
        or (isinstance(item, TimerInput) and item.parked_id is not None)
    ]


def _fresh(inputs: Iterable[Input | Passing]) -> list[CommandInput | TimerInput]:
    """Commands and timers; events are taken as the inbox admits them."""
    return [
        item
        for item in inputs
        if isinstance(item, CommandInput) or (isinstance(item, TimerInput) and item.parked_id is None)
    ]


def _subjects(inputs: Iterable[Input]) -> list[str]:
    subjects = {identity for item in inputs for _, identity in item.refs}
    subjects |= {item.envelope.subject for item in inputs if isinstance(item, EventInput)}
    return sorted(subjects)


def _lifted(now: datetime, heads: Mapping[int, Held]) -> datetime:
    """The database's instant, never below the last one of any lane held (a clock set back does not turn time back)."""
    return max([now, *(held.last_at for held in heads.values())])
