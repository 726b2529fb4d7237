"""The bodies of the registry's commands: estates, homes, rosters, contractors, absences, prices, planned changes."""

from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli_contracts.event import Day, Fen, Id, Instant, Key
from linli_contracts.events.dispatch import EstateKind, Role
from linli_contracts.events.intake import Trade
from pydantic import AfterValidator, Field

from linli_dispatch.commands import MOST_LINES, Code, Command, Name, Versioned
from linli_dispatch.domain.amounts import MOST_FEN

CONTACT_PATTERN: Final = r"^(tel:\+?[0-9-]{3,30}|mailto:[^\s@;]{1,64}@[^\s@;]{1,100})$"
Place = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,201}$")]
"""A phase, or a phase and a building with a hyphen between them."""
Contact = Annotated[str, Field(pattern=CONTACT_PATTERN)]
"""A firm's telephone or mail address."""
Hour = Annotated[float, Field(ge=0, le=24, allow_inf_nan=False)]


def _known_zone(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder's name, or one too long
        raise ValueError(f"{zone!r} is not an IANA time zone") from error


class RegistryCommand(Command):
    """A change of the registry; one of an import holds from that one's instant on, which its own then is."""

    import_id: Key | None = None
    """The import that it belongs to. None: it stands by itself."""


class DatedCommand(RegistryCommand):
    """A change of the registry that may hold from a later instant on."""

    from_at: Instant | None = None
    """None, or one that is past: from now on."""


class RegisterEstate(DatedCommand, Versioned):
    """An estate and its place in the organisation."""

    estate_id: Key
    region_id: Key
    project_id: Key
    name: Name
    kind: EstateKind = "residential"
    zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"


class HomeLine(Command):
    """A home: ``home_id`` is ``<estate_id>.<phase>-<building>-<number>``."""

    home_id: Id
    phase: Name
    building: Name
    handed_over_on: Day | None = None
    occupied: bool = True
    top_floor: bool = False


class RegisterHomes(DatedCommand):
    """Homes of an estate."""

    estate_id: Key
    homes: Annotated[tuple[HomeLine, ...], Field(max_length=MOST_LINES)]


class StaffLine(Command):
    """A person at a desk, on weekdays (0 is Monday) and hours of the estate's local time."""

    staff_id: Key
    role: Role
    desk: Key
    skills: Annotated[tuple[Key, ...], Field(max_length=50)] = ()
    weekdays: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(max_length=7)] = (0, 1, 2, 3, 4, 5, 6)
    from_hour: Hour = 0
    until_hour: Hour = 24
    near: Annotated[tuple[Place, ...], Field(max_length=100)] = ()
    """Where the person's post is: phases (``p1``) and buildings (``p1-3``)."""


class RosterStaff(DatedCommand, Versioned):
    """Lines of an estate's roster."""

    estate_id: Key
    staff: Annotated[tuple[StaffLine, ...], Field(max_length=MOST_LINES)]


class ContractorLine(Command):
    """A contractor: the trades it answers for, where, by which warranty contracts, and how the firm is reached."""

    contractor_id: Key
    trades: Annotated[tuple[Trade, ...], Field(max_length=50)]
    phases: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    """None named: all."""
    buildings: Annotated[tuple[Place, ...], Field(max_length=500)] = ()
    """Of these phases alone these buildings (``p1-3``). None named: all."""
    contract_ids: Annotated[tuple[Key, ...], Field(max_length=100)] = ()
    """Its warranty contracts, as warranty's deposits name them."""
    contacts: Annotated[tuple[Contact, ...], Field(max_length=10)] = ()
    """Of the firm, not of a person: no fact tells them."""


class RegisterContractor(DatedCommand, Versioned):
    """Contractors of an estate."""

    estate_id: Key
    contractors: Annotated[tuple[ContractorLine, ...], Field(max_length=MOST_LINES)]


class WithdrawChange(Versioned):
    """A planned change of the registry is not to begin."""

    change_id: Id


class RetryChange(Versioned):
    """A planned change that was set aside is to hold after all, from now on."""

    change_id: Id


class RecordAbsence(RegistryCommand, Versioned):
    """A person of the roster is away until an instant; the deputy (代理人) acts in their name."""

    estate_id: Key
    staff_id: Key
    from_at: Instant
    until_at: Instant
    deputy_id: Key | None = None
    record_from: Instant | None = None
    """When it is to be recorded, for somebody who comes onto the roster by then. None, or one that is past: now."""


class PriceLine(Command):
    """What one unit of a piece of work costs."""

    work_item: Code
    unit: Code = "piece"
    price_fen: Annotated[Fen, Field(gt=0, le=MOST_FEN)]


class PriceWorks(DatedCommand, Versioned):
    """Prices of a region's price library (价格库)."""

    region_id: Key
    works: Annotated[tuple[PriceLine, ...], Field(max_length=MOST_LINES)]
