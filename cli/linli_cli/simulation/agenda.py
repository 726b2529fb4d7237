"""What is still to be done, and when: commands with their own instants, handed out in rounds. Pure.

Commands of one *chain* (a case, a story, a contract) are handed out in the order of their instants, and a later one
only when the system has come to rest after the earlier ones, so that their order across services is exact. Chains are
independent of each other: each round takes the next step of all of them.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from linli_cli.client.answers import Answer, Command
from linli_cli.client.tokens import Identity


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
        later: list[Step] = []
        ended: set[str] = set()
        for step in self._due(until):
            taken = chains.setdefault(step.chain, [])
            if step.chain in ended or (taken and taken[0].service != step.service):
                ended.add(step.chain)
                later.append(step)
            else:
                taken.append(step)
        for step in later:
            heapq.heappush(self._waiting, (step.at, step.id, step))
        return [step for steps in chains.values() for step in steps]

    def _due(self, until: datetime) -> Iterator[Step]:
        while self._waiting and self._waiting[0][0] <= until:
            yield heapq.heappop(self._waiting)[2]
