"""Inputs that were taken and wait until their lanes are complete (:mod:`linli_messaging.lanes.completeness`). Pure.

They are kept in memory only: as long as records wait, nothing is acknowledged to the broker, so a process that dies
gets them again. What does not fit is dropped like what lies beyond a gap: it is noticed as missing and asked for again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from linli_messaging.batch.plan import Plan
from linli_messaging.inputs import CommandInput, EventInput, Input, Passing, Record
from linli_messaging.lanes.inbox import LaneOf, place_of

MAX_RECORDS: Final = 10_000
"""Five batches: about ten megabytes. Waiting lasts a second or two, unless a producer's facts are missing."""
PATIENCE_S: Final = 10.0
"""How long a command waits before its client is told to come back: shorter than clients usually wait. Assumed."""


@dataclass(slots=True)
class Waiting:
    """What one process holds back."""

    _records: dict[LaneOf, list[Record]] = field(default_factory=lambda: defaultdict(list))
    _commands: list[CommandInput] = field(default_factory=list)

    @property
    def places(self) -> set[LaneOf]:
        """The producers' lanes whose next record is here and waits."""
        return set(self._records)

    @property
    def lanes(self) -> set[int]:
        """Lanes in which something waits."""
        return {lane for _, lane in self._records} | {command.lane for command in self._commands}

    def __len__(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._records.values()) + len(self._commands)

    def join(self, inputs: Iterable[Input | Passing]) -> list[Input | Passing]:
        """Records of a lane that waits stand behind those that are here; the other inputs are given back."""
        others: list[Input | Passing] = []
        for item in inputs:
            if _is_of_the_bus(item) and place_of(item) in self._records:
                self._records[place_of(item)].append(item)
            else:
                others.append(item)
        self._drop_what_does_not_fit()
        return others

    def keep(self, tried: Iterable[Input | Passing], plan: Plan, now_s: float) -> None:
        """What a committed batch could not decide yet."""
        for item in tried:
            if _is_of_the_bus(item):
                first = plan.waits.get(place_of(item))
                if first is not None and item.number >= first.number:
                    self._records[place_of(item)].append(item)
        for item in plan.later:
            if isinstance(item, CommandInput):
                item.waits_since_s = now_s if item.waits_since_s is None else item.waits_since_s
                self._commands.append(item)
        self._drop_what_does_not_fit()

    def put_back(self, taken: Iterable[Input | Passing]) -> None:
        """Records that were taken and could not be tried."""
        for item in taken:
            if _is_of_the_bus(item):
                self._records[place_of(item)].append(item)

    def take(self, most: int) -> list[Input | Passing]:
        """All that waits, or so many records and all commands: to be tried again."""
        taken: list[Input | Passing] = []
        for place in list(self._records):
            line = sorted(self._records.pop(place), key=lambda record: record.number)
            fits = max(0, most - len(taken))
            taken.extend(line[:fits])
            if line[fits:]:
                self._records[place] = line[fits:]
        taken.extend(self.take_commands())
        return taken

    def take_commands(self) -> list[CommandInput]:
        """All commands that wait."""
        taken, self._commands = self._commands, []
        return taken

    def take_impatient(self, now_s: float) -> list[CommandInput]:
        """Commands that have waited too long."""
        out = [one for one in self._commands if now_s - (one.waits_since_s or now_s) > PATIENCE_S]
        self._commands = [one for one in self._commands if one not in out]
        return out

    def _drop_what_does_not_fit(self) -> None:
        over = sum(len(line) for line in self._records.values()) - MAX_RECORDS
        for line in self._records.values():
            if over <= 0:
                return
            line.sort(key=lambda record: record.number)
            dropped = min(over, len(line) - 1)
            del line[len(line) - dropped :]
            over -= dropped


def _is_of_the_bus(item: Input | Passing) -> TypeGuard[Record]:
    return isinstance(item, Passing) or (isinstance(item, EventInput) and not item.stored)
