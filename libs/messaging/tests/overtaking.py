"""A model of one service on the system clock, around the real decisions, moved in any order that chance tells.

Two producers, `north` and `south`, tell facts of two bells of two estates; some silence them, some wait for a bell that
only the south casts. Each estate's lane may belong to a process of its own. The database is a few dictionaries;
what a batch means is decided by the very code of the loop.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Final, TypeGuard, cast

from linli_contracts.event import Event
from linli_contracts.lanes import lane_of
from linli_messaging.batch.deciding import Deciding
from linli_messaging.batch.plan import Need, Plan
from linli_messaging.inputs import Accepted, Answer, CommandInput, EventInput, Input, Passing, TimerInput
from linli_messaging.lanes.barrier import Barrier
from linli_messaging.lanes.completeness import Completeness
from linli_messaging.lanes.inbox import LaneOf, sort_arrivals
from linli_messaging.lanes.waiting import Waiting
from linli_messaging.service_map import Context, Facts, OnEvent, Ref, ServiceMap
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Outcome, State
from linli_testkit.facts import OPERATOR, shipped_policy

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, NORTH, SECOND, SOUTH, Bell, Rung, envelope

BELLS: Final = ("e1.a", "e2.a")
SECONDS: Final = 12
ROUNDS: Final = 60


class Hushed(Event):
    """The south says that a bell shall be silent."""

    producer = SOUTH
    case_id: str
    estate_id: str
    nth: int = 0
    how: str = "silence"


def _needs(event: Rung | Hushed) -> list[Ref]:
    """``both`` touches the bells of both estates."""
    return [(Bell, bell) for bell in (BELLS if event.how == "both" else (event.case_id,))]


def _on_hushed(facts: Facts, event: Hushed, ctx: Context) -> Outcome:
    return small.strike(facts, event.case_id, event.nth, event.how, ctx)


MAP: Final[ServiceMap] = replace(
    small.MAP,
    events=(
        OnEvent(Rung, _needs, small.on_rung, ("OPS-02",)),
        OnEvent(Hushed, _needs, _on_hushed, ("OPS-02",)),
        small.MAP.events[2],
    ),
)


@cache
def _policies() -> PolicyBook:
    return shipped_policy()


@dataclass(frozen=True, slots=True)
class Rules:
    """The two rules, as switches."""

    inputs_wait_for_the_facts: bool = True
    """An input fires overdue clocks only as far as its lanes are complete; else it waits."""
    early_facts_run_with_their_ground: bool = True
    """In the transaction that makes what they waited for."""


@dataclass(slots=True)
class Process:
    """What one process knows and holds back."""

    lanes: frozenset[int]
    barrier: Barrier = field(default_factory=lambda: Barrier((NORTH, SOUTH)))
    held_back: Waiting = field(default_factory=Waiting)


@dataclass(slots=True)
class Service:
    """Producers, the database, and the processes of the service."""

    random: Random
    rules: Rules
    processes: list[Process]
    now: datetime = AT
    told: dict[LaneOf, list[EventInput]] = field(default_factory=lambda: defaultdict(list))
    delivered: dict[LaneOf, int] = field(default_factory=lambda: defaultdict(int))
    states: dict[Ref, State] = field(default_factory=dict)
    last: dict[LaneOf, int] = field(default_factory=dict)
    early: dict[Need, list[EventInput]] = field(default_factory=lambda: defaultdict(list))
    ripe: list[EventInput] = field(default_factory=list)
    answered: int = 0
    sent: int = 0
    story: list[str] = field(default_factory=list)

    # -- what may happen ----------------------------------------------------------------------------------------------

    def pass_second(self) -> None:
        """Time; and perhaps a fact of somebody in it."""
        self.now += SECOND
        for producer in (NORTH, SOUTH):
            if self.random.random() < 0.4:  # about four facts in ten seconds
                self.tell(producer, self.random.choice(BELLS))

    def tell(self, producer: str, bell: str) -> None:
        """A producer commits a fact."""
        nth = 1 + sum(len(line) for line in self.told.values())
        estate = bell.partition(".")[0]
        how = self.random.choice(("", "", "both", f"early:{estate}.cast")) if producer == NORTH else "silence"
        fact = Rung if producer == NORTH else Hushed
        event: Event = fact(case_id=bell, estate_id=estate, nth=nth, how=how)
        if producer == SOUTH and self.random.random() < 0.5:  # even odds
            event = small.Cast(case_id=f"{estate}.cast", estate_id=estate)
        line = self.told[producer, lane_of(bell)]
        entry = next(one for one in MAP.events if one.event is type(event))
        line.append(EventInput(envelope(event, len(line) + 1, self.now), b"", entry, event, tuple(entry.needs(event))))
        self.say(f"{producer} tells {line[-1].envelope.number} of {bell}: {type(event).__name__} {how}")

    def send(self) -> None:
        """Somebody's command."""
        self.sent += 1
        bell, nobody = self.random.choice(BELLS), cast("asyncio.Future[Answer]", None)
        body = small.Ring(bell_id=bell, nth=1000 + self.sent)
        ring = CommandInput(
            MAP.commands[0], str(self.sent), b"", body, OPERATOR, lane_of(bell), ((Bell, bell),), None, nobody
        )
        self.commit(self.random.choice(self.processes), [ring], "takes a command")

    def deliver(self, most: int = 2) -> None:
        """The bus brings the next records of a lane to the process that has it."""
        waiting = [place for place, line in self.told.items() if self.delivered[place] < len(line)]
        if waiting:
            place = self.random.choice(waiting)
            start = self.delivered[place]
            records = self.told[place][start : start + most]
            self.delivered[place] += len(records)
            self.commit(self.owner(place[1]), list(records), "gets")

    def heads(self) -> None:
        """A producer's heads are told, and what waits is tried again."""
        producer = self.random.choice((NORTH, SOUTH))
        heads = {lane: len(self.told[producer, lane]) for lane in map(lane_of, BELLS)}
        for process in self.processes:
            process.barrier.tell(
                producer, self.now, {lane: head for lane, head in heads.items() if lane in process.lanes}
            )
            self.try_again(process)

    def try_again(self, process: Process) -> None:
        """What waits."""
        again = process.held_back.take(100)
        if again:
            self.commit(process, again, "tries again")

    def sweep(self) -> None:
        """A process wakes the bells of its lanes that are due."""
        process = self.random.choice(self.processes)
        due: list[Input] = []
        for bell in BELLS:
            until = process.barrier.until(lane_of(bell), self.now)
            if lane_of(bell) in process.lanes and any(at <= until for at in self.bell(bell).due):
                due.append(TimerInput("bell", bell, lane_of(bell), until, until, ((Bell, bell),)))
        if due:
            self.commit(process, due, "sweeps")

    def look_for_ripe(self) -> None:
        """Stored facts whose ground is there."""
        if self.ripe:
            self.commit(self.processes[0], list(self.ripe), "runs ripe facts")

    # -- one transaction ----------------------------------------------------------------------------------------------

    def commit(self, process: Process, inputs: Sequence[Input | Passing], what: str) -> None:
        """As :mod:`linli_messaging.loop.transaction` does it, without a database."""
        fresh = [item for item in inputs if isinstance(item, EventInput) and not item.stored]
        others = [item for item in inputs if isinstance(item, CommandInput | TimerInput) or _stored(item)]
        ready = process.held_back.join(fresh)
        arrivals = sort_arrivals((item for item in ready if isinstance(item, EventInput)), self.last)
        known = process.barrier.known(process.lanes)
        plan = Deciding(
            map=MAP, policies=_policies(), locked=frozenset(range(64)), now=self.now, stepped=False,
            loaded={(Bell, bell): self.states.get((Bell, bell)) for bell in (*BELLS, "e1.cast", "e2.cast")},
            early=self.early if self.rules.early_facts_run_with_their_ground else None,
            complete=(
                Completeness(known, self.last, arrivals) if self.rules.inputs_wait_for_the_facts else None
            ),
        ).run([*others, *arrivals.next])  # fmt: skip
        arrivals.stop_before(plan.waits, self.last)
        self.say(f"{what} {_names(inputs)}; waits: {_names(plan.waits.values())}, fired: {self.fired(plan)}")
        self.states.update(plan.states)
        self.last.update(arrivals.last)
        self.answered += sum(isinstance(answer, Accepted) for _, answer in plan.answers)
        self._store(plan)
        process.barrier.reach(arrivals.stands)
        for place, first in plan.waits.items():
            process.barrier.next_is(place, first.at)
        process.held_back.keep([*ready, *others], plan, 0.0)

    def _store(self, plan: Plan) -> None:
        applied = {id(item) for item in plan.applied}
        self.ripe = [item for item in self.ripe if id(item) not in applied]
        for need, items in self.early.items():
            self.early[need] = [item for item in items if id(item) not in applied]
        for item, early in plan.early:
            item.stored = "early"
            self.early[early.table, early.id].append(item)
        for need in plan.ripe:
            self.ripe += self.early.pop(need, [])

    # -- looking ------------------------------------------------------------------------------------------------------

    def bell(self, identity: str) -> Bell:
        """As stored."""
        state = self.states[Bell, identity]
        assert isinstance(state, Bell)
        return state

    def fired(self, plan: Plan) -> str:
        """What a plan fires, for the story."""
        before = {bell: self.bell(bell).fired for bell in BELLS}
        after = {ref[1]: state.fired for ref, state in plan.states.items() if isinstance(state, Bell)}
        return str([f"{bell}@{_s(at)}" for bell in BELLS for at in after.get(bell, ())[len(before[bell]) :]])

    def owner(self, lane: int) -> Process:
        """Who moves this lane's inboxes."""
        return next(process for process in self.processes if lane in process.lanes)

    def say(self, what: str) -> None:
        """A line of the story."""
        self.story.append(f"{_s(self.now):3d}s {what}")


