"""Where a request can come from: the estates and homes that dispatch registered (INT-03)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import EstateRegistered
from linli_contracts.shelves import shelf_of
from linli_rulebook.decision import NOTHING, Decision, State


class Estate(State):
    """An estate with its place in the organisation."""

    table: ClassVar[str] = "estate"

    region_id: str
    project_id: str
    zone: str

    @property
    def org(self) -> str:
        """The organisation path that tokens are checked against."""
        return f"group/{self.region_id}/{self.project_id}/{self.id}"

    @property
    def clock_zone(self) -> tzinfo:
        """What the clocks on its walls show; months are counted by them (ORG-04)."""
        return ZoneInfo(self.zone)


class Homes(State):
    """A shelf of homes that exist; its id is `shelf_of` each of theirs."""

    table: ClassVar[str] = "homes"

    ids: tuple[str, ...] = ()
    """In their order."""


def learn_estate(known: Estate | None, fact: EstateRegistered) -> Decision:
    """Keep the estate as last registered; a repeated fact changes nothing."""
    told = Estate(id=fact.estate_id, region_id=fact.region_id, project_id=fact.project_id, zone=fact.zone)
    return NOTHING if known == told else Decision(save=(told,))


def learn_homes(known: Callable[[str], Homes | None], told: Iterable[str]) -> Decision:
    """Keep that the homes of these ids exist; those that are known change nothing. ``known``: a shelf by its id."""
    by_shelf = defaultdict[str, set[str]](set)
    for home_id in told:
        by_shelf[shelf_of(home_id)].add(home_id)
    learnt = []
    for shelf_id, ids in by_shelf.items():
        shelf = known(shelf_id) or Homes(id=shelf_id)
        if not ids <= {*shelf.ids}:
            learnt.append(shelf.model_copy(update={"ids": tuple(sorted(ids.union(shelf.ids)))}))
    return Decision(save=tuple(learnt)) if learnt else NOTHING
