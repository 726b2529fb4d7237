"""Registering estates, homes, rosters and contractors."""

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts
from linli_rulebook import PolicyBook, PolicyFileError
from linli_rulebook.decision import Outcome

from linli_dispatch import place_commands
from linli_dispatch.domain import refusals
from linli_dispatch.domain.assigning.filling import Filling, filling_id, filling_of
from linli_dispatch.domain.assigning.handover import Handover, handover_id
from linli_dispatch.domain.group import registry
from linli_dispatch.domain.group.places import Absence, ComingEstate, Contractor, Estate, Home, PriceLibrary, Staff
from linli_dispatch.domain.repairs.repair_records import PhaseRecords


def handle_register_estate(facts: Facts, command: place_commands.RegisterEstate, ctx: Context) -> Outcome:
    """Registers an estate, in the region that the policy says it is in, if it says so."""
    if not _agrees(ctx.policies, command):
        return refusals.OTHER_REGION
    wanted = Estate(id=command.estate_id, **command.model_dump(exclude={"estate_id", "from_at", "import_id"}))
    known = facts.get(Estate, wanted.id)
    coming = None if known else facts.get(ComingEstate, wanted.id)
    return registry.register_estate(known, coming, wanted, ctx.now)


def _agrees(policies: PolicyBook, command: place_commands.RegisterEstate) -> bool:
    try:
        for version in policies.versions:
            policies.policy(version, region=command.region_id, estate=command.estate_id)
    except PolicyFileError:
        return False
    return True


def handle_register_homes(facts: Facts, command: place_commands.RegisterHomes, ctx: Context) -> Outcome:
    """Registers homes; one id of another estate refuses the whole list."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    if any(key_of(line.home_id) != estate.id for line in command.homes):
        return refusals.FOREIGN_ID
    wanted = {line.home_id: _home(line) for line in command.homes}
    records = facts.get(PhaseRecords, estate.id) or PhaseRecords(id=estate.id)
    return registry.register_homes(estate, records, (facts.get(Home, home_id) for home_id in wanted), wanted.values())


def _home(line: place_commands.HomeLine) -> Home:
    return Home(
        id=line.home_id,
        phase=line.phase,
        building=line.building,
        handed_over_on=line.handed_over_on,
        occupied=line.occupied,
        top_floor=line.top_floor,
    )


def handle_roster_staff(facts: Facts, command: place_commands.RosterStaff, ctx: Context) -> Outcome:
    """Rosters staff."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    wanted = (Staff(**line.model_dump()) for line in command.staff)

    def known(staff_id: str) -> Handover | None:
        return facts.get(Handover, handover_id(estate.id, staff_id, "roster"))

    return registry.roster_staff(estate, wanted, ctx.now, known, _filling(facts, estate))


def handle_register_contractors(facts: Facts, command: place_commands.RegisterContractor, ctx: Context) -> Outcome:
    """Registers contractors."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    wanted = (Contractor(**line.model_dump()) for line in command.contractors)
    return registry.register_contractors(estate, wanted, ctx.now)


def handle_record_absence(facts: Facts, command: place_commands.RecordAbsence, ctx: Context) -> Outcome:
    """Somebody is away."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    known = facts.get(Handover, handover_id(estate.id, command.staff_id, "absence"))
    absence = Absence(**command.model_dump(exclude={"estate_id", "record_from", "import_id"}))
    return registry.record_absence(estate, absence, ctx.now, known, _filling(facts, estate))


def _filling(facts: Facts, estate: Estate) -> Filling:
    return filling_of(facts.get(Filling, filling_id(estate.id)), estate.id)


def handle_price_works(facts: Facts, command: place_commands.PriceWorks, ctx: Context) -> Outcome:
    """Fills the price library."""
    known = facts.get(PriceLibrary, command.region_id) or PriceLibrary(id=command.region_id)
    wanted = {line.work_item: (line.unit, line.price_fen) for line in command.works}
    return registry.price_works(known, wanted, ctx.now)
