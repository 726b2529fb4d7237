"""What dispatch knows of a place: an estate with its roster and contractors, its homes, and who has how much in hand.

Three states, because they change at different times: a roster rarely, a home when somebody serves it, the counters with
every ticket. The counters stay small, so that opening a ticket does not write the roster again.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from linli_contracts.events.dispatch import EstateKind, Role
from linli_contracts.events.intake import Trade
from linli_rulebook import Calendar
from linli_rulebook.decision import State
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli_dispatch.domain.group.planned_change import Place

ONE_DAY: Final = timedelta(days=1)
DAYS_OF_WEEK: Final = 7
SATURDAY: Final = 5
"""As `date.weekday` counts."""


class Staff(BaseModel):
    """One line of an estate's roster: a person at a desk, on weekdays (0 is Monday) and hours of the local clock.

    At a department, whoever is not rostered for all seven days has statutory holidays off, and works on the weekend's
    make-up working days (调休, ORG-03).
    """

    model_config = ConfigDict(frozen=True)

    staff_id: str
    role: Role
    desk: str
    skills: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    from_hour: float = 0
    until_hour: float = 24
    near: tuple[str, ...] = ()
    """Where the person's post is: phases (``p1``) and buildings (``p1-3``) of the estate; empty: anywhere."""

    def on_duty(self, day: date, hour: float, calendar: Calendar | None) -> bool:
        """Whether the person works at this local time; hours that end before they begin run past midnight.

        ``calendar`` is for a desk that follows the working dates (ORG-03); None: its roster says all.
        """
        if self.from_hour < self.until_hour:
            return self.from_hour <= hour < self.until_hour and self._works_on(day, calendar)
        return (hour >= self.from_hour and self._works_on(day, calendar)) or (
            hour < self.until_hour and self._works_on(day - ONE_DAY, calendar)
        )

    def _works_on(self, day: date, calendar: Calendar | None) -> bool:
        rostered = day.weekday() in self.weekdays
        if calendar is None or len(self.weekdays) == DAYS_OF_WEEK:
            return rostered
        if day.weekday() < SATURDAY:
            return rostered and calendar.is_working_date(day)
        makes_up = calendar.is_working_date(day) and any(weekday < SATURDAY for weekday in self.weekdays)
        return rostered or makes_up


class Absence(BaseModel):
    """A person is away from one instant until another; the deputy (代理人) acts in their name (DSP-20)."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    from_at: AwareDatetime
    until_at: AwareDatetime
    deputy_id: str | None = None


class Contractor(BaseModel):
    """A contractor answers for trades, phases and buildings of the estate."""

    model_config = ConfigDict(frozen=True)

    contractor_id: str
    trades: tuple[Trade, ...]
    phases: tuple[str, ...]
    """Empty: every phase."""
    buildings: tuple[str, ...] = ()
    """Of these phases alone these buildings (``p1-3``); empty: all."""
    contract_ids: tuple[str, ...] = ()
    """Its warranty contracts; what they promise, warranty knows."""
    contacts: tuple[str, ...] = ()
    """How the firm is reached (``tel:…``, ``mailto:…``): known here alone, no fact tells it (INT-13)."""

    def answers_for(self, trade: str | None, home: "Home | None") -> bool:
        """Whether work of this trade is its own at this home (DSP-08); in a common area the trade alone counts."""
        if trade not in self.trades:
            return False
        if home is None:
            return True
        building = f"{home.phase}-{home.building}"
        return home.phase in (self.phases or (home.phase,)) and building in (self.buildings or (building,))


class Estate(Place):
    """An estate, its place in the organisation, who is rostered and which contractors answer for it."""

    table: ClassVar[str] = "estate"

    region_id: str
    project_id: str
    name: str
    kind: EstateKind
    zone: str
    staff: tuple[Staff, ...] = ()
    contractors: tuple[Contractor, ...] = ()
    absences: tuple[Absence, ...] = ()

    def absence_of(self, staff_id: str, at: datetime) -> Absence | None:
        """The absence that a person is on at this instant, if any; its last instant is past it."""
        return next(
            (one for one in self.absences if one.staff_id == staff_id and one.from_at <= at < one.until_at), None
        )

    def has_desk(self, desk: str) -> bool:
        """Whether anybody of the roster is at that desk."""
        return any(one.desk == desk and one.weekdays for one in self.staff)

    def lines_of(self, staff_id: str) -> tuple[Staff, ...]:
        """Where the person is on the roster; nowhere: they have left. A line without weekdays is none."""
        return tuple(one for one in self.staff if one.staff_id == staff_id and one.weekdays)

    def line_for(self, staff_id: str, desk: str) -> Staff | None:
        """The person's line of the roster for work of that desk: the one at it, else their first; None: they left."""
        lines = self.lines_of(staff_id)
        return next((line for line in lines if line.desk == desk), lines[0] if lines else None)

    @property
    def organisation(self) -> str:
        """The path that a token's subtree is compared with."""
        return f"group/{self.region_id}/{self.project_id}/{self.id}"


