"""The states a batch is decided on: as loaded, then as decided so far. What is not loaded is asked for."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from linli_rulebook.decision import Decision, Early, More, Outcome, Refusal, State

from linli_messaging.service_map import Facts, Ref

S = TypeVar("S", bound=State)


class Wanted(Exception):  # noqa: N818 - not an error: the batch is asked again with these loaded and locked
    """States or lanes that an input turned out to need."""

    def __init__(self, refs: Iterable[Ref] = (), lanes: Iterable[int] = ()) -> None:
        """What to load and lock besides."""
        super().__init__()
        self.refs = set(refs)
        self.lanes = set(lanes)


Recall = Callable[[Ref], State | None]
"""A state that was not loaded with the others and is known nevertheless, as it is stored; None: it has to be loaded."""


def recall_nothing(_: Ref) -> None:
    """Only what was loaded is known."""


class WorkingSet:
    """The loaded states with what this batch has decided so far; what a rule sees as its facts."""

    def __init__(self, loaded: Mapping[Ref, State | None], recall: Recall = recall_nothing) -> None:
        """Start from what the database holds (None: there is no such state)."""
        self._now: dict[Ref, State | None] = dict(loaded)
        self._recall = recall

    def get(self, kind: type[S], identity: str) -> S | None:
        """The state as decided so far; raises :class:`Wanted` when it is not known."""
        ref = kind, identity
        try:
            return self._now[ref]  # type: ignore[return-value]  # keyed by its own class
        except KeyError:
            recalled = self._recall(ref)
        if recalled is None:
            raise Wanted([ref])
        self._now[ref] = recalled
        return recalled  # type: ignore[return-value]  # keyed by its own class too

    def put(self, states: Mapping[Ref, State]) -> None:
        """Later inputs of the batch see these."""
        self._now.update(states)


def not_loaded(facts: Facts, refs: Iterable[Ref]) -> tuple[Ref, ...]:
    """Those not loaded yet, to be asked for all at once: left to `facts.get`, they would be asked for one by one."""
    missing = []
    for kind, identity in refs:
        try:
            facts.get(kind, identity)
        except Wanted:
            missing.append((kind, identity))
    return tuple(missing)


def not_more(outcome: Outcome) -> Decision | Refusal | Early:
    """The outcome; raises :class:`Wanted` where it asks for more states."""
    if isinstance(outcome, More):
        raise Wanted(outcome.refs)
    return outcome
