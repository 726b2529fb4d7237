"""``python -m bench.storm``: a generated rainstorm of 2,000 requests and 60 crews, given out in five ways.

Three are first come, first served: whoever is free takes the oldest request that they have the skill for; in the
second, emergencies go first; the third does the same with the work orders of a storm instead of requests, so that what
grouping brings is seen apart from what the rest brings. The last is storm mode: dispatch's own rounds with the shipped
policy, emergencies at once to who can be there first, and within a visit the highest level first. The one before it is
the same but for the solver: in each round the heaviest work order takes whoever can be there first, then the next, so
that the solver's share is seen. Crews, ways, lengths of visits and arrivals are the same for all; a visit takes as long
as the policy says, and a request counts as reached when it is its turn. Whoever comes to know of a request while
somebody is there already is last.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from linli_dispatch.domain.assigning.routing import has_skill
from linli_dispatch.domain.group.places import Estate, Staff, Workload
from linli_dispatch.domain.storms.rounds import (
    Crew,
    Solve,
    Visit,
    choose,
    crews_of,
    sent_to,
    soonest,
    stays_longer,
    way_min,
)
from linli_dispatch.domain.storms.storm import Sent, Storm, StormOrder, hands_freed
from linli_dispatch.domain.storms.storm_terms import StormTerms, storm_terms_of
from linli_dispatch.domain.terms import Terms, terms_of
from linli_dispatch.solving import solve
from linli_rulebook import PolicyBook

from bench.figures import Figures

POLICY: Final = Path(__file__).parents[1] / "policy"
START: Final = datetime(2026, 7, 7, 0, 0, tzinfo=UTC)
"""A Tuesday, eight o'clock in Shanghai."""
MINUTE: Final = timedelta(minutes=1)
RAIN_MIN: Final = 360
DAY_MIN: Final = 720
"""Who has not been reached by then counts as waiting until then."""
REACHED_MIN: Final = 60
"""An emergency that nobody reached within an hour is unserved."""
EMERGENCIES: Final = 0.03
"""Their share of the requests."""
PHASES: Final = ("p1", "p2", "p3", "p4")
BUILDINGS: Final = 10
TRADES: Final = ("waterproofing", "waterproofing", "waterproofing", "electrical", "plumbing")


@dataclass(slots=True)
class Request:
    """One call; ``reached_min`` is when somebody came."""

    number: int
    at_min: float
    where: str
    trade: str
    level: int
    emergency: bool
    reached_min: float | None = None


Turn = Callable[[Request], tuple[object, ...]]
"""What a visit's requests are sorted by."""


@dataclass(slots=True)
class Job:
    """One visit for one request, or for those of a work order."""

    number: int
    opened_min: float
    where: str
    trade: str
    requests: list[Request] = field(default_factory=list)
    ends_min: float | None = None
    """When its visit ends; None: nobody is there yet."""

    @property
    def urgent(self) -> bool:
        """Whether somebody is in danger."""
        return any(request.emergency for request in self.requests)


@dataclass(slots=True)
class Worker:
    """A crew on its way through the day."""

    staff: Staff
    free_min: float = 0.0
    where: str | None = None
    job: Job | None = None
    """Where they are; None: they told that it is finished."""
    queue: list[Job] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """What all ways have in common."""

    terms: Terms
    storm_terms: StormTerms
    estate: Estate
    requests: list[Request]
    workers: list[Worker]
    solve_s: list[float] = field(default_factory=list)

    def way(self, worker: Worker, where: str) -> int:
        """The way from where the crew is."""
        return way_min(Crew(worker.staff, 0.0, is_free=True, where=worker.where), where, self.storm_terms.ways)

    def go(self, worker: Worker, job: Job, now: float, in_turn: Turn) -> None:
        """The crew sets out, and sees to the requests that the job has by then: ``in_turn`` of it, or as they came."""
        worker.free_min = now + self.way(worker, job.where)
        for number, request in enumerate(sorted(job.requests, key=in_turn)):
            request.reached_min = worker.free_min
            worker.free_min += self.further_min if number else self.storm_terms.ways.visit_min
        job.ends_min, worker.where, worker.job = worker.free_min, job.where, job

    @property
    def further_min(self) -> int:
        """What each further request of a visit takes."""
        return self.storm_terms.ways.further_min

    def joins(self, job: Job, worker: Worker | None, request: Request) -> None:
        """One more request of the building; while somebody is there, they see to it at the end of their visit."""
        job.requests.append(request)
        if job.ends_min is not None and worker is not None:
            request.reached_min = job.ends_min
            worker.free_min = job.ends_min = job.ends_min + self.further_min


