"""A storm begins: the requests of its cause that came before it was declared join it (DSP-09)."""

from collections.abc import Iterable

from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts
from linli_rulebook.decision import Decision, More

from linli_dispatch.domain.group.places import Estate, Home, Workload
from linli_dispatch.domain.storms.earlier import belongs
from linli_dispatch.domain.storms.gathering import Gathering, gather_earlier, place_of
from linli_dispatch.domain.storms.storm import Storm, StormOrder
from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers.turning import turn_of


def with_earlier(
    facts: Facts, estate: Estate, declared: Decision, cases: Iterable[str], ctx: Context, terms: StormTerms
) -> Decision | More:
    """The decision that a storm is declared, with the tickets that join it: of ``cases`` those that belong to it.

    They join in the order of their receipt. Asks for the tickets first, then for their homes.
    """
    storm = next(state for state in declared.save if isinstance(state, Storm))
    workload = next(state for state in declared.save if isinstance(state, Workload))
    missing = not_loaded(facts, ((Ticket, case_id) for case_id in cases))
    if missing:
        return More(missing)
    known = (facts.get(Ticket, case_id) for case_id in cases)
    found = (ticket for ticket in known if ticket is not None and belongs(ticket, storm.cause, terms))
    tickets = sorted(found, key=lambda ticket: (ticket.received_at, ticket.id))
    missing = not_loaded(facts, {(Home, ticket.home_id): None for ticket in tickets if ticket.home_id is not None})
    if missing:
        return More(missing)
    into = Gathering(storm, None, terms)
    homes: dict[str, Home | None] = {}
    orders: dict[str, StormOrder | None] = {}
    for ticket in tickets:
        turn = turn_of(facts, ticket, estate, ctx)
        turn.workload = workload
        if ticket.home_id is not None:
            turn.home = homes.get(ticket.home_id) or facts.get(Home, ticket.home_id)
        desk = turn.terms.desk(ticket.desk)
        into.order = orders.get(into.storm.gathering.get(place_of(ticket, desk, turn.home), ""))
        gather_earlier(turn, desk, into)
        workload = turn.workload
        if into.order is not None:
            orders[into.order.id] = into.order
        if turn.home is not None:
            homes[turn.home.id] = turn.home
        declared += turn.decision()
    return declared
