"""Finding customers' names and contacts in what must hold none (INT-13). Pure.

A text is searched for every name and contact that intake holds, written as the customer told it or in intake's own
plain form, whatever JSON escapes, wide forms or invisible marks it is written with, and once more with capitals, spaces
and separators folded in both. Finding one is shown by the place and by whose it is, never by the words themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from linli_intake.domain.person import plain_form

_SHORTEST_NAME: Final = 2
"""One character of a name says nothing."""
_SHORTEST_CONTACT: Final = 7
"""Local numbers have seven digits; fewer are a test's invention and occur in every id."""
_PHONE: Final = 11
"""So many digits in a row are no coincidence, whatever letters they stand between."""
_SHORTEST_FOLDED: Final = 3
"""Two Chinese characters with a space between them are more often two words than a name."""
_SPACES: Final = re.compile(r"[^\S\n]+")
"""Not the ends of lines: they part a record's key, body and headers."""
_IN_NUMBERS: Final = re.compile(r"(?<=\d)[ \-\u2010-\u2015\u2212·/_().]{1,3}(?=\d)")
_CHINESE: Final = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_IN_CHINESE: Final = re.compile(f"(?<={_CHINESE})[ ·](?={_CHINESE})")
_CHINA: Final = re.compile(r"(?<!\d)(?:\+86|(?:00)?86)(?=1\d{10}(?!\d))")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPED_SIGN: Final = re.compile(r"\\([t/])")
"""A tab inside a JSON text, and a slash as some write it."""
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Soft hyphens, joiners and marks of direction: nobody sees them, and no two spellings differ by them."""


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
        """Remember each spelling once."""
        self._exact, self._folded = _Spellings(), _Spellings()
        for person in people:
            for spelling, hit in _spellings(person):
                self._exact.add(_legible(spelling), hit)
                if _says_enough_folded(spelling, hit.kind):
                    self._folded.add(_folded(_legible(spelling)), hit)
        self.spellings = len(self._exact.known)

    def find(self, text: str) -> Iterator[Hit]:
        """Everything personal in a text, each once: JSON's escapes resolved, and however capitals and spaces stand."""
        if not self.spellings:
            return
        text = _legible(_unescaped(text))
        yield from dict.fromkeys((*self._exact.find(text), *self._folded.find(_folded(text))))


class _Spellings:
    """Words to be found, by their first two characters."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._begins: dict[str, list[tuple[str, Hit]]] = {}

    def add(self, spelling: str, hit: Hit) -> None:
        if spelling not in self.known:
            self.known.add(spelling)
            self._begins.setdefault(spelling[:2], []).append((spelling, hit))

    @cached_property
    def _first(self) -> re.Pattern[str]:
        return re.compile(f"[{''.join(sorted({re.escape(begin[0]) for begin in self._begins}))}]")

    def find(self, text: str) -> Iterator[Hit]:
        if not self.known:
            return
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


def _unescaped(text: str) -> str:
    """A text with JSON's escapes resolved, as far as they can stand in a name or a contact."""
    if "\\" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # What lies beyond the first plane is escaped as two halves.
    text = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return _ESCAPED_SIGN.sub(lambda found: " " if found[1] == "t" else "/", text)


def _legible(text: str) -> str:
    """A text as people see it: without wide forms and invisible marks."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _folded(text: str) -> str:
    """A legible text without what counts in no name and no contact: capitals, groups of digits, the code 86."""
    text = _SPACES.sub(" ", text.casefold())
    return _CHINA.sub(" ", _IN_CHINESE.sub("", _IN_NUMBERS.sub("", text)))


def _says_enough_folded(spelling: str, kind: str) -> bool:
    """Whether it is still a person's when folded: a single word is everybody's, a short number is part of a date."""
    if kind == "name":
        return " " in spelling if spelling.isascii() else len(spelling) >= _SHORTEST_FOLDED
    return "@" in spelling or len(plain_form(spelling)) >= _PHONE


def _stands_alone(spelling: str, text: str, place: int) -> bool:
    """Whether it is a word of its own there, where it could be a piece of a longer one; Chinese needs no spaces."""
    if not spelling.isascii():
        return True
    sides = text[max(0, place - 1) : place] + text[place + len(spelling) : place + len(spelling) + 1]
    if spelling.isdigit() and len(spelling) >= _PHONE:
        return not any(side.isdigit() for side in sides)
    return not any(side.isascii() and side.isalnum() for side in sides)
