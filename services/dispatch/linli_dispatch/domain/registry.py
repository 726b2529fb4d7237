"""The registry of estates, homes, rosters and contractors (ORG-01, DSP-08); what is known is not told again."""

from collections.abc import Iterable
from datetime import datetime

from linli_contracts.event import Event
from linli_contracts.events.dispatch import ContractorRegistered, EstateRegistered, HomeRegistered, StaffRostered
from linli_rulebook.decision import Because, Decision

from linli_dispatch.domain.places import Contractor, Estate, Home, Staff


def register_estate(known: Estate | None, wanted: Estate, now: datetime) -> Decision:
    """A new estate, or one whose place, name or kind changed; its roster and contractors stay."""
    if known is not None:
        wanted = wanted.model_copy(update={"staff": known.staff, "contractors": known.contractors})
    if wanted == known:
        return _changed(known.id, 0)
    told = EstateRegistered(
        estate_id=wanted.id,
        region_id=wanted.region_id,
        project_id=wanted.project_id,
        name=wanted.name,
        kind=wanted.kind,
        zone=wanted.zone,
        registered_at=now,
    )
    return _changed(wanted.id, 1, save=(wanted,), events=(told,))


def register_homes(estate: Estate, known: Iterable[Home | None], wanted: Iterable[Home]) -> Decision:
    """Homes that are new or changed; who served a home stays. ``known`` is in the order of ``wanted``."""
    changed: list[Home] = []
    for before, home in zip(known, wanted, strict=True):
        after = home.model_copy(update={"served_by": before.served_by}) if before else home
        if after != before:
            changed.append(after)
    told = tuple(
        HomeRegistered(
            home_id=home.id,
            estate_id=estate.id,
            phase=home.phase,
            building=home.building,
            handed_over_on=home.handed_over_on,
            occupied=home.occupied,
            top_floor=home.top_floor,
        )
        for home in changed
    )
    return _changed(estate.id, len(changed), save=tuple(changed), events=told)


def roster_staff(estate: Estate, wanted: Iterable[Staff], now: datetime) -> Decision:
    """Lines of the roster, one for each person at each desk; the others stay. No weekdays: off the roster's duty."""
    roster = {(staff.staff_id, staff.desk): staff for staff in estate.staff}
    changed = [staff for staff in wanted if roster.get((staff.staff_id, staff.desk)) != staff]
    if not changed:
        return _changed(estate.id, 0)
    roster |= {(staff.staff_id, staff.desk): staff for staff in changed}
    told = tuple(StaffRostered(estate_id=estate.id, rostered_at=now, **staff.model_dump()) for staff in changed)
    after = estate.model_copy(update={"staff": tuple(roster.values())})
    return _changed(estate.id, len(changed), save=(after,), events=told)


def register_contractors(estate: Estate, wanted: Iterable[Contractor], now: datetime) -> Decision:
    """Contractors of the estate, new or with other trades or phases; the others stay."""
    known = {one.contractor_id: one for one in estate.contractors}
    changed = [one for one in wanted if known.get(one.contractor_id) != one]
    if not changed:
        return _changed(estate.id, 0)
    known |= {one.contractor_id: one for one in changed}
    told = tuple(ContractorRegistered(estate_id=estate.id, registered_at=now, **one.model_dump()) for one in changed)
    after = estate.model_copy(update={"contractors": tuple(known.values())})
    return _changed(estate.id, len(changed), save=(after,), events=told)


def _changed(
    estate_id: str, count: int, save: tuple[Estate | Home, ...] = (), events: tuple[Event, ...] = ()
) -> Decision:
    because = (Because("ORG-01", "registered", estate_id, facts={"changed": count}),) if count else ()
    return Decision(save=save, events=events, because=because, answer={"estate_id": estate_id, "changed": count})
