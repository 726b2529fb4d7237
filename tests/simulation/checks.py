"""What must hold once the model is at rest: nothing lost or doubled, in order, every deadline told exactly once."""

from collections import Counter

from tests.simulation.parts import CARE, CLUB, DESK, HEARS, LANES, TERM, Fact
from tests.simulation.world import World


def check(world: World) -> None:
    """Raises the first flaw found."""
    for service in (CARE, CLUB):
        for producer in HEARS[service]:
            for lane in range(LANES):
                _handled_once_in_order(world, service, producer, lane)
    _total(world)
    _points(world)
    if DESK not in world.restored:
        _commands(world)
        _deadlines(world)


def _handled_once_in_order(world: World, service: str, producer: str, lane: int) -> None:
    told = [fact for _, fact in world.databases[producer].told(lane).items() if fact.kind != "abandoned"]
    applied = [fact for fact in world.databases[service].applied if (fact.producer, fact.lane) == (producer, lane)]
    for fact, times in Counter(applied).items():
        if times > 1:
            world.flaw(f"doubled: {service} handled {fact} {times} times")
        if fact.deployment != "ours":
            world.flaw(f"{service} handled another deployment's {fact}")
    lost = [fact for fact in told if fact not in applied]
    if lost:
        world.flaw(f"lost: {service} never handled {lost[0]}")
    if producer not in world.restored and applied != told:
        world.flaw(f"{service} handled {producer}/{lane} in another order")


def _total(world: World) -> None:
    care = world.databases[CARE]
    done = sum(fact.kind == "done" for fact in care.applied)
    if care.total != done:
        world.flaw(f"the total is {care.total}, and {done} cases were done")


def _points(world: World) -> None:
    points = Counter(world.databases[CLUB].points)
    for cause, times in points.items():
        if times > 1:
            world.flaw(f"doubled: points for {cause} were given {times} times")
    for lane in range(LANES):
        for fact in world.databases[CARE].told(lane).values():
            if fact.kind != "abandoned" and fact.id not in points:
                world.flaw(f"lost: no points for {fact}")


def _commands(world: World) -> None:
    desk = world.databases[DESK]
    facts = [fact for lane in range(LANES) for fact in desk.told(lane).values()]
    told = Counter(fact.id.partition(">")[0] for fact in facts)
    for identity in desk.commands:
        if told[identity] != 1:
            world.flaw(f"{told[identity]} facts tell of command {identity}")


def _deadlines(world: World) -> None:
    facts = [fact for lane in range(LANES) for fact in world.databases[DESK].told(lane).values()]
    done = {(fact.case, fact.round): fact.at for fact in facts if fact.kind == "done"}
    missed = Counter(
        (fact.case, fact.round)
        for lane in range(LANES)
        for fact in world.databases[CARE].told(lane).values()
        if fact.kind == "missed"
    )
    for fact in facts:
        if fact.kind == "opened":
            late = done.get((fact.case, fact.round), world.now) > fact.at + TERM
            _deadline(world, fact, missed[fact.case, fact.round], int(late))


def _deadline(world: World, opened: Fact, told: int, due: int) -> None:
    if told != due:
        world.flaw(f"the deadline of {opened.case}{opened.round} was told as missed {told} times, not {due}")
