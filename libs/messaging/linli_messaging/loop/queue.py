"""What waits for the loop, in the order it came: batches of the bus, and commands. Nothing is decided here."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linli_messaging.inputs import CommandInput, EventInput, Input, Passing, Record
from linli_messaging.lanes.inbox import LaneOf, place_of
from linli_messaging.loop.refusing import Batch


@dataclass(slots=True)
class Queue:
    """Of one writer loop."""

    _batches: deque[Batch] = field(default_factory=deque)
    _commands: deque[CommandInput] = field(default_factory=deque)

    def __len__(self) -> int:
        """How much waits: a batch of the bus counts as one."""
        return len(self._batches) + len(self._commands)

    @property
    def commands(self) -> int:
        """How many commands wait."""
        return len(self._commands)

    @property
    def places(self) -> set[LaneOf]:
        """Producers' lanes of which records wait."""
        return places_of(record for batch, _ in self._batches for record in batch)

    def add_batch(self, records: Sequence[Record]) -> "asyncio.Future[None]":
        """Records of the bus, to be taken together; what is returned is done after their commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._batches.append((records, done))
        return done

    def add_command(self, command: CommandInput) -> None:
        """A command that somebody waits for."""
        self._commands.append(command)

    def take(self, most: int, *, records: bool) -> tuple[list[Batch], list[Input | Passing]]:
        """The batches (where ``records`` are taken) and all inputs that come next: at least a whole batch, and nothing
        more once there are as many as ``most``.
        """
        batches: list[Batch] = []
        inputs: list[Input | Passing] = []
        while records and self._batches and len(inputs) < most:
            batch = self._batches.popleft()
            batches.append(batch)
            inputs.extend(batch[0])
        while self._commands and len(inputs) < most:
            inputs.append(self._commands.popleft())
        return batches, inputs

    def put_back(self, batches: Sequence[Batch]) -> None:
        """These are to come first again."""
        self._batches.extendleft(reversed(batches))

    def clear_commands(self) -> list[CommandInput]:
        """All commands; none waits after that."""
        commands = list(self._commands)
        self._commands.clear()
        return commands

    def clear_batches(self) -> list[Batch]:
        """All batches; none waits after that."""
        batches = list(self._batches)
        self._batches.clear()
        return batches


def places_of(records: Iterable[Input | Passing]) -> set[LaneOf]:
    """Producers' lanes that these records of the bus are of."""
    return {place_of(item) for item in records if isinstance(item, EventInput | Passing)}
