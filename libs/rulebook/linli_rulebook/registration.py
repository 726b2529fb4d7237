"""ORG-02: a policy version never changes once it is registered, and a new one takes effect only in the future.

Pure: a service keeps the register in its database, asks here when it starts, and refuses to start on any problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linli_rulebook.policy_book import PolicyBook


@dataclass(frozen=True, slots=True)
class RegistrationProblem:
    """Why this process must not start: the version and what is wrong with it, in one sentence."""

    version: str
    what: str

    def __str__(self) -> str:
        """For the log of a start that is refused."""
        return f"policy version {self.version} {self.what}"


def check_registration(
    registered: Mapping[str, tuple[str, datetime]], book: PolicyBook, now: datetime
) -> list[RegistrationProblem]:
    """Compares the book with the register, a (content hash, effective from) for each version id.

    A registered version must be in the book, with the same content and start. A version that is new to a register which
    already holds others must take effect after `now`. An empty list means that the new versions may be registered.
    """
    problems = []
    for version, (content_hash, effective_from) in registered.items():
        if version not in book.versions:
            problems.append(RegistrationProblem(version, "is registered, but missing here"))
        elif book.content_hash(version) != content_hash:
            problems.append(RegistrationProblem(version, "has another content than was registered"))
        elif book.effective_from(version) != effective_from:
            problems.append(RegistrationProblem(version, "takes effect at another instant than was registered"))
    for version in book.versions:
        if registered and version not in registered and book.effective_from(version) <= now:
            since = book.effective_from(version).isoformat()
            problems.append(RegistrationProblem(version, f"is new, but would already be in force since {since}"))
    return problems
