"""What dispatch knows of a place: an estate with its roster and contractors, its homes, and who has how much in hand.

Three states, because they change at different times: a roster rarely, a home when somebody serves it, the counters with
every ticket. The counters stay small, so that opening a ticket does not write the roster again.
"""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from linli_contracts.events.dispatch import EstateKind, Role
from linli_contracts.events.intake import Trade
from linli_rulebook.decision import State
from pydantic import BaseModel, ConfigDict


class Staff(BaseModel):
    """One line of an estate's roster: a person at a desk, on weekdays (0 is Monday) and hours of the local clock."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    role: Role
    desk: str
    skills: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    from_hour: float = 0
    until_hour: float = 24

    def on_duty(self, weekday: int, hour: float) -> bool:
        """Whether the person works at this local time; hours that end before they begin run past midnight."""
        if self.from_hour < self.until_hour:
            return weekday in self.weekdays and self.from_hour <= hour < self.until_hour
        return (weekday in self.weekdays and hour >= self.from_hour) or (
            (weekday - 1) % 7 in self.weekdays and hour < self.until_hour
        )


class Contractor(BaseModel):
    """A contractor answers for trades and phases of the estate."""

    model_config = ConfigDict(frozen=True)

    contractor_id: str
    trades: tuple[Trade, ...]
    phases: tuple[str, ...]


class Estate(State):
    """An estate, its place in the organisation, who is rostered and which contractors answer for it."""

    table: ClassVar[str] = "estate"

    region_id: str
    project_id: str
    name: str
    kind: EstateKind
    zone: str
    staff: tuple[Staff, ...] = ()
    contractors: tuple[Contractor, ...] = ()

    @property
    def organisation(self) -> str:
        """The path that a token's subtree is compared with."""
        return f"group/{self.region_id}/{self.project_id}/{self.id}"


class Home(State):
    """A home of an estate, and who served it last (DSP-08: same home, same person where possible)."""

    table: ClassVar[str] = "home"

    phase: str
    building: str
    handed_over_on: date | None = None
    occupied: bool = True
    top_floor: bool = False
    served_by: str | None = None


class Workload(State):
    """How many uncompleted tickets each person of an estate has in hand, if any. The id is the estate's."""

    table: ClassVar[str] = "workload"

    in_hand: Mapping[str, int] = {}

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
