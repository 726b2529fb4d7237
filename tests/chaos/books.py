"""What a round left behind: its part of the books that `linli audit` writes, and what its clients were told."""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from linli_cli.audit.books import Books, compare, load_books

from tests.chaos.by_right import only_what_must_be_alike
from tests.chaos.delivered import done_in, otherwise_than_meant
from tests.chaos.faults import Fault
from tests.chaos.load import DONE, Round
from tests.chaos.traced import holes_of
from tests.chaos.world import World

RANDOM: Final = frozenset({"member_no", "url"})
"""A membership number follows from a customer's reference, which is random; where a world's partner listens, from the
ports that are free.
"""


@dataclass(slots=True)
class Differences:
    """How the books of a struck world differ from those of a calm one."""

    lost: list[str] = field(default_factory=list)
    """What only the calm world has."""
    doubled: list[str] = field(default_factory=list)
    """What only the struck world has."""
    changed: list[str] = field(default_factory=list)
    """What both have, and otherwise."""

    @property
    def none(self) -> bool:
        """Whether the books are equal."""
        return not (self.lost or self.doubled or self.changed)


@dataclass(slots=True)
class Left:
    """What a round left."""

    books: Books
    answers: dict[str, str]
    asked_again: set[str]
    """Of which a refusal may be for another reason than the one that nobody heard."""
    violations: list[str]
    """What the audit finds wrong in all of the world, what the traces of the round's cases lack (`linli trace`), and
    what its contractors were told otherwise than dispatch says, or than they must be.
    """


async def left_by(load: Round, world: World, fault: Fault, leaves: frozenset[str] = frozenset()) -> Left:
    """Have the world audited and its books written; violations of the checks in `leaves` are the fault's own, and what
    it says itself is by right otherwise is left out.
    """
    path = world.stack.options.home.path / f"books-{load.number}.jsonl"
    found = json.loads(await world.linli("audit", "--json", "--books", str(path), may_fail=True))
    mine = re.compile(rf"\br{load.number}e")
    books = {key: content for key, content in load_books(path).items() if mine.search(f"{key} {json.dumps(content)}")}
    violations = [
        f"{one['check']} {one['service']} {one['wrong']['en']} {one['ids']}"
        for one in found["violations"]
        if one["check"] not in leaves
    ]
    violations += await holes_of(load, world, books)
    done, wrong = done_in(load)
    violations += wrong + otherwise_than_meant(done, books)
    books |= done
    return Left(only_what_must_be_alike(books, fault), dict(load.answers), set(load.asked_again), violations)


def differences(calm: Left, struck: Left) -> Differences:
    """Every place where they differ, a row that is missing as a whole once."""
    found = Differences()
    for one in compare(calm.books, struck.books, RANDOM):
        where = f"{one.service} {one.what} {one.id} {one.field}: {one.first} / {one.second}"
        if one.field:
            found.changed.append(where)
        elif one.second is None:
            found.lost.append(where)
        else:
            (found.doubled if one.first is None else found.changed).append(where)
    found.changed += [
        f"answer to {name}: {answer} / {struck.answers.get(name)}"
        for name, answer in calm.answers.items()
        if not _alike(answer, struck.answers.get(name), again=name in calm.asked_again | struck.asked_again)
    ]
    return found


def _alike(answer: str, other: str | None, *, again: bool) -> bool:
    return answer == other or (again and other is not None and DONE not in (answer, other))
