"""What goes wrong, each by name; it may happen at any time, and again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.parts import CARE, CASES, DESK, TERM, Database, Fact
from tests.simulation.processes import Relay
from tests.simulation.world import World

Fault = Callable[[World], None]


def nothing(_world: World) -> None:
    """Only the order in which things happen is unlucky."""


def kill(world: World) -> None:
    """A process and what it remembers are gone; it starts again. So does a relay, and what was not yet stored."""
    process = world.choices.pick(world.processes)
    world.tell(f"{process.name}, a relay and the desk are killed")
    world.start_again(process)
    world.choices.pick(world.relays[world.choices.pick((DESK, CARE))]).position = None
    world.uncommitted.clear()


def lose_tail(world: World) -> None:
    """The broker loses the end of a partition."""
    partition = world.choices.pick(world.topics[world.choices.pick((DESK, CARE))].partitions)
    if partition:
        lost = partition[-1]
        world.tell(f"the broker loses its last record, {lost}")
        partition[-1] = None


def lose_any(world: World) -> None:
    """The broker loses a record in the middle."""
    partition = world.choices.pick(world.topics[world.choices.pick((DESK, CARE))].partitions)
    if partition:
        place = world.choices.pick(range(len(partition)))
        world.tell(f"the broker loses {partition[place]}")
        partition[place] = None


def archive(world: World) -> None:
    """What was told moves into the archive, just when the broker loses a record of it."""
    service = world.choices.pick((DESK, CARE))
    for lane in range(len(CASES)):
        moved = world.databases[service].archive_oldest(lane, published=world.rules.only_published_facts_are_archived)
        if moved:
            world.tell(f"{service} archives {moved}")
    lose_any(world)


def read_again(world: World) -> None:
    """The group's offsets are set back to the beginning."""
    topic = world.topics[world.choices.pick((DESK, CARE))]
    world.tell("all offsets are set back")
    topic.acknowledged.clear()
    for process in world.processes:
        process.positions.clear()


def stop_and_go(world: World) -> None:
    """A process is stopped past its session's end, its transaction is ended; or it goes on with what it had in hand."""
    process = world.choices.pick(world.processes[:2])
    process.away = not process.away
    world.tell(f"{process.name} {'is stopped' if process.away else 'goes on'}")
    if process.away:
        world.release(process)
        if process.batch is not None and not process.batch.committed:
            process.batch.total = None
    for other in world.processes[:2]:
        if other is not process and other.batch is None:
            # The partitions are dealt out anew: who is there reads on from what was acknowledged.
            other.positions.clear()
            other.take_up(world.databases[CARE], world.now)


def second_relay(world: World) -> None:
    """Another relay works beside the first: both send."""
    relays = world.relays[world.choices.pick((DESK, CARE))]
    if len(relays) == 1:
        world.tell("a second relay starts")
        relays.append(Relay())


def repartition(world: World) -> None:
    """The topics get more partitions while everything runs."""
    for topic in world.topics.values():
        if len(topic.partitions) == 1:
            world.tell("a topic gets a second partition")
            topic.partitions.append([])


def lose_answer(world: World) -> None:
    """A client did not hear the answer and sends its command again."""
    if world.commands:
        identity, case = world.choices.pick(world.commands)
        world.tell(f"{identity} is sent again")
        world.send_command(identity, case)


def foreign_record(world: World) -> None:
    """Another deployment writes to our bus, under the very number that comes next."""
    lane = world.choices.pick(range(len(CASES)))
    number = world.topics[DESK].highest(lane) + 1
    fact = Fact(f"x{number}", "opened", CASES[lane], 1, world.now, DESK, lane, number, deployment="theirs")
    world.tell(f"another deployment sends {fact}")
    world.topics[DESK].send(fact)


def producer_down(world: World) -> None:
    """A producer is down for a while, just when the end of its topic is lost: who asks it then asks in vain."""
    service = world.choices.pick((DESK, CARE))
    if service in world.down:
        world.tell(f"{service} is up again")
        world.down.discard(service)
    else:
        lose_tail(world)
        world.tell(f"{service} is down")
        world.down.add(service)


def leap(world: World) -> None:
    """Nobody does anything for longer than a deadline: all machines were off."""
    world.now += TERM + 2
    world.tell("everybody stood still for a while")


@dataclass(slots=True)
class Restore:
    """A service's database is lost, and brought back from a backup."""

    service: str
    backup: Database | None = field(default=None)

    def __call__(self, world: World) -> None:
        """Take a backup; or bring it back, or let the operator act."""
        if world.suspended:
            world.lift()
        elif self.backup is None:
            world.tell(f"{self.service} is backed up")
            self.backup = world.databases[self.service].backup()
        else:
            world.tell(f"{self.service} is restored from its backup, {self.backup.heads}")
            world.databases[self.service] = self.backup.backup()
            world.restored.add(self.service)
            world.relays[self.service] = [Relay()]
            for process in world.processes:
                if process.service == self.service:
                    world.start_again(process)
            seen, heads = world.seen(self.service), world.databases[self.service].heads
            if world.rules.restored_services_lift_their_numbers and any(
                number > head for number, head in zip(seen, heads, strict=True)
            ):
                world.suspended.add(self.service)


FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "nothing": lambda: nothing,
    "kill": lambda: kill,
    "lose_tail": lambda: lose_tail,
    "lose_any": lambda: lose_any,
    "archive": lambda: archive,
    "read_again": lambda: read_again,
    "stop_and_go": lambda: stop_and_go,
    "second_relay": lambda: second_relay,
    "repartition": lambda: repartition,
    "lose_answer": lambda: lose_answer,
    "foreign_record": lambda: foreign_record,
    "producer_down": lambda: producer_down,
    "leap": lambda: leap,
    "restore_desk": lambda: Restore(DESK),
    "restore_care": lambda: Restore(CARE),
}
