"""What is still to be done, and when: commands with their own instants, handed out in rounds. Pure.

Commands of one *chain* (a case, a story, an estate) are handed out in the order of their instants, and a later one
only when the system has come to rest after the earlier ones, so that their order across services is exact. Chains are
independent of each other: each round takes the next steps of all of them.

A chain as long as an estate would need a round for each change of service. So a step may say that it need not stand in
line: one *ahead* of the line rests on nothing that other services do, one *behind* it bears on nothing that they do.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from itertools import takewhile

from linli_cli.client.answers import Answer, Command
from linli_cli.client.tokens import Identity


class Standing(IntEnum):
    """Where a step stands in its chain; those of the first standing go first."""

    AHEAD = 0
    IN_LINE = 1
    BEHIND = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One command that somebody sends at an instant; its id is its identity for ever."""

    at: datetime
    chain: str
    """What it must stay in order with."""
    service: str
    name: str
    id: str
    body: dict[str, object]
    who: Identity
    about: str = ""
    """The case, where the chain is another one."""
    standing: Standing = Standing.IN_LINE
    awaited: bool = False
    """What people make of it may come before what is next in line: that waits until they have seen it."""

    @property
    def command(self) -> Command:
        """The command as it travels, with its instant."""
        return Command(self.name, self.id, self.body, self.at)


@dataclass(frozen=True, slots=True)
class Done:
    """A step with what the service answered."""

    step: Step
    answer: Answer


@dataclass(slots=True)
class Agenda:
    """Steps by instant; an id is taken once, whoever proposes it again."""

    _waiting: list[tuple[datetime, str, Step]] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def add(self, steps: Iterable[Step]) -> int:
        """Take these steps in; answers how many of them were new."""
        before = len(self._known)
        for step in steps:
            if step.id not in self._known:
                self._known.add(step.id)
                heapq.heappush(self._waiting, (step.at, step.id, step))
        return len(self._known) - before

    def __len__(self) -> int:
        """How many steps wait."""
        return len(self._waiting)

    @property
    def next_at(self) -> datetime | None:
        """The instant of the earliest step."""
        return self._waiting[0][0] if self._waiting else None

    def instant_of(self, place: int) -> datetime | None:
        """The instant of the step at this place, counted from 1; None when there are fewer."""
        if len(self._waiting) < place:
            return None
        return heapq.nsmallest(place, self._waiting)[-1][0]

    def take_round(self, until: datetime) -> list[Step]:
        """The next steps up to this instant: of each chain the first, and those right after it at the same service.

        Steps that follow each other at one service need no rest in between: what it answered, it has decided. Each
        chain's steps stand together, in order.
        """
        chains: dict[str, list[Step]] = {}
        while self._waiting and self._waiting[0][0] <= until:
            step = heapq.heappop(self._waiting)[2]
            chains.setdefault(step.chain, []).append(step)
        taken: list[Step] = []
        for steps in chains.values():
            first = _first_of(steps)
            taken.extend(first)
            ids = {step.id for step in first}
            for step in steps:
                if step.id not in ids:
                    heapq.heappush(self._waiting, (step.at, step.id, step))
        return taken


def _first_of(steps: Sequence[Step]) -> list[Step]:
    """What a chain does next: of the first standing that is due, what one service is told in a row.

    Nothing stands ahead of an earlier step in line at its own service: each hears a chain in the order of the instants.
    """
    ahead, line, behind = ([step for step in steps if step.standing == standing] for standing in Standing)
    told_in_line = {step.service: step for step in reversed(line)}
    ahead = list(takewhile(lambda step: not _is_behind(step, told_in_line.get(step.service)), ahead))
    first = ahead or line or behind
    taken = list(takewhile(lambda step: step.service == first[0].service, first))
    awaited = next((number for number, step in enumerate(taken) if step.awaited), len(taken))
    return taken[: awaited + 1]


def _is_behind(step: Step, other: Step | None) -> bool:
    return other is not None and (other.at, other.id) < (step.at, step.id)
