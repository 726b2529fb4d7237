"""What an audit finds: violations, each with the ids that lead to it, and what it could not look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from linli_cli.audit.check import EVERYTHING, Check, Wanted
from linli_cli.language import Words

MOST: Final = 1000
"""Violations of one kind that are listed; whoever has more has one cause for them, and is told that there are more."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that must not be."""

    check: str
    wrong: Words
    """What is wrong, for people."""
    service: str
    """Whose schema or topic shows it; empty: it lies between services."""
    ids: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Facts that a service published, and that nothing can be said of, for they were not on the bus when it was read:
    forgotten there, or told since. No violation.
    """

    service: str
    lanes: int
    facts: int


@dataclass(slots=True)
class Found:
    """All that one audit found."""

    wanted: Wanted = EVERYTHING
    violations: list[Violation] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)
    """The names of all checks that were made."""
    more: set[str] = field(default_factory=set)
    """Checks with more violations than are listed."""
    not_seen: list[NotSeen] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """How much was looked at, for people."""

    def note(self, check: Check, service: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take the violations of a check that was made for a service; of one that is not wanted, nothing."""
        if not self.wanted.makes(check):
            return
        self.checks.add(check.name)
        listed = iter(rows)
        self.violations += [Violation(check.name, check.wrong, service, dict(row)) for row in islice(listed, MOST)]
        if next(listed, None) is not None:
            self.more.add(check.name)
