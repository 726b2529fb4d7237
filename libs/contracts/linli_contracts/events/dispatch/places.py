"""What dispatch registers: estates, homes, rosters, absences, contractors, prices (ORG-01, DSP-08, DSP-14, DSP-20)."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from linli_contracts.event import Event, Fen, Id, Instant, Key
from linli_contracts.events.dispatch.words import EstateKind, Role
from linli_contracts.events.intake import Trade
from linli_contracts.topics import DISPATCH


class EstateRegistered(Event):
    """An estate is known to the group, with its place in the organisation (section 0 of the rulebook)."""

    producer = DISPATCH
    subject_field = "estate_id"
    order_critical = True

    estate_id: Key
    region_id: Key
    project_id: Key
    name: str
    kind: EstateKind
    zone: str = "Asia/Shanghai"
    registered_at: Instant


class RegisteredHome(BaseModel):
    """A home of an estate: phase, building, hand-over (WAR-02 counts from it)."""

    model_config = ConfigDict(frozen=True)

    home_id: Id
    phase: str
    building: str
    handed_over_on: date | None = None
    occupied: bool = True
    top_floor: bool = False


class HomesRegistered(Event):
    """Homes of an estate, new or changed: many in a fact, for a group has millions (decision 16)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    homes: tuple[RegisteredHome, ...]


class HomeRegistered(Event):
    """One home, as it was told before `HomesRegistered`: it is told no more, and still read."""

    producer = DISPATCH
    subject_field = "home_id"

    home_id: Id
    estate_id: Key
    phase: str
    building: str
    handed_over_on: date | None = None
    occupied: bool = True
    top_floor: bool = False

    @property
    def homes(self) -> tuple[RegisteredHome, ...]:
        """The one home, as `HomesRegistered` has it."""
        return (RegisteredHome(**self.model_dump(exclude={"estate_id"})),)


class StaffRostered(Event):
    """A member of staff serves an estate's desk, on these weekdays and hours (local time of the estate)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    staff_id: Key
    role: Role
    desk: str
    skills: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday."""
    from_hour: float = 0
    until_hour: float = 24
    near: tuple[str, ...] = ()
    """Where the post is: phases and buildings of the estate; empty: anywhere."""
    rostered_at: Instant


class AbsenceRecorded(Event):
    """A person of the roster is away until an instant; the deputy (代理人) acts in their name (DSP-20)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    staff_id: Key
    from_at: Instant
    until_at: Instant
    deputy_id: Key | None = None
    recorded_at: Instant


class ContractorRegistered(Event):
    """A contractor answers for trades, phases and buildings of an estate (DSP-08)."""

    producer = DISPATCH
    subject_field = "estate_id"

    estate_id: Key
    contractor_id: Key
    trades: tuple[Trade, ...]
    phases: tuple[str, ...]
    """Empty: every phase."""
    buildings: tuple[str, ...] = ()
    """Of these phases alone these buildings (``p1-3``); empty: all."""
    contract_ids: tuple[Key, ...] = ()
    """Its warranty contracts."""
    registered_at: Instant


class WorkPriced(Event):
    """The price library (价格库) of a region holds this price for a piece of work (DSP-14)."""

    producer = DISPATCH
    key_field = "region_id"
    subject_field = "region_id"

    region_id: Key
    work_item: str
    unit: str
    price_fen: Fen
    priced_at: Instant


class RegistryChangePlanned(Event):
    """A change of the registry will hold from an instant on (ORG-01); what it changes is told when it begins."""

    producer = DISPATCH
    key_field = "place_id"
    subject_field = "place_id"

    place_id: Key
    """The estate, or the region whose prices change."""
    change_id: Id
    command: str
    """The command that will be decided then, such as ``dispatch.roster-staff``."""
    lines: int
    times: int = 1
    """How often this change was planned: it may be again after it was withdrawn or refused."""
    from_at: Instant
    planned_at: Instant


class RegistryChangeWithdrawn(Event):
    """A planned change of the registry will not hold: a person withdrew it, or it was refused when it was to begin."""

    producer = DISPATCH
    key_field = "place_id"
    subject_field = "place_id"

    place_id: Key
    change_id: Id
    refusal: str | None = None
    """The refusal's code; None: withdrawn."""
    times: int = 1
    """Which planning of this change it was."""
    from_at: Instant
    withdrawn_at: Instant


class RegistryChangeFailed(Event):
    """A planned change of the registry could not begin, for a bug or another version: it waits for a person to have it
    tried again or withdrawn. Its place goes on without it.
    """

    producer = DISPATCH
    key_field = "place_id"
    subject_field = "place_id"

    place_id: Key
    change_id: Id
    reason: str
    """``change-failed`` (its rule raised) or ``change-no-longer-valid`` (written for another version)."""
    times: int = 1
    """Which planning of this change it was."""
    from_at: Instant
    """From when on it was to hold."""
