"""Finding customers' names and contacts in what must hold none (INT-13). Pure.

A text is searched for every name and contact that intake holds, written as the customer told it or in intake's own
plain form. Finding one is shown by the place and by whose it is, never by the words themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from linli_intake.domain.person import plain_form

_SHORTEST_NAME: Final = 2
"""One character of a name says nothing."""
_SHORTEST_CONTACT: Final = 7
"""Local numbers have seven digits; fewer are a test's invention and occur in every id."""
_PHONE: Final = 11
"""So many digits in a row are no coincidence, whatever letters they stand between."""
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody intake knows: a customer, or who filled in a form that is kept in quarantine."""

    whose: str
    name: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """Something personal in a text."""

    whose: str
    kind: str
    """`name` or `contact`."""


class People:
    """All names and contacts, ready to be searched for: the cost follows the text, not how many people there are."""

    def __init__(self, people: Iterable[Person]) -> None:
        """Remember each spelling once, by its first two characters."""
        self._begins: dict[str, list[tuple[str, Hit]]] = {}
        known: set[str] = set()
        for person in people:
            for spelling, hit in _spellings(person):
                if spelling not in known:
                    known.add(spelling)
                    self._begins.setdefault(spelling[:2], []).append((spelling, hit))
        first = "".join(sorted({re.escape(begin[0]) for begin in self._begins}))
        self._first = re.compile(f"[{first}]") if first else None
        self.spellings = len(known)

    def find(self, text: str) -> Iterator[Hit]:
        """Everything personal in a text, JSON's escapes resolved."""
        if self._first is None:
            return
        if "\\u" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        for start in self._first.finditer(text):
            place = start.start()
            for spelling, hit in self._begins.get(text[place : place + 2], ()):
                if text.startswith(spelling, place) and _stands_alone(spelling, text, place):
                    yield hit


def _spellings(person: Person) -> Iterator[tuple[str, Hit]]:
    name = (person.name or "").strip()
    if len(name) >= _SHORTEST_NAME:
        yield name, Hit(person.whose, "name")
    contact = (person.contact or "").strip()
    for spelling in (contact, plain_form(contact)):
        if len(spelling) >= _SHORTEST_CONTACT:
            yield spelling, Hit(person.whose, "contact")


def _stands_alone(spelling: str, text: str, place: int) -> bool:
    """Whether it is a word of its own there, where it could be a piece of a longer one; Chinese needs no spaces."""
    if not spelling.isascii():
        return True
    sides = text[max(0, place - 1) : place] + text[place + len(spelling) : place + len(spelling) + 1]
    if spelling.isdigit() and len(spelling) >= _PHONE:
        return not any(side.isdigit() for side in sides)
    return not any(side.isascii() and side.isalnum() for side in sides)
