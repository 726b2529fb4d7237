"""An emergency pages the duty engineer and the manager at once, at any hour (INT-11): an urgent notice (DSP-20).

Paged are whoever handles the case, an engineer on duty where that is none, and the manager of its desk; where that step
is vacant, whoever stands above it. Nobody there is a shortage; whoever comes gets the case, and is paged with that.
The page stands in for the notice of the assignment: whoever handles the case is told of one thing once.
"""

from collections.abc import Iterator
from typing import Final

from linli_contracts.events.dispatch import Role

from linli_dispatch.domain.assigning.routing import choose_handler
from linli_dispatch.domain.deadlines.standing import person_on
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.turn import Turn

ENGINEER: Final[Role] = "repair_engineer"


def page(turn: Turn) -> bool:
    """Pages for a case in hand that is an emergency; the page before it, to whoever had the case, is past.

    Answers whether the handler was paged: they are told of the assignment with that, and of nothing besides.
    """
    ticket = turn.ticket
    if not (ticket.emergency and ticket.in_hand):
        return False
    people = tuple(dict.fromkeys(_whom(turn)))
    tell_staff(turn, "emergency", people, ticket.desk)
    if not people:
        turn.because("INT-11", "nobody to page: a shortage", {"desk": ticket.desk})
    paged = ticket.handler_id in people and ticket.level in turn.terms.notices["emergency"].told
    if paged:
        tell_staff(turn, "assignment", (), ticket.desk)
    return paged


def call_off(turn: Turn, *, stays: bool) -> None:
    """It turned out to be no emergency: nobody has to read the page any more.

    A handler with whom it ``stays`` and who has not read the page is told of the assignment instead; where it goes to
    another desk, whoever gets it is told by that.
    """
    ticket, unread = turn.ticket, page_is_unread(turn)
    tell_staff(turn, "emergency", (), ticket.desk)
    if stays and unread and ticket.handler_id is not None and ticket.in_hand:
        tell_staff(turn, "assignment", (ticket.handler_id,), ticket.desk)


def page_is_unread(turn: Turn) -> bool:
    """Whether whoever handles the case was paged, and nobody has read the page yet."""
    ticket = turn.ticket
    return any(one.kind == "emergency" and ticket.handler_id in one.people for one in ticket.notices)


def _whom(turn: Turn) -> Iterator[str]:
    ticket, terms = turn.ticket, turn.terms
    if ticket.handler_id is not None:
        yield ticket.handler_id
    if ticket.handler_role != ENGINEER:
        repair = terms.responsible_desk("repair", ticket.category)
        choice = choose_handler(ticket, repair, turn.estate, turn.workload, None, turn.home, terms, turn.at)
        if choice.handler is not None:
            yield choice.handler.staff_id
    standing = (person_on(turn, step) for step in terms.ladder if step != "owner")
    manager = next((one for one in standing if one is not None), None)
    if manager is not None:
        yield manager