def first_come(world: World, *, urgent_first: bool, grouped: bool) -> None:
    """Whoever is free takes the oldest job that they have the skill for, the nearest of them first."""
    waiting: list[Job] = []
    open_jobs: dict[tuple[str, str], tuple[Job, Worker | None]] = {}
    arriving = iter(world.requests)
    request = next(arriving, None)
    for now in range(DAY_MIN):
        while request is not None and request.at_min <= now:
            place = (request.where, request.trade)
            job, worker = open_jobs.get(place, (None, None))
            under_way = job is not None and job.ends_min is not None
            if grouped and job is not None and takes_more(world, job, now) and not (request.emergency and under_way):
                world.joins(job, worker, request)
            else:
                job = Job(request.number, request.at_min, request.where, request.trade, [request])
                waiting.append(job)
                open_jobs[place] = job, None
            request = next(arriving, None)
        for job in sorted(waiting, key=lambda job: (urgent_first and not job.urgent, job.opened_min)):
            free = [one for one in world.workers if one.free_min <= now and has_skill(one.staff, job.trade)]
            if free:
                worker = min(free, key=lambda one: (world.way(one, job.where), one.staff.staff_id))
                world.go(worker, job, now, lambda one: (urgent_first and not one.emergency, one.number))
                waiting.remove(job)
                if open_jobs[job.where, job.trade][0] is job:
                    open_jobs[job.where, job.trade] = job, worker


def takes_more(world: World, job: Job, now: float) -> bool:
    """Whether a work order is not full, and its visit not over."""
    return len(job.requests) < world.storm_terms.order_at_most and (job.ends_min is None or job.ends_min > now)


