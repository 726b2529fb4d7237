"""The whole model: what may happen next, and that it comes to rest when nothing more goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, TypeVar, cast

from tests.simulation.parts import CARE, CASES, CLOSES_AFTER, CLUB, DESK, HEARS, LANES, TERM, Database, Topic
from tests.simulation.processes import Batch, Process, Relay
from tests.simulation.rules import PROTOCOL, Rules

T = TypeVar("T")
ROUNDS_TO_REST = 60
"""Far more than any repair needs: asking again takes two seconds, and every round is one."""
COMES_BACK_AFTER = 6
"""Rounds until whoever is down is up again: who was asked meanwhile did not hear it."""
BRIEF = 3
"""Every third command that opens a case opens one that closes by itself."""
WORK_A_ROUND = 24
LOOKS_A_ROUND = 6


class Choices(Protocol):
    """Who decides what happens next: chance by a seed, or Hypothesis, which then looks for the shortest story."""

    def pick(self, options: Sequence[T]) -> T:
        """One of these."""
        ...


class Chance:
    """Choices by a seed: the same seed, the same story."""

    def __init__(self, seed: str) -> None:
        """Any text."""
        self._random = Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        """Each as likely as any other."""
        return options[int(self._random.random() * len(options))]


class FlawError(AssertionError):
    """A promise is broken; the text is the story that led there."""


@dataclass(slots=True)
class World:
    """Three services, their topics and databases, and the clock."""

    choices: Choices
    rules: Rules = PROTOCOL
    partitions: int = LANES
    now: int = 0
    databases: dict[str, Database] = field(default_factory=lambda: {name: Database() for name in HEARS})
    topics: dict[str, Topic] = field(init=False)
    processes: list[Process] = field(init=False)
    relays: dict[str, list[Relay]] = field(default_factory=lambda: {DESK: [Relay()], CARE: [Relay()]})
    locks: dict[tuple[str, int], str] = field(default_factory=dict)
    commands: list[tuple[str, str]] = field(default_factory=list)
    """The id and the case of every command that was ever sent."""
    calls: list[str] = field(default_factory=list)
    """The cases of calls that care has not taken yet."""
    uncommitted: list[tuple[str, str]] = field(default_factory=list)
    """With `facts_commit_with_their_state` off: commands whose state is stored and whose fact is not."""
    down: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Two processes of care, one of the club; the desk has none that reads."""
        self.topics = {name: Topic([[] for _ in range(self.partitions)]) for name in (DESK, CARE)}
        self.processes = [Process(CARE, "care1", self.rules), Process(CARE, "care2", self.rules)]
        self.processes.append(Process(CLUB, "club", self.rules))

    def tell(self, what: str) -> None:
        """A sentence of the story."""
        self.story.append(f"{self.now:3d}s {what}")

    def flaw(self, what: str) -> None:
        """A promise is broken."""
        raise FlawError("\n".join((what, *self.story)))

    # -- what may happen next -----------------------------------------------------------------------------------------

    def step(self) -> None:
        """One thing happens, somewhere."""
        self.choices.pick(STEPS)(self)

    def pass_second(self) -> None:
        """The clock."""
        self.now += 1

    def command(self) -> None:
        """Somebody opens a case, or says that it is done."""
        case = self.choices.pick(CASES)
        identity = f"c{len(self.commands) + 1}"
        self.commands.append((identity, case))
        self.send_command(identity, case)

    def send_command(self, identity: str, case: str) -> None:
        """The desk takes a command, or remembers that it has."""
        desk = self.databases[DESK]
        if DESK in self.suspended or (self.rules.commands_are_remembered and identity in desk.commands):
            return
        desk.commands[identity] = True
        desk.close(case, self.now - 1)
        is_open = desk.rounds[case] > 0
        desk.closes.pop(case, None)
        if not is_open and int(identity[1:]) % BRIEF == 0:
            desk.closes[case] = self.now + CLOSES_AFTER
        desk.rounds[case] = -desk.rounds[case] if is_open else 1 - desk.rounds[case]
        self.tell(f"the desk takes {identity}: {case} is {'done' if is_open else 'opened'}")
        self.uncommitted.append((identity, case))
        if self.rules.facts_commit_with_their_state:
            self.append_facts()

    def append_facts(self) -> None:
        """The fact of each command; in one transaction with its state, unless that rule is off."""
        desk = self.databases[DESK]
        for identity, case in self.uncommitted:
            kind = "opened" if desk.rounds[case] > 0 else "done"
            desk.append("opened" if kind == "opened" else "done", case, abs(desk.rounds[case]), self.now,
                        cause=identity, producer=DESK)  # fmt: skip
        self.uncommitted.clear()

    def relay(self) -> None:
        """A relay sends some facts."""
        service = self.choices.pick((DESK, CARE))
        if service not in self.down:
            sent = self.choices.pick(self.relays[service]).send(
                self.databases[service], self.topics[service], 2, self.rules
            )
            if sent:
                self.tell(f"sent: {', '.join(map(str, sent))}")

    def note(self) -> None:
        """A relay notes what it has sent, and tells the heads."""
        service = self.choices.pick((DESK, CARE))
        if service not in self.down:
            self.choices.pick(self.relays[service]).note(self.databases[service])
            self._tell_heads(service)

    def _tell_heads(self, service: str) -> None:
        database = self.databases[service]
        overdue = database.overdue(self.now) if self.rules.overdue_clocks_are_told else {}
        self.topics[service].told.append((self.now, list(database.heads), list(database.published), overdue))

    def close(self) -> None:
        """The desk looks for brief cases that are due to close."""
        for case in CASES:
            if DESK not in self.suspended | self.down and self.databases[DESK].close(case, self.now):
                self.tell(f"the desk closes {case}")

    def call(self) -> None:
        """Somebody calls care about a case: its overdue timer fires first, or the call waits."""
        self.calls.append(self.choices.pick(CASES))
        self.take_calls()

    def take_calls(self) -> None:
        """A process of care takes the calls that wait, where nobody holds the lane."""
        process, database, waiting = self.choices.pick(self.processes[:2]), self.databases[CARE], list(self.calls)
        if process.away or CARE in self.suspended:
            return
        self.calls.clear()
        for case in waiting:
            held = (CARE, CASES.index(case)) in self.locks
            if held or not process.may_call(database, case, self.now, lambda part: self.owns(process, part)):
                self.calls.append(case)
                continue
            self.tell(f"{process.name} takes a call about {case}, due {database.watched[case].due}s")
            process.fire(database, database.watched[case], case, self.now)

    def run_ripe(self) -> None:
        """Early facts that run apart from their ground."""
        self.processes[2].run_ripe(self.databases[CLUB])

    def work(self) -> None:
        """A process takes its next step: read, begin, commit, acknowledge."""
        process = self.choices.pick(self.processes)
        if process.away or process.service in self.suspended:
            return
        if process.batch is None:
            self._read(process)
        elif process.batch.committed:
            process.acknowledge(self.topics)
        elif process.batch.total is None:
            self._begin(process)
        else:
            self.tell(f"{process.name} commits {', '.join(map(str, process.batch.facts))}")
            process.commit(self.databases[process.service], self.now)
            self.release(process)

    def _read(self, process: Process) -> None:
        producer = self.choices.pick(HEARS[process.service])
        partitions = [number for number in range(len(self.topics[producer].partitions)) if self.owns(process, number)]
        process.read(producer, partitions, self.topics[producer], self.databases[process.service], 2)
        if process.batch is not None and not process.batch.facts:
            process.acknowledge(self.topics)

    def _begin(self, process: Process) -> None:
        process.begin(self.databases[process.service])
        batch = cast("Batch", process.batch)
        places = {(process.service, lane) for lane in batch.lanes}
        if any(self.locks.get(place, process.name) != process.name for place in places):
            batch.total = None  # Somebody else holds one of them: it waits.
            return
        self.locks.update(dict.fromkeys(places, process.name))

    def sweep(self) -> None:
        """A process fires what is due in lanes that nobody holds."""
        process = self.choices.pick(self.processes)
        if process.away or process.service in self.suspended:
            return
        database = self.databases[process.service]
        for case in process.due(database, self.now):
            if (process.service, CASES.index(case)) not in self.locks:
                self.tell(f"{process.name} fires the deadline of {case}, due {database.watched[case].due}s")
                process.fire(database, database.watched[case], case, self.now)

    def look(self) -> None:
        """A process hears the heads and asks for what is missing."""
        process = self.choices.pick(self.processes)
        if process.away:
            return
        process.hear_heads(self.topics, self.now)
        for (producer, lane), number in process.asks(
            self.now, self.topics, lambda part: self.owns(process, part)
        ).items():
            self.tell(
                f"{process.name} asks {producer} for {lane}#{number}{', which is down' * (producer in self.down)}"
            )
            if producer not in self.down:
                resend = self.databases[producer].resend
                resend[lane] = min(number, resend.get(lane, number))

    # -- what faults use ----------------------------------------------------------------------------------------------

    def owns(self, process: Process, partition: int) -> bool:
        """Partitions are spread over the processes of a service that are there."""
        there = [one for one in self.processes if one.service == process.service and not one.away]
        return bool(there) and there[partition % len(there)] is process

    def release(self, process: Process) -> None:
        """Its transaction is over."""
        self.locks = {place: holder for place, holder in self.locks.items() if holder != process.name}

    def start_again(self, process: Process) -> None:
        """A killed process starts: it knows what the database knows."""
        self.release(process)
        process.forget()
        process.take_up(self.databases[process.service], self.now)

    def lift(self) -> None:
        """`linli restored`: the operator lets restored services write again."""
        for service in sorted(self.suspended):
            self.databases[service].lift(service, self.seen(service), self.now)
            self.tell(f"{service} goes on above {self.databases[service].heads}")
        self.suspended.clear()

    def seen(self, service: str) -> list[int]:
        """The highest number of each lane that anybody can know of: read, handled, or told as a head.

        A head told and never sent counts: timers wait for it.
        """
        topic = self.topics[service]
        inboxes = [database.inbox for database in self.databases.values()]
        heads = [heads for _, heads, _, _ in topic.told]
        return [
            max(topic.highest(lane), *(inbox.get((service, lane), 0) for inbox in inboxes), *(h[lane] for h in heads))
            for lane in range(LANES)
        ]

    # -- rest ---------------------------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more: everything must be handled within a bounded time."""
        self.tell("from here on nothing goes wrong")
        self.append_facts()
        self.lift()
        for process in self.processes:
            process.away = False
        ends_at = self.now + TERM + 2
        self.choices = Chance("rest")
        for turn in range(ROUNDS_TO_REST):
            self.now += 1
            if turn == COMES_BACK_AFTER:
                self.down.clear()
            for everybody in (self._all_relay, self._all_work, self._all_look):
                everybody()
            if self.now > ends_at and self.at_rest():
                return
        self.flaw("it never comes to rest")

    def _all_relay(self) -> None:
        for service, relays in self.relays.items():
            database, topic = self.databases[service], self.topics[service]
            if service in self.down:
                continue
            for relay in relays:
                relay.send(database, topic, 100, self.rules)
                relay.note(database)
            self._tell_heads(service)

    def _all_work(self) -> None:
        for _ in range(WORK_A_ROUND):
            self.work()
        self.close()
        self.sweep()
        self.take_calls()
        self.run_ripe()

    def _all_look(self) -> None:
        for _ in range(LOOKS_A_ROUND):
            self.look()

    def at_rest(self) -> bool:
        """Promise 10: every head published, every inbox there, nothing stored for later, no deadline running."""
        told = all(self.databases[name].heads == self.databases[name].published for name in (DESK, CARE))
        heard = all(
            database.inbox.get((producer, lane), 0) == self.databases[producer].heads[lane]
            for service, database in self.databases.items()
            for producer in HEARS[service]
            for lane in range(LANES)
        )
        free = all(process.batch is None or not process.batch.facts for process in self.processes)
        running = any(watched.due is not None for watched in self.databases[CARE].watched.values())
        running = running or bool(self.databases[DESK].closes)
        club = self.databases[CLUB]
        return told and heard and free and not (running or self.calls or club.early or club.ripe)


STEPS: tuple[Callable[[World], None], ...] = (
    World.pass_second, World.command, World.command, World.append_facts,
    World.relay, World.relay, World.relay, World.note, World.note,
    World.work, World.work, World.work, World.work, World.work, World.work, World.work,
    World.sweep, World.look, World.look, World.close, World.call, World.run_ripe,
)  # fmt: skip
"""What may happen next, as often as it is likely."""
