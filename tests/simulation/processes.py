"""One process of a service: reads, handles under locks, fires timers, asks for what is missing; and its relay.

Which records are next, which numbers are missing, how far timers may fire: that is the real code's (`linli_messaging`),
called here as the services call it. The rest is the shape of the writer loop and of the relay.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

from linli_messaging.inputs import EventInput
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.lanes.gaps import GapWatch
from linli_messaging.lanes.inbox import Arrivals, LaneOf, sort_arrivals

from tests.simulation.parts import (
    CARE,
    CASES,
    HEARS,
    LANE_OF_TOTAL,
    LANES,
    TERM,
    Database,
    Fact,
    Topic,
    Watched,
    instant,
)
from tests.simulation.rules import Rules


@dataclass(slots=True)
class Batch:
    """What was read and is not yet acknowledged; once begun, what the transaction saw under its locks."""

    facts: list[Fact]
    positions: dict[tuple[str, int], int]
    stood: dict[LaneOf, int]
    """The inboxes when it was read: what a process knows before it holds the lock."""
    lanes: set[int] = field(default_factory=set)
    total: int | None = None
    """The total as the transaction read it; None: not begun."""
    committed: bool = False


@dataclass(slots=True)
class Relay:
    """Sends what is committed, and then notes how far."""

    position: list[int] | None = None
    """None: it has just started, and goes on from what is published."""

    def send(self, database: Database, topic: Topic, most: int, rules: Rules) -> list[Fact]:
        """Send some facts of each lane past the position, each lane in order."""
        if self.position is None:
            self.position = list(database.published)
        for lane, first in database.resend.items():
            self.position[lane] = min(self.position[lane], first - 1)
        database.resend.clear()
        sent = []
        for lane in range(LANES):
            again = rules.archived_facts_are_sent_again and self.position[lane] < database.published[lane]
            facts = database.told(lane) if again else database.outbox[lane]
            for number in sorted(number for number in facts if number > self.position[lane])[:most]:
                topic.send(facts[number])
                sent.append(facts[number])
                self.position[lane] = number
        return sent

    def note(self, database: Database) -> None:
        """Published only rises."""
        if self.position is not None:
            database.published = [max(pair) for pair in zip(database.published, self.position, strict=True)]


@dataclass(slots=True)
class Process:
    """One process of a service. What it remembers is lost with it; what it knows for sure is in the database."""

    service: str
    name: str
    rules: Rules
    away: bool = False
    """Stopped, but not dead: it goes on later with what it had in its hands."""
    batch: Batch | None = None
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    asked: set[LaneOf] = field(default_factory=set)
    watch: GapWatch = field(init=False)
    barrier: Barrier = field(init=False)

    def __post_init__(self) -> None:
        """A process starts knowing nothing."""
        self.forget()

    def forget(self) -> None:
        """It was killed and starts again."""
        self.batch, self.positions, self.heard, self.asked = None, {}, {}, set()
        self.watch, self.barrier = GapWatch(), Barrier(HEARS[self.service])

    def take_up(self, database: Database, now: int) -> None:
        """Learn where our inboxes stand."""
        self.barrier.reach(database.inbox)
        self.watch.reached(database.inbox, float(now))

    # -- records ------------------------------------------------------------------------------------------------------

    def read(self, producer: str, partitions: list[int], topic: Topic, database: Database, most: int) -> None:
        """Read on from where it was, or from what the group has acknowledged."""
        facts: list[Fact] = []
        for partition in partitions:
            start = self.positions.get((producer, partition), topic.acknowledged[self.service, partition])
            new = topic.partitions[partition][start : start + most]
            facts += [fact for fact in new if fact is not None]
            self.positions[producer, partition] = start + len(new)
        self.batch = Batch(facts, dict(self.positions), dict(database.inbox))

    def begin(self, database: Database) -> None:
        """Hold the lanes, then look: at the inboxes and at the total."""
        batch = cast("Batch", self.batch)
        batch.lanes = {fact.lane for fact in batch.facts}
        if self.service == CARE and self.rules.every_touched_lane_is_locked:
            batch.lanes.add(LANE_OF_TOTAL)
        if self.rules.the_inbox_is_read_under_the_lock:
            batch.stood = dict(database.inbox)
        batch.total = database.total

    def commit(self, database: Database, now: int) -> None:
        """Handle what is next in each lane; note gaps."""
        batch = cast("Batch", self.batch)
        ours = [fact for fact in batch.facts if fact.deployment == "ours" or not self.rules.foreign_records_are_refused]
        following, last, gaps = self._sort(ours, batch.stood)
        for fact in following:
            self._handle(database, batch, fact)
        if self.service == CARE and any(fact.kind == "done" for fact in following):
            database.total = cast("int", batch.total)
        database.inbox.update(last)
        stands = {(fact.producer, fact.lane): database.inbox.get((fact.producer, fact.lane), 0) for fact in ours}
        self.barrier.reach(stands)
        self.watch.reached(stands, float(now))
        self.watch.jumped(gaps)
        batch.committed = True

    def _sort(
        self, facts: list[Fact], stood: dict[LaneOf, int]
    ) -> tuple[list[Fact], dict[LaneOf, int], dict[LaneOf, tuple[int, int]]]:
        if self.rules.repeats_are_skipped and self.rules.a_jump_is_a_gap:
            arrivals = sort_arrivals(cast("Iterable[EventInput]", facts), stood)
            return cast("list[Fact]", arrivals.next), arrivals.last, arrivals.gaps
        following, last = [], dict(stood)
        for fact in facts:
            reached = last.get((fact.producer, fact.lane), 0)
            if self.rules.repeats_are_skipped and fact.number <= reached:
                continue
            if self.rules.a_jump_is_a_gap and (fact.abandoned_from or fact.number) > reached + 1:
                continue
            last[fact.producer, fact.lane] = max(reached, fact.number)
            following.append(fact)
        return following, last, {}

    def acknowledge(self, topics: dict[str, Topic]) -> None:
        """Only after the commit. A late one, of a process that was away, does no harm: what it skips shows as a gap."""
        batch = cast("Batch", self.batch)
        for (producer, partition), position in batch.positions.items():
            topics[producer].acknowledged[self.service, partition] = position
        self.batch = None

    # -- what a fact does ---------------------------------------------------------------------------------------------

    def _handle(self, database: Database, batch: Batch, fact: Fact) -> None:
        if fact.kind == "abandoned":
            return
        if self.service == CARE:
            self._care(database, batch, fact)
            database.applied.append(fact)
        elif fact.producer == CARE and database.rounds[fact.case] == 0:
            # The club does not know the case yet: the desk's fact is still on its way.
            if self.rules.early_facts_wait:
                database.early.append(fact)
            return
        else:
            self._reward(database, fact)

    def _care(self, database: Database, batch: Batch, fact: Fact) -> None:
        case = database.watched[fact.case]
        self.fire(database, case, fact.case, fact.at)
        if fact.kind == "opened":
            case.round, case.due = fact.round, fact.at + TERM
        else:
            case.due = None
            batch.total = cast("int", batch.total) + 1
            database.append("cared", fact.case, fact.round, fact.at, cause=fact.id, producer=CARE)

    def _reward(self, database: Database, fact: Fact) -> None:
        if fact.kind == "opened":
            database.rounds[fact.case] = fact.round
            database.applied.append(fact)
            database.ripe += [early for early in database.early if early.case == fact.case]
            database.early = [early for early in database.early if early.case != fact.case]
            if self.rules.early_facts_run_with_their_ground:
                self.run_ripe(database)
            return
        if fact.producer == CARE and not (self.rules.causes_are_unique and fact.id in database.points):
            database.points.append(fact.id)
        database.applied.append(fact)

    def run_ripe(self, database: Database) -> None:
        """Early facts whose ground is there, in the order in which they came."""
        for early in database.ripe:
            self._reward(database, early)
        database.ripe.clear()

    # -- timers -------------------------------------------------------------------------------------------------------

    def due(self, database: Database, now: int) -> list[str]:
        """The cases whose deadline ran out, as far as the facts are complete."""
        if self.service != CARE:
            return []
        ripe = []
        for lane, case in enumerate(CASES):
            until = self.barrier.until(lane, instant(now))
            if not self.rules.timers_wait_for_the_facts:
                until = instant(now)
            at = database.watched[case].due
            if at is not None and instant(at + 1) <= until:
                ripe.append(case)
        return ripe

    def fire(self, database: Database, watched: Watched, case: str, until: int) -> None:
        """Fire the deadline if it ran out before `until`: done at the due second itself is kept."""
        if watched.due is None or watched.due >= until:
            return
        at, watched.due = watched.due, None
        identity = (case, watched.round if self.rules.timers_know_their_round else 0)
        if identity in watched.fired:
            return
        watched.fired.add(identity)
        cause = f"{case}{watched.round}@{at}"
        database.append("missed", case, watched.round, at + 1, cause=cause, producer=CARE)

    def may_call(self, database: Database, case: str, now: int, owns: Callable[[int], bool]) -> bool:
        """Whether a call about a case may fire its overdue timer first: no fact is on its way that would stop it."""
        due, lane = database.watched[case].due, CASES.index(case)
        if due is None or due >= now or not self.rules.inputs_wait_for_the_facts:
            return True
        known = self.barrier.known({lane for lane in range(LANES) if owns(lane)})
        return Completeness(known, database.inbox, Arrivals()).until(lane) >= instant(due + 1)

    # -- what is missing ----------------------------------------------------------------------------------------------

    def hear_heads(self, topics: dict[str, Topic], now: int) -> None:
        """How far the producers are."""
        for producer in HEARS[self.service]:
            told = topics[producer].told
            for at, heads, published, overdue in told[self.heard.get(producer, 0) :]:
                clocks = {lane: instant(due) for lane, due in overdue.items()}
                self.barrier.tell(producer, instant(at), dict(enumerate(heads)), clocks)
                if self.rules.heads_show_lost_tails:
                    self.watch.told(producer, dict(enumerate(published)), float(now))
            self.heard[producer] = len(told)

    def asks(self, now: int, topics: dict[str, Topic], owns: Callable[[int], bool]) -> dict[LaneOf, int]:
        """What to ask for now, of the lanes that are ours: a tail is lost, not late, once all is read."""
        stuck = {
            place: gap for place, gap in self.watch.stuck(float(now)).items() if self._read_to_end(*place, topics, owns)
        }
        self.watch.jumped(stuck)
        asks = self.watch.to_ask(float(now))
        if not self.rules.asks_are_repeated:
            asks = {place: number for place, number in asks.items() if place not in self.asked}
            self.asked |= asks.keys()
        return asks

    def _read_to_end(self, producer: str, lane: int, topics: dict[str, Topic], owns: Callable[[int], bool]) -> bool:
        topic = topics[producer]
        partition = lane % len(topic.partitions)
        read = self.positions.get((producer, partition), topic.acknowledged[self.service, partition])
        return owns(partition) and self.batch is None and read >= len(topic.partitions[partition])
