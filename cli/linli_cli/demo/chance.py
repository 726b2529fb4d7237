"""Seeded chance: each question has its own dice, so that an answer depends on what is asked, never on when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance of one run."""

    seed: int

    def dice(self, *question: object) -> Random:
        """The dice of a question; asked again, they fall alike."""
        return Random(f"{self.seed}|{'|'.join(map(str, question))}")  # noqa: S311 - a story must repeat; nothing is secret

    def happens(self, share: float, *question: object) -> bool:
        """Whether something that happens so often happens here."""
        return self.dice(*question).random() < share

    def choice(self, options: Sequence[T], *question: object) -> T:
        """One of these."""
        return self.dice(*question).choice(options)

    def minutes(self, least: float, most: float, *question: object) -> timedelta:
        """A span between these many minutes, to the second; short ones are commoner than long ones."""
        return timedelta(seconds=round(60 * self.dice(*question).triangular(least, most, least)))

    def hours(self, least: float, most: float, *question: object) -> timedelta:
        """A span between these many hours, to the second."""
        return self.minutes(60 * least, 60 * most, *question)
