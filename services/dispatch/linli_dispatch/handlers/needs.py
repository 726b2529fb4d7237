"""What each input needs loaded, and whose organisation a command touches."""

from collections.abc import Iterable

from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_contracts.events.intake import (
    ComplaintAmended,
    ComplaintGraded,
    ComplaintReceived,
    ComplaintsLinked,
    ComplaintUnlinked,
    ComplaintWithdrawn,
)
from linli_contracts.events.warranty import CoverageAnswered
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Facts, Ref
from linli_rulebook.decision import Timer

from linli_dispatch import commands, place_commands, service_commands
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.deadlines.clock_table import STEP_CLOCK
from linli_dispatch.domain.group.places import ComingEstate, Estate, Home, Workload
from linli_dispatch.domain.repairs.repair_records import PhaseRecords
from linli_dispatch.domain.storms.usual import Usual
from linli_dispatch.domain.ticket import Ticket


def case_and_estate(case_id: str) -> tuple[Ref, ...]:
    """A ticket, the roster it is escalated to, the counters it is counted in."""
    estate_id = key_of(case_id)
    return (Ticket, case_id), (Estate, estate_id), (Workload, estate_id)


def needs_of_command(command: commands.OnTicket) -> tuple[Ref, ...]:
    """A command about a ticket."""
    return case_and_estate(command.case_id)


def needs_of_completing(command: commands.OnTicket) -> tuple[Ref, ...]:
    """The work may be done by it: the counters of the estate's steps besides (DSP-17)."""
    return *case_and_estate(command.case_id), (StepRecord, key_of(command.case_id))


def needs_of_callback(event: CallbackCompleted | CustomerUnreachable) -> tuple[Ref, ...]:
    """Likewise, for whether the customer is satisfied."""
    return *case_and_estate(event.case_id), (StepRecord, key_of(event.case_id))


def needs_of_received(event: ComplaintReceived) -> tuple[Ref, ...]:
    """What is usual at the estate (DSP-09), and the home, for the grading that follows mostly in the same batch."""
    home: tuple[Ref, ...] = ((Home, event.home_id),) if event.home_id else ()
    return (*case_and_estate(event.case_id), (PhaseRecords, event.estate_id), (Usual, event.estate_id), *home)


def needs_of_graded(event: ComplaintGraded | ComplaintAmended) -> tuple[Ref, ...]:
    """A grading, or other facts: the ticket, and the counts of its estate's phases, for a case that is a repair now."""
    return (*case_and_estate(event.case_id), (PhaseRecords, key_of(event.case_id)))


def needs_of_linked(event: ComplaintsLinked) -> tuple[Ref, ...]:
    """The case and its followers."""
    return (*case_and_estate(event.case_id), *((Ticket, case_id) for case_id in event.linked_case_ids))


def needs_of_unlinked(event: ComplaintUnlinked) -> tuple[Ref, ...]:
    """The case and the one that goes its own way."""
    return (*case_and_estate(event.case_id), (Ticket, event.unlinked_case_id))


def needs_of_case(
    event: ComplaintWithdrawn | CoverageAnswered,
) -> tuple[Ref, ...]:
    """An event about a ticket."""
    return case_and_estate(event.case_id)


def needs_of_clock(ticket: Ticket, timer: Timer) -> tuple[Ref, ...]:
    """Besides the ticket itself: the roster, and the counters; those of the steps too where one runs out."""
    counters: tuple[Ref, ...] = ((StepRecord, ticket.estate_id),) if timer.clock == STEP_CLOCK else ()
    return *case_and_estate(ticket.id)[1:], *counters


def needs_of_homes(command: place_commands.RegisterHomes) -> Iterable[Ref]:
    """The estate, the counts of its phases, and every home of the list."""
    return (
        (Estate, command.estate_id),
        (PhaseRecords, command.estate_id),
        *((Home, line.home_id) for line in command.homes),
    )


def org_of_ticket(facts: Facts, command: commands.OnTicket) -> str | None:
    """The organisation a ticket belongs to: its estate's."""
    estate = facts.get(Estate, key_of(command.case_id))
    return estate.organisation if estate else None


def organisation_of(facts: Facts, estate_id: str) -> str | None:
    """The organisation of an estate, or of one that is to come; None: there is neither."""
    estate = facts.get(Estate, estate_id) or facts.get(ComingEstate, estate_id)
    return estate.organisation if estate else None


def org_of_estate(
    facts: Facts,
    command: place_commands.RegisterHomes
    | place_commands.RosterStaff
    | place_commands.RegisterContractor
    | place_commands.RecordAbsence
    | service_commands.OfferServices
    | commands.DeclareStorm,
) -> str | None:
    """The organisation of the estate that a command names."""
    return organisation_of(facts, command.estate_id)


def org_of_new_estate(facts: Facts, command: place_commands.RegisterEstate) -> str | None:
    """Where the estate is to be; to move one that is registered, or to come, takes a token of the whole group."""
    wanted = f"group/{command.region_id}/{command.project_id}/{command.estate_id}"
    return wanted if organisation_of(facts, command.estate_id) in {None, wanted} else None


def org_of_region(
    facts: Facts, command: place_commands.PriceWorks | commands.DeclareRegionStorm | commands.EndRegionStorm
) -> str | None:
    """A region's own."""
    return f"group/{command.region_id}"
