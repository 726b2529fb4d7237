"""Given facts and a context for tests of pure rules: no database, the shipped policy, a chosen instant."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from linli_messaging.service_map import Actor, Context, Ref
from linli_rulebook import PolicyBook
from linli_rulebook.decision import State

S = TypeVar("S", bound=State)

POLICY_DIR = Path(__file__).parents[3] / "policy"
OPERATOR = Actor(subject="test", scopes=frozenset({"*"}))


class GivenFacts:
    """The states a rule may see, by class and id; a state that was not given does not exist."""

    def __init__(self, states: Mapping[Ref, State | None] | None = None) -> None:
        """Given these."""
        self._states = dict(states or {})

    def get(self, kind: type[S], identity: str) -> S | None:
        """The state, or None."""
        return self._states.get((kind, identity))  # type: ignore[return-value]  # keyed by its own class


@lru_cache
def shipped_policy() -> PolicyBook:
    """The policy of the repository."""
    return PolicyBook.load(POLICY_DIR)


def context(now: datetime, cause: str = "test", actor: Actor | None = OPERATOR) -> Context:
    """A context with the shipped policy."""
    return Context(now=now, policies=shipped_policy(), cause=cause, actor=actor)
