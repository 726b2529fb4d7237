"""What a check of the audit is, and which are wanted; the checks themselves stand beside what makes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from linli_cli.language import Words


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so. A query with parameters gets them from `parameters`."""

    name: str
    wrong: Words
    """What a violation means, for people."""
    at_rest: bool = False
    """True where it holds only while nothing is under way."""
    parameters: Callable[[], tuple[Any, ...]] = tuple


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks to make."""

    moving: bool = False
    """Leave out what holds only while nothing is under way."""
    only: frozenset[Check] = frozenset()
    """These; none: all."""

    def makes(self, *checks: Check) -> bool:
        """Whether to make one of these."""
        return any((not self.only or check in self.only) and not (check.at_rest and self.moving) for check in checks)


EVERYTHING: Final = Wanted()
