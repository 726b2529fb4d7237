"""The registry of estates, homes, rosters and contractors (ORG-01, DSP-08); what is known is not told again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from linli_contracts.event import Event
from linli_contracts.events.dispatch import (
    AbsenceRecorded,
    ContractorRegistered,
    EstateRegistered,
    HomesRegistered,
    RegisteredHome,
    StaffRostered,
    WorkPriced,
)
from linli_rulebook.decision import Because, Decision, Refusal, State

from linli_dispatch.domain.assigning.filling import Filling
from linli_dispatch.domain.assigning.handover import Handover, handover_of
from linli_dispatch.domain.group.places import (
    Absence,
    ComingEstate,
    Contractor,
    Estate,
    Home,
    PricedWork,
    PriceLibrary,
    Staff,
)
from linli_dispatch.domain.refusals import ABSENCE_ENDS_FIRST, UNKNOWN_STAFF
from linli_dispatch.domain.repairs.repair_records import PhaseRecords

HOMES_IN_A_FACT: Final = 250
"""With the longest names there are a third of a megabyte: below what a fact may have (promise 1)."""


def register_estate(known: Estate | None, coming: ComingEstate | None, wanted: Estate, now: datetime) -> Decision:
    """A new estate, or one whose place, name or kind changed; its roster and contractors stay.

    One that was to come takes over what is planned for it.
    """
    before: tuple[State, ...] = ()
    if known is not None:
        kept = ("staff", "contractors", "absences", "planned", "begun")
        wanted = wanted.model_copy(update={name: getattr(known, name) for name in kept})
    elif coming is not None:
        wanted = wanted.model_copy(update={"planned": coming.planned, "begun": coming.begun})
        before = (coming.model_copy(update={"planned": ()}),)
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
    return _changed(wanted.id, 1, save=(*before, wanted), events=(told,))


def register_homes(
    estate: Estate, records: PhaseRecords, known: Iterable[Home | None], wanted: Iterable[Home]
) -> Decision:
    """Homes that are new or changed; what a home knows of itself stays. ``known`` is in the order of ``wanted``."""
    changed: list[Home] = []
    moves: list[tuple[str | None, str]] = []
    for before, home in zip(known, wanted, strict=True):
        after = home.learnt_by(before)
        moves.append((before.phase if before else None, home.phase))
        if after != before:
            changed.append(after)
    counted = records.moved(moves)
    told = tuple(
        HomesRegistered(
            estate_id=estate.id,
            homes=tuple(_registered(home) for home in changed[start : start + HOMES_IN_A_FACT]),
        )
        for start in range(0, len(changed), HOMES_IN_A_FACT)
    )
    moved = (counted,) if counted is not records else ()
    return _changed(estate.id, len(changed), save=(*changed, *moved), events=told)


def roster_staff(
    estate: Estate,
    wanted: Iterable[Staff],
    now: datetime,
    handover_known: Callable[[str], Handover | None],
    filling: Filling,
) -> Decision:
    """Lines of the roster, one for each person at each desk; the others stay.

    No weekdays: the person leaves that desk, and their open work there is handed over at once (DSP-19). Whoever is new
    at one, or can do more there, is given what waits for want of somebody (DSP-08).
    """
    roster = {(staff.staff_id, staff.desk): staff for staff in estate.staff}
    changed = [staff for staff in wanted if roster.get((staff.staff_id, staff.desk)) != staff]
    if not changed:
        return _changed(estate.id, 0)
    roster |= {(staff.staff_id, staff.desk): staff for staff in changed}
    told = tuple(StaffRostered(estate_id=estate.id, rostered_at=now, **staff.model_dump()) for staff in changed)
    after = estate.model_copy(update={"staff": tuple(roster.values())})
    left: dict[str, tuple[str, ...]] = {}
    for staff in changed:
        if not staff.weekdays:
            left[staff.staff_id] = (*left.get(staff.staff_id, ()), staff.desk)
    begun = (
        handover_of(handover_known(staff_id), estate.id, staff_id, "roster").begun(now, desks)
        for staff_id, desks in left.items()
    )
    joined = any(staff.weekdays for staff in changed)
    expected = (filling.expecting(after, now, joined=True),) if joined else ()
    return _changed(estate.id, len(changed), save=(after, *begun, *expected), events=told)


def register_contractors(estate: Estate, wanted: Iterable[Contractor], now: datetime) -> Decision:
    """Contractors of the estate, new or changed; the others stay. Their contacts are told to nobody (INT-13)."""
    known = {one.contractor_id: one for one in estate.contractors}
    changed = [one for one in wanted if known.get(one.contractor_id) != one]
    if not changed:
        return _changed(estate.id, 0)
    known |= {one.contractor_id: one for one in changed}
    told = tuple(
        ContractorRegistered(estate_id=estate.id, registered_at=now, **one.model_dump(exclude={"contacts"}))
        for one in changed
    )
    after = estate.model_copy(update={"contractors": tuple(known.values())})
    return _changed(estate.id, len(changed), save=(after,), events=told)


def record_absence(
    estate: Estate, absence: Absence, now: datetime, handover: Handover | None, filling: Filling
) -> Decision | Refusal:
    """Somebody of the roster is away; their deputy acts in their name (DSP-20). The person's last absence counts.

    From its first instant on, or from now if that is past, their open work is handed over (DSP-19); when they are back,
    they are given what waits for want of somebody (DSP-08).
    """
    people = {one.staff_id for one in estate.staff}
    if absence.staff_id not in people or (absence.deputy_id is not None and absence.deputy_id not in people):
        return UNKNOWN_STAFF
    if absence.deputy_id == absence.staff_id:
        return UNKNOWN_STAFF
    if not (absence.from_at < absence.until_at and absence.until_at > now):
        return ABSENCE_ENDS_FIRST
    if absence in estate.absences:
        return _changed(estate.id, 0)
    others = (one for one in estate.absences if one.until_at > now and one.staff_id != absence.staff_id)
    told = AbsenceRecorded(estate_id=estate.id, recorded_at=now, **absence.model_dump())
    after = estate.model_copy(update={"absences": (*others, absence)})
    known = handover_of(handover, estate.id, absence.staff_id, "absence")
    back = estate.absence_of(absence.staff_id, now) is not None and after.absence_of(absence.staff_id, now) is None
    begun, expected = known.begun(max(absence.from_at, now)), filling.expecting(after, now, joined=back)
    return _changed(estate.id, 1, save=(after, begun, expected), events=(told,))


def price_works(known: PriceLibrary, wanted: Mapping[str, tuple[str, int]], now: datetime) -> Decision:
    """Prices (unit, fen) of a region by piece of work, new or changed; the others stay (DSP-14)."""
    changed = {
        item: PricedWork(unit=unit, price_fen=price_fen, priced_at=now)
        for item, (unit, price_fen) in wanted.items()
        if item not in known.works or (known.works[item].unit, known.works[item].price_fen) != (unit, price_fen)
    }
    answer = {"region_id": known.id, "changed": len(changed)}
    if not changed:
        return Decision(answer=answer)
    told = tuple(
        WorkPriced(region_id=known.id, work_item=item, unit=work.unit, price_fen=work.price_fen, priced_at=now)
        for item, work in changed.items()
    )
    after = known.model_copy(update={"works": {**known.works, **changed}})
    because = (Because("DSP-14", "priced", known.id, facts={"changed": len(changed)}),)
    return Decision(save=(after,), events=told, because=because, answer=answer)


def _registered(home: Home) -> RegisteredHome:
    return RegisteredHome(
        home_id=home.id,
        phase=home.phase,
        building=home.building,
        handed_over_on=home.handed_over_on,
        occupied=home.occupied,
        top_floor=home.top_floor,
    )


def _changed(estate_id: str, count: int, save: tuple[State, ...] = (), events: tuple[Event, ...] = ()) -> Decision:
    because = (Because("ORG-01", "registered", estate_id, facts={"changed": count}),) if count else ()
    return Decision(save=save, events=events, because=because, answer={"estate_id": estate_id, "changed": count})