@dataclass(slots=True)
class StormMode:
    """As dispatch does it: emergencies at once to who is there first, the others in rounds over the whole set.

    A round is due at the policy's interval, and whenever a visit is finished.
    """

    world: World
    solver: Solve = solve
    waiting: list[Job] = field(default_factory=list)
    open_jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    holder: dict[int, Worker] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    round_min: float | None = None

    @property
    def every(self) -> float:
        """The interval of the rounds, in minutes."""
        return self.world.storm_terms.round_every / MINUTE

    def play(self) -> None:
        """The whole day, minute by minute."""
        arriving = iter(self.world.requests)
        request = next(arriving, None)
        for now in range(DAY_MIN):
            for worker in self.world.workers:
                if worker.job is not None and worker.free_min <= now:
                    self._told_finished(worker, worker.job, now)
            while request is not None and request.at_min <= now:
                self._take(request, now)
                request = next(arriving, None)
            if self.round_min is not None and self.round_min <= now:
                self._round(now)
            for worker in self.world.workers:
                if worker.free_min <= now and worker.queue:
                    job = min(worker.queue, key=lambda job: (not job.urgent, job.opened_min))
                    worker.queue.remove(job)
                    self.world.go(worker, job, now, lambda one: (not one.emergency, one.level, one.number))

    def _told_finished(self, worker: Worker, job: Job, now: int) -> None:
        self.sent = dict(hands_freed(self._storm(), _order(job), START + now * MINUTE).sent)
        worker.job, self.round_min = None, now

    def _take(self, request: Request, now: int) -> None:
        place = (request.where, request.trade)
        job = self.open_jobs.get(place)
        if job is None or not takes_more(self.world, job, now) or self._sent_on(job):
            job = self._begun(request)
            self.waiting.append(job)
            self.round_min = now + self.every if self.round_min is None else self.round_min
        if request.emergency:
            self._at_once(request, job, now)
            return
        worker = self.holder.get(job.number)
        self.world.joins(job, worker, request)
        if worker is not None:
            name = worker.staff.staff_id
            self.sent[name] = stays_longer(self.sent[name], _order(job), self.world.storm_terms.ways)

    def _begun(self, request: Request) -> Job:
        job = Job(request.number, request.at_min, request.where, request.trade)
        self.open_jobs[request.where, request.trade] = job
        return job

    def _sent_on(self, job: Job) -> bool:
        """Whether whoever has the job has another one to go to."""
        worker = self.holder.get(job.number)
        return worker is not None and self.sent[worker.staff.staff_id].order_id != str(job.number)

    def _at_once(self, request: Request, job: Job, now: int) -> None:
        """Who is there first takes the emergency, and the work order of its building if nobody has it."""
        crew = soonest(Visit("", job.where, job.trade, 1), self._crews(now), self.world.storm_terms.ways)
        assert crew is not None
        if job.number in self.holder:
            job = self._begun(request)
        else:
            self.waiting.remove(job)
        job.requests.append(request)
        self._give(job, crew, now)

    def _round(self, now: int) -> None:
        urgency, ways = self.world.storm_terms.urgency, self.world.storm_terms.ways
        visits = [
            Visit(str(job.number), job.where, job.trade, sum(urgency[one.level] for one in job.requests))
            for job in self.waiting
        ]
        crews = self._crews(now)
        began = time.process_time()
        chosen = choose(visits, crews, ways, self.solver)
        self.world.solve_s.append(time.process_time() - began)
        for job in self.waiting:
            if str(job.number) in chosen:
                self._give(job, chosen[str(job.number)], now)
        self.waiting = [job for job in self.waiting if str(job.number) not in chosen]
        self.round_min = now + self.every if self.waiting else None

    def _give(self, job: Job, crew: Crew, now: int) -> None:
        name, ways = crew.staff.staff_id, self.world.storm_terms.ways
        worker = next(one for one in self.world.workers if one.staff.staff_id == name)
        self.sent[name] = sent_to(crew, _order(job), len(job.requests), ways, START + now * MINUTE)
        self.holder[job.number] = worker
        worker.queue.append(job)

    def _crews(self, now: int) -> list[Crew]:
        world = self.world
        in_hand = {
            worker.staff.staff_id: sum(len(job.requests) for job in (worker.job, *worker.queue) if job is not None)
            for worker in world.workers
        }
        workload, at = Workload(id=world.estate.id, in_hand=in_hand), START + now * MINUTE
        return crews_of(self._storm(), "repair", world.estate, workload, world.terms, world.storm_terms, at)

    def _storm(self) -> Storm:
        return Storm(id="e.st", estate_id="e", cause="rainstorm", how="by_hand", declared_at=START, surged_at=START,
                     over_after=self.world.storm_terms.over_after, sent=self.sent)  # fmt: skip


def heaviest_first(costs: Sequence[Sequence[float]]) -> list[int]:
    """Greedily: the row that costs most to leave without anybody takes its cheapest column, then the next one."""
    columns, free = dict[int, int](), set(range(len(costs[0])))
    for row in sorted(range(len(costs)), key=lambda row: -costs[row][-1]):
        columns[row] = min(free, key=costs[row].__getitem__)
        free.remove(columns[row])
    return [columns[row] for row in range(len(costs))]


def _order(job: Job) -> StormOrder:
    phase, _, building = job.where.partition("|")
    return StormOrder(id=str(job.number), estate_id="e", storm_id="e.st", place="", desk="repair", trade=None,
                      phase=phase, building=building, opened_at=START)  # fmt: skip


