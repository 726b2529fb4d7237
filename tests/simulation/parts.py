"""What the model is made of: facts, databases, topics. Data with small methods; who moves them is in `processes.py`.

Three services, as few as show every promise: the *desk* takes commands and tells when a case is opened and done, and
closes every third case by a clock of its own; *care* hears the desk, watches a deadline a case, takes calls about it,
keeps one total over all estates and tells what it did; the *club* hears both and gives points. Two estates, `a` in lane
0 and `b` in lane 1; the total's own key lies in lane 1 too.
"""

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple, Self

DESK, CARE, CLUB = "desk", "care", "club"
HEARS: Final = {DESK: (), CARE: (DESK,), CLUB: (CARE, DESK)}
CASES: Final = ("a", "b")
LANES: Final = len(CASES)
LANE_OF_TOTAL: Final = 1
TERM: Final = 3
"""Seconds from the opening of a case to its deadline."""
CLOSES_AFTER: Final = 2
"""Seconds from the opening of a brief case to its close: before its deadline."""
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)

Kind = Literal["opened", "done", "cared", "missed", "abandoned"]


def instant(second: int) -> datetime:
    """A second of the model as the real parts want it."""
    return _EPOCH + timedelta(seconds=second)


class Fact(NamedTuple):
    """A record of the bus, with the names that the real envelope has."""

    id: str
    kind: Kind
    case: str
    round: int
    at: int
    producer: str
    lane: int
    number: int
    abandoned_from: int | None = None
    """The first of the numbers before it that will never come."""
    deployment: str = "ours"

    def __str__(self) -> str:
        """As a story tells it."""
        return f"{self.producer}/{self.lane}#{self.number} {self.kind} {self.case}{self.round}"


@dataclass(slots=True)
class Watched:
    """A case as care sees it."""

    round: int = 0
    due: int | None = None
    """None: no deadline runs."""
    fired: set[tuple[str, int]] = field(default_factory=set)
    """The clocks that ran out, by identity."""


@dataclass(slots=True)
class Database:
    """The tables of one service: what a backup holds and a restore brings back."""

    heads: list[int] = field(default_factory=lambda: [0] * LANES)
    published: list[int] = field(default_factory=lambda: [0] * LANES)
    outbox: list[dict[int, Fact]] = field(default_factory=lambda: [{} for _ in range(LANES)])
    archive: list[dict[int, Fact]] = field(default_factory=lambda: [{} for _ in range(LANES)])
    inbox: dict[tuple[str, int], int] = field(default_factory=dict)
    resend: dict[int, int] = field(default_factory=dict)
    commands: dict[str, bool] = field(default_factory=dict)
    closes: dict[str, int] = field(default_factory=dict)
    """The desk's: when brief cases that are open close by themselves."""
    early: list[Fact] = field(default_factory=list)
    ripe: list[Fact] = field(default_factory=list)
    """Early facts that run apart from their ground; empty unless that rule is off."""
    applied: list[Fact] = field(default_factory=list)
    """Every fact that was handled, in order: what the oracle looks at."""
    rounds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CASES, 0))
    """The desk's: the round of each case; negative while it is not open."""
    watched: dict[str, Watched] = field(default_factory=lambda: {case: Watched() for case in CASES})
    total: int = 0
    points: list[str] = field(default_factory=list)
    """The causes for which points were given."""

    def backup(self) -> Self:
        """A copy of everything."""
        return deepcopy(self)

    def overdue(self, now: int) -> dict[int, int]:
        """The instant of each lane's overdue clock; a deadline kept at its second is due one later."""
        watched = {case: one.due + 1 for case, one in self.watched.items() if one.due is not None}
        return {CASES.index(case): due for case, due in (self.closes | watched).items() if due < now}

    def close(self, case: str, until: int) -> bool:
        """The desk's clock: a brief case that was due to close by then is done, at its own instant."""
        due = self.closes.get(case)
        if due is None or due > until:
            return False
        del self.closes[case]
        self.append("done", case, self.rounds[case], due, cause=f"{case}{self.rounds[case]}~{due}", producer=DESK)
        self.rounds[case] = -self.rounds[case]
        return True

    def append(self, kind: Kind, case: str, round_: int, at: int, *, cause: str, producer: str) -> None:
        """A fact under its lane's next number; its id follows from the cause."""
        lane = CASES.index(case)
        number = self.heads[lane] + 1
        self.heads[lane] = number
        fact_id = f"{cause}>{kind}"
        self.outbox[lane][number] = Fact(fact_id, kind, case, round_, at, producer, lane, number)

    def told(self, lane: int) -> dict[int, Fact]:
        """Every fact of a lane that was ever told, in order."""
        return dict(sorted({**self.archive[lane], **self.outbox[lane]}.items()))

    def archive_oldest(self, lane: int, *, published: bool) -> Fact | None:
        """Move the oldest fact of the outbox, if it is published or need not be."""
        oldest = min(self.outbox[lane], default=None)
        if oldest is None or (published and oldest > self.published[lane]):
            return None
        self.archive[lane][oldest] = self.outbox[lane].pop(oldest)
        return self.archive[lane][oldest]

    def lift(self, producer: str, seen: list[int], at: int) -> None:
        """Raise each head above every number seen, and declare what lies between as abandoned (promise 8)."""
        for lane, highest in enumerate(seen):
            head = self.heads[lane]
            if highest > head:
                number, case = highest + 1, CASES[lane]
                declared = Fact(f"{producer}@{number}", "abandoned", case, 0, at, producer, lane, number, head + 1)
                self.outbox[lane][number] = declared
                self.heads[lane] = number


@dataclass(slots=True)
class Topic:
    """The records of one producer, by partition; what one group has acknowledged of it."""

    partitions: list[list[Fact | None]] = field(default_factory=lambda: [[]])
    """None: the record was lost; its place stays."""
    acknowledged: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    told: list[tuple[int, list[int], list[int], dict[int, int]]] = field(default_factory=list)
    """The heads topic: the instant, each lane's head, what of it is published, overdue clocks."""

    def send(self, fact: Fact) -> None:
        """A lane's partition follows from the lane and from how many there are now."""
        self.partitions[fact.lane % len(self.partitions)].append(fact)

    def highest(self, lane: int) -> int:
        """The highest number of a lane that anybody can read here."""
        return max((fact.number for part in self.partitions for fact in part if fact and fact.lane == lane), default=0)
