"""Who takes a place in a case from somebody who is away or has left, or takes one that is empty (DSP-19, DSP-20).

A case has an owner (INT-04), and a crisis one commander (DSP-01). The deputy (代理人) comes first while they are there,
then whoever the rule names: for the owner whoever handles the case, else whom DSP-08 would choose; for the commander
whoever holds the office, or one above it in the crisis's chain. Each change is told, with its reason on the timeline.
Where nobody is there that is a shortage: the owner stays named, a crisis has no commander, until somebody
comes (`filling_up.py`). Offices with an application before them are `approving.py`'s.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from linli_contracts.events.dispatch import CommandVacated, OwnerChanged, WhyReplaced

from linli_dispatch.domain.assigning.routing import Choice, choose_handler
from linli_dispatch.domain.crises.crisis import command
from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.crises.crisis_notices import people_for
from linli_dispatch.domain.group.offices import LAST_RESORT, deputy_in
from linli_dispatch.domain.group.places import Absence
from linli_dispatch.domain.turn import Turn

BY_RULE: Final = "system"
"""Who names a commander where no person does."""


def succeed_owner(turn: Turn, why: WhyReplaced, absence: Absence | None = None) -> None:
    """Somebody else answers for the case from now on; with nobody there the owner stays named (DSP-19).

    ``absence`` is the owner's, if they are away and not gone.
    """
    ticket = turn.ticket
    deputy = deputy_in(turn.estate, absence, turn.at) if absence else None
    heir = deputy or _who_has_it(turn)
    if heir is None:
        if not ticket.owner_missing:
            turn.change(owner_missing=True)
            turn.because("DSP-19", "nobody to own the case: a shortage", {"owner_id": ticket.owner_id, "why": why})
        return
    turn.change(owner_id=heir, owner_missing=False)
    turn.tell(
        OwnerChanged(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            owner_id=heir,
            previous_id=ticket.owner_id,
            why=why,
            as_deputy=heir == deputy,
            changed_at=turn.at,
        )
    )
    facts = {"from": ticket.owner_id, "to": heir, "why": why, "as_deputy": heir == deputy}
    turn.because("INT-04", "owner changed", facts)


def find_owner(turn: Turn) -> None:
    """Somebody has come: a case whose owner was missing has one again, the same who is back or another (DSP-19)."""
    owner_id = turn.ticket.owner_id
    if turn.estate.lines_of(owner_id) and turn.estate.absence_of(owner_id, turn.at) is None:
        turn.change(owner_missing=False)
        turn.because("DSP-19", "shortage over: the owner is back", {"owner_id": owner_id})
    else:
        succeed_owner(turn, "somebody_came")


def succeed_commander(turn: Turn, crisis: Crisis, why: WhyReplaced, absence: Absence | None = None) -> None:
    """Somebody else commands the running crisis from now on; with nobody there it has no commander (DSP-01)."""
    previous = crisis.commander_id
    deputy = deputy_in(turn.estate, absence, turn.at) if absence else None
    heir = deputy or next((one for one in _leaders(turn, crisis) if one != previous), None)
    if heir is not None:
        command(turn, crisis, heir, BY_RULE, why)
    elif previous is not None:
        ticket = turn.ticket
        turn.change(crisis=replace(crisis, commander_id=None))
        turn.tell(
            CommandVacated(
                case_id=ticket.id,
                estate_id=ticket.estate_id,
                round=ticket.round,
                previous_id=previous,
                why=why,
                vacated_at=turn.at,
            )
        )
        turn.because("DSP-01", "crisis without a commander: a shortage", {"previous_id": previous, "why": why})


def route_anew(turn: Turn) -> Choice:
    """Whom DSP-08 chooses for the case now: at the desk that has it, or that will answer for it once it is graded."""
    ticket, terms = turn.ticket, turn.terms
    desk = terms.desk(ticket.desk) if ticket.desk else terms.responsible_desk(ticket.kind, ticket.category)
    return choose_handler(ticket, desk, turn.estate, turn.workload, None, turn.home, terms, turn.at)


def _who_has_it(turn: Turn) -> str | None:
    """Whoever handles the case and is there; else whoever would be chosen, if anybody."""
    handler = turn.ticket.handler_id
    if handler is not None and turn.estate.lines_of(handler) and turn.estate.absence_of(handler, turn.at) is None:
        return handler
    chosen = route_anew(turn).handler
    return chosen.staff_id if chosen else None


def _leaders(turn: Turn, crisis: Crisis) -> Iterator[str]:
    """Who may be asked to command, the nearest first: of the group where that has taken over."""
    if crisis.with_group_since is not None:
        yield from people_for(turn, LAST_RESORT)
    yield from people_for(turn, turn.terms.crisis_commander)