def world_of(seed: int, requests: int, crews: int) -> World:
    """The storm of a seed: most calls from a third of the buildings, most of them in the third hour."""
    dice, book = Random(seed), PolicyBook.load(POLICY)
    policy = book.policy(book.versions[-1])
    places = [f"{phase}|{building}" for phase in PHASES for building in range(BUILDINGS)]
    hit = [3.0 if dice.random() < 1 / 3 else 1.0 for _ in places]
    calls = sorted(dice.triangular(0, RAIN_MIN, RAIN_MIN / 2) for _ in range(requests))
    staff = tuple(_staff(number, dice) for number in range(crews))
    return World(
        terms=terms_of(policy, "Asia/Shanghai"),
        storm_terms=storm_terms_of(policy, "Asia/Shanghai"),
        estate=Estate(id="e", region_id="r", project_id="p", name="基准", kind="residential", zone="Asia/Shanghai",
                      staff=staff),
        requests=[
            Request(number, at_min, dice.choices(places, hit)[0], dice.choice(TRADES),
                    dice.choices((4, 3, 2), (80, 16, 4))[0], dice.random() < EMERGENCIES)
            for number, at_min in enumerate(calls)
        ],
        workers=[Worker(one) for one in staff],
    )  # fmt: skip


def _staff(number: int, dice: Random) -> Staff:
    skills = tuple({TRADES[number % len(TRADES)], dice.choice(TRADES)})
    near = (PHASES[number % len(PHASES)],)
    return Staff(staff_id=f"crew{number:02}", role="repair_engineer", desk="repair", skills=skills, near=near)


WAYS: Final[dict[str, Callable[[World], None]]] = {
    "first come, one by one": lambda world: first_come(world, urgent_first=False, grouped=False),
    "the same, emergencies first": lambda world: first_come(world, urgent_first=True, grouped=False),
    "the same, with work orders": lambda world: first_come(world, urgent_first=True, grouped=True),
    "storm mode, heaviest first": lambda world: StormMode(world, heaviest_first).play(),
    "storm mode": lambda world: StormMode(world).play(),
}


async def storm() -> Figures:
    """Weighted waiting of storm mode, in minutes, beside first come over the same work orders: medians of 3 seeds."""

    def median(name: str) -> float:
        return statistics.median(_played(world_of(seed, 2000, 60), WAYS[name])[0] for seed in (1, 2, 3))

    return Figures(linli=median("storm mode"), floor=median("the same, with work orders"), cpu_ms={})


def main() -> None:
    """Print each way's waiting and what it left undone: the median of the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--crews", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    print(f"{options.requests} requests in {RAIN_MIN // 60} hours, {options.crews} crews, seeds {options.seeds}")
    print("| way | seed | weighted waiting, min | emergencies unserved in an hour | not reached in 12 h | solving, s |")
    print("|---|---|---|---|---|---|")
    for name, play in WAYS.items():
        rows = [_played(world_of(seed, options.requests, options.crews), play) for seed in options.seeds]
        for seed, row in zip(options.seeds, rows, strict=True):
            print(_line(name, str(seed), *row))
        print(_line(name, "median", *(statistics.median(column) for column in zip(*rows, strict=True))))


def _line(name: str, seed: str, waited: float, urgent: float, never: float, solving: float) -> str:
    return f"| {name} | {seed} | {waited:.1f} | {urgent:g} | {never:g} | {f'{solving:.3f}' if solving else '–'} |"


def _played(world: World, play: Callable[[World], None]) -> tuple[float, int, int, float]:
    """Weighted mean waiting, unserved emergencies, requests never reached, the slowest solving."""
    play(world)
    urgency, waits, unserved = world.storm_terms.urgency, 0.0, 0
    for request in world.requests:
        wait = min(DAY_MIN, DAY_MIN if request.reached_min is None else request.reached_min) - request.at_min
        waits += urgency[request.level] * wait
        unserved += request.emergency and wait > REACHED_MIN
    never = sum(request.reached_min is None or request.reached_min > DAY_MIN for request in world.requests)
    total = sum(urgency[request.level] for request in world.requests)
    return waits / total, unserved, never, max(world.solve_s, default=0.0)


if __name__ == "__main__":
    main()
