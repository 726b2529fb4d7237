"""Where a request can come from: the estates and homes that dispatch registered (INT-03)."""

from collections.abc import Collection, Iterable
from datetime import tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import EstateRegistered
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


class Home(State):
    """A home exists; its id starts with its estate's."""

    table: ClassVar[str] = "home"


def learn_estate(known: Estate | None, fact: EstateRegistered) -> Decision:
    """Keep the estate as last registered; a repeated fact changes nothing."""
    told = Estate(id=fact.estate_id, region_id=fact.region_id, project_id=fact.project_id, zone=fact.zone)
    return NOTHING if known == told else Decision(save=(told,))


def learn_homes(known: Collection[str], told: Iterable[str]) -> Decision:
    """Keep that the homes of these ids exist; those that are known change nothing."""
    learnt = tuple(Home(id=home_id) for home_id in told if home_id not in known)
    return Decision(save=learnt) if learnt else NOTHING
