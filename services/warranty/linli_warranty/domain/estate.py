"""What warranty knows of places: estates with the contracts that cover them, and homes; learnt from dispatch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import ClassVar

from linli_contracts.events.dispatch import EstateRegistered, RegisteredHome
from linli_contracts.events.intake import Trade
from linli_contracts.shelves import shelf_of
from linli_rulebook.decision import NOTHING, Decision, State
from pydantic import BaseModel, ConfigDict, Field


class Terms(BaseModel):
    """What a contract promises in an estate: which trades, phases and buildings, from when, for how long (WAR-02)."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    contractor_id: str
    phases: tuple[str, ...]
    """Empty: every phase."""
    buildings: tuple[str, ...] = ()
    """Of those phases; empty: every building."""
    trades: tuple[Trade, ...]
    periods_months: dict[Trade, int] = {}
    """Periods agreed beyond the legal minimum, by trade; a trade that is not in it has the minimum."""
    completion_accepted_on: date
    ends_on: dict[Trade, date] = {}
    """By trade: the last day, by the policy in force when the account was opened (ORG-02); empty: it was before this
    was kept.
    """

    def cover(self, trade: Trade, home: "Home | None") -> bool:
        """Whether they are about this trade, the home's phase and building; the common area (None): the trade."""
        if trade not in self.trades or home is None:
            return trade in self.trades
        return (not self.phases or home.phase in self.phases) and (
            not self.buildings or home.building in self.buildings
        )


class Estate(State):
    """An estate, in its own lane: its place in the organisation, and the contracts whose warranties cover it."""

    table: ClassVar[str] = "estate"

    region_id: str
    project_id: str
    zone: str
    terms: tuple[Terms, ...] = ()

    @property
    def org(self) -> str:
        """Its path in the organisation, as tokens write it."""
        return f"group/{self.region_id}/{self.project_id}/{self.id}"


class Home(BaseModel):
    """A home: where it is, and the day it was handed over, from which its customer's warranty runs (WAR-02)."""

    model_config = ConfigDict(frozen=True)

    phase: str
    building: str = ""
    """Empty: it was registered before this was kept, and nobody has asked about it since with its building."""
    handed_over_on: date | None
    number: int = 0
    """Of the fact that told it, in its lane: an older one, that was parked meanwhile, changes nothing. 0: it was told
    before this was kept.
    """


class Homes(State):
    """A shelf of homes, each by its id; the shelf's own is `shelf_of` each of theirs."""

    table: ClassVar[str] = "homes"

    homes: Mapping[str, Home] = Field(default_factory=dict)


def learn_estate(estate: Estate | None, event: EstateRegistered) -> Decision:
    """Keeps the estate's place and zone; contracts already known stay. The same fact again changes nothing."""
    learnt = Estate(
        id=event.estate_id,
        region_id=event.region_id,
        project_id=event.project_id,
        zone=event.zone,
        terms=estate.terms if estate else (),
    )
    return NOTHING if learnt == estate else Decision(save=(learnt,))


def learn_homes(known: Callable[[str], Homes | None], told: Iterable[RegisteredHome], number: int) -> Decision:
    """Keeps what coverage needs of homes; a hand-over that is told later replaces what was known.

    ``known``: a shelf by its id. ``number``: of the fact, in its lane; of a home that a newer one told it says nothing.
    """
    by_shelf = defaultdict[str, dict[str, Home]](dict)
    for one in told:
        by_shelf[shelf_of(one.home_id)][one.home_id] = Home(
            phase=one.phase, building=one.building, handed_over_on=one.handed_over_on, number=number
        )
    changed = []
    for shelf_id, homes in by_shelf.items():
        shelf = known(shelf_id) or Homes(id=shelf_id)
        told_newer = [home_id for home_id in homes.keys() & shelf.homes.keys() if shelf.homes[home_id].number > number]
        after = {**shelf.homes, **homes, **{home_id: shelf.homes[home_id] for home_id in told_newer}}
        if after != shelf.homes:
            changed.append(shelf.model_copy(update={"homes": after}))
    return Decision(save=tuple(changed)) if changed else NOTHING


def learn_building(shelf: Homes, home_id: str, building: str | None) -> Homes:
    """The shelf with the building of a home that it has from before buildings were kept; any other is as it was."""
    home = shelf.homes.get(home_id)
    if home is None or home.building or not building:
        return shelf
    return shelf.model_copy(update={"homes": {**shelf.homes, home_id: home.model_copy(update={"building": building})}})


def promise(estate: Estate, terms: Terms) -> Estate:
    """The estate with a contract's terms added; terms of the same contract are replaced."""
    others = tuple(known for known in estate.terms if known.contract_id != terms.contract_id)
    return estate.model_copy(update={"terms": (*others, terms)})


def shared_org(estates: tuple[Estate, ...]) -> str:
    """The innermost part of the organisation that holds all of `estates`."""
    shared = []
    for parts in zip(*(estate.org.split("/") for estate in estates), strict=True):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared)


def place_of(org: str) -> tuple[str | None, str | None]:
    """The region and the estate that a path in the organisation names; None where it ends above."""
    parts = (*org.split("/"), None, None, None)
    return parts[1], parts[3]