class ComingEstate(Place):
    """An estate that is to be registered from an instant on, and what is planned for it. The id is the estate's.

    It is no estate: nothing finds it but changes of the registry. What is left to begin goes to the estate it becomes.
    """

    table: ClassVar[str] = "coming_estate"

    organisation: str
    """Where it is to be, as the latest planning says: the path that a token's subtree is compared with."""


class Repaired(BaseModel):
    """How often a place of a home was repaired."""

    model_config = ConfigDict(frozen=True)

    place: str
    times: int


class Home(State):
    """A home of an estate, who served it last (DSP-08), and what it remembers of its repairs (DSP-13)."""

    table: ClassVar[str] = "home"

    phase: str
    building: str
    handed_over_on: date | None = None
    occupied: bool = True
    top_floor: bool = False
    served_by: str | None = None
    served_at: Mapping[str, str] = Field(default_factory=dict)
    """By desk: who of it did last."""
    storms_told: tuple[str, ...] = ()
    """The storms that the household was told of, without those that were over when it was told of the last (DSP-09)."""
    repaired: tuple[Repaired, ...] = ()
    """By place, the one repaired longest ago first."""
    defects: tuple[str, ...] = ()
    """The defects that are counted for it in its phase."""
    repairs_since: AwareDatetime | None = None
    """Since when its repairs have gone on without a longer gap."""
    repaired_at: AwareDatetime | None = None
    """When the last one was opened."""
    last_repair: str | None = None
    """Its case."""

    def known_to(self, desk: str) -> str | None:
        """Who of this desk served it last (DSP-08); who served it last at all where none is known to have."""
        return self.served_at.get(desk, self.served_by)

    def served(self, by: str, desk: str | None) -> "Home":
        """The home once somebody has a case of it in hand; ``desk``: theirs, where it is its own work."""
        at = self.served_at if desk is None else {**self.served_at, desk: by}
        if (self.served_by, self.served_at) == (by, at):
            return self
        return self.model_copy(update={"served_by": by, "served_at": at})

    def told(self, storm_id: str, on: Collection[str]) -> "Home":
        """The home once its household is told of a storm; ``on``: all those of its estate that go on."""
        return self.model_copy(update={"storms_told": (*(one for one in self.storms_told if one in on), storm_id)})

    def learnt_by(self, before: "Home | None") -> "Home":
        """The home as registered anew, with what it knew of itself."""
        kept = (
            "served_by", "served_at", "storms_told", "repaired", "defects",
            "repairs_since", "repaired_at", "last_repair",
        )  # fmt: skip
        return self.model_copy(update={name: getattr(before, name) for name in kept}) if before else self


class Workload(State):
    """What changes with every ticket of an estate: who has how many in hand, what comes in. The id is the estate's."""

    table: ClassVar[str] = "workload"

    in_hand: Mapping[str, int] = Field(default_factory=dict)
    arrivals: Mapping[str, Mapping[int, int]] = Field(default_factory=dict)
    """Requests by storm cause and hour (since 1970) of the last two days (DSP-09)."""
    recent: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    """The latest cases of each storm cause, with the hour of their receipt, while no storm of it is on (DSP-09)."""
    storms: Mapping[str, str] = Field(default_factory=dict)
    """The storms that are on, by cause."""

    def of(self, staff_id: str) -> int:
        """The person's tickets in hand."""
        return self.in_hand.get(staff_id, 0)

    def moved(self, from_id: str | None, to_id: str | None) -> "Workload":
        """One ticket leaves one person's hands and comes into another's; None: nobody's."""
        if from_id == to_id:
            return self
        in_hand = dict(self.in_hand)
        if from_id is not None and from_id in in_hand:
            in_hand[from_id] -= 1
            if in_hand[from_id] == 0:
                del in_hand[from_id]
        if to_id is not None:
            in_hand[to_id] = in_hand.get(to_id, 0) + 1
        return self.model_copy(update={"in_hand": in_hand})


class PricedWork(BaseModel):
    """What one unit of a piece of work costs."""

    model_config = ConfigDict(frozen=True)

    unit: str
    price_fen: int
    priced_at: AwareDatetime


class PriceLibrary(Place):
    """The price library (价格库) of a region: what pieces of work cost there (DSP-14). The id is the region's."""

    table: ClassVar[str] = "price_library"

    works: Mapping[str, PricedWork] = Field(default_factory=dict)