def _stored(item: Input | Passing) -> TypeGuard[EventInput]:
    return isinstance(item, EventInput) and item.stored != ""


def _s(at: datetime) -> int:
    return int((at - AT) / SECOND)


def _names(items: Iterable[Input | Passing]) -> str:
    return str([
        f"{item.envelope.producer}/{item.envelope.lane}#{item.envelope.number}" if isinstance(item, EventInput)
        else "command" if isinstance(item, CommandInput) else item.id if isinstance(item, TimerInput) else "passing"
        for item in items
    ])  # fmt: skip


def run(seed: str, rules: Rules, steps: int = 70) -> Service:
    """One life of the service, until rest; deterministic by its seed."""
    random = Random(seed)
    lanes = [frozenset({lane_of(bell)}) for bell in BELLS]
    owned = lanes if random.random() < 0.5 else [lanes[0] | lanes[1]]  # even odds
    service = Service(random, rules, [Process(own) for own in owned])
    for bell in BELLS:
        due = sorted(random.sample(range(1, SECONDS), 3))
        service.states[Bell, bell] = Bell(id=bell, due=tuple(AT + second * SECOND for second in due))
    may = (
        [Service.pass_second] * 2 + [Service.deliver] * 4
        + [Service.send, Service.heads, Service.sweep, Service.look_for_ripe]
    )  # fmt: skip
    for _ in range(steps):
        random.choice(may)(service)
    service.now = max(service.now, AT + timedelta(seconds=SECONDS))
    for bell in BELLS:
        service.tell(SOUTH, bell)
    for _ in range(ROUNDS):
        service.deliver(100)
        service.heads()
        service.sweep()
        service.look_for_ripe()
    return service


def flaw(service: Service) -> str | None:
    """What is wrong at rest, with the story that led there."""
    wrong: list[str] = []
    waits = sum(len(process.held_back) for process in service.processes)
    if waits or service.ripe or any(service.last.get(place, 0) != len(line) for place, line in service.told.items()):
        wrong.append("it never comes to rest")
    if service.answered != service.sent:
        wrong.append(f"{service.answered} of {service.sent} commands were answered")
    for bell in BELLS:
        wrong += _flaws_of(service, bell)
    return "\n".join([*wrong, *service.story]) if wrong else None


def _flaws_of(service: Service, bell: str) -> list[str]:
    line = service.told[SOUTH, lane_of(bell)]
    hushed = min(
        (item.at for item in line if isinstance(item.event, Hushed)), default=datetime.max.replace(tzinfo=AT.tzinfo)
    )
    state, wrong = service.bell(bell), []
    missed = [at for at in (*state.fired, *state.due) if at >= hushed]
    kept = [at for at in state.due if at < min(hushed, service.now)]
    if missed:
        wrong.append(f"{bell} chimed at {[_s(at) for at in missed]}, though the south hushed it at {_s(hushed)}")
    if kept:
        wrong.append(f"{bell} did not chime at {[_s(at) for at in kept]}")
    cast = (Bell, f"{bell.partition('.')[0]}.cast") in service.states
    facts = [item.event for item in service.told[NORTH, lane_of(bell)]]
    rings = [fact for fact in facts if isinstance(fact, Rung) and fact.case_id == bell]
    waited = [fact.nth for fact in rings if fact.how.startswith("early")]
    north = [fact.nth for fact in rings if cast or fact.nth not in waited]
    rung = [nth for nth in state.rung if nth in north]
    if sorted(rung) != north:
        wrong.append(f"{bell} was rung {rung}, not {north}")
    early = [nth for nth in rung if nth in waited]
    if early != sorted(early):
        wrong.append(f"{bell} got its early facts in the order {early}")
    return wrong
