"""What a request is about turned out otherwise (INT-02, INT-05): the case goes on as what it is now.

Its desk, its blueprint, warranty's question and its deadlines follow. What somebody has under way stays: the kind and
trade about which warranty is asked or for which a contractor is called, and the desk of a storm's work order.
"""

from collections.abc import Set as AbstractSet
from typing import Final

from linli_contracts.events.intake import RequestFacts

from linli_dispatch.domain.assigning.assigning import assign
from linli_dispatch.domain.blueprints.starting import change_course
from linli_dispatch.domain.deadlines.clocks import count_anew, drop, wind
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.repairs.repair import ask_coverage, asks_coverage
from linli_dispatch.domain.repairs.reporting import report_quality_claim
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

_SETTLED_BY_WARRANTY: Final = frozenset({"kind", "trade"})
_WITH_WARRANTY: Final = frozenset({"coverage_asked", "contractor_notified"})


def follow_amendment(turn: Turn, is_now: RequestFacts) -> None:
    """Takes over the corrected facts; those that are known already change nothing. Not for a closed case."""
    ticket = turn.ticket
    differing = {name: value for name, value in is_now if value != getattr(ticket, name)}
    kept = _under_way(ticket) & differing.keys()
    changed = {name: value for name, value in differing.items() if name not in kept}
    if kept:
        turn.because("INT-02", "amended, but what is under way stays", {"stays": sorted(kept)})
    if not changed:
        return
    turn.change(**changed)
    turn.because("INT-02", "facts amended", changed)
    if not ticket.in_hand:
        return
    terms = turn.terms
    if changed.keys() & {"kind", "subcategory"}:
        change_course(turn)
    if "kind" in changed:
        # What came as feedback is still to be answered, whatever it turns out to be (INT-09).
        turn.change(feedback=ticket.feedback or (turn.ticket.kind, ticket.channel) in terms.online_feedback)
    _ask_warranty(turn, ticket)
    count_anew(turn, "passing_on", "age_level_2", "age_level_1")
    before = terms.responsible_desk(ticket.kind, ticket.category)
    desk = terms.responsible_desk(turn.ticket.kind, turn.ticket.category)
    if desk.name not in {before.name, ticket.desk} and ticket.storm_order_id is None:
        _redirect(turn, desk.name)
    wind(turn)
    if changed.keys() & {"kind", "category"}:
        report_quality_claim(turn)


def _under_way(ticket: Ticket) -> AbstractSet[str]:
    return _SETTLED_BY_WARRANTY if ticket.status in _WITH_WARRANTY else frozenset()


def _ask_warranty(turn: Turn, before: Ticket) -> None:
    """Warranty answers about one trade a round: it is asked when the case first has one (WAR-02)."""
    if asks_coverage(turn.ticket) and not asks_coverage(before):
        turn.change(status=after(before.status, "amended_with_coverage_asked"))
        ask_coverage(turn)


def _redirect(turn: Turn, desk_name: str) -> None:
    """Another desk is responsible, which gets its own handler; its passing on counts from now, if the desk of before
    has the request in its hands: that was kept (assumed).
    """
    ticket, desk = turn.ticket, turn.terms.desk(desk_name)
    drop(turn, "department_answer")
    if ticket.passed_on_at is not None:
        turn.change(redirected_at=turn.at, redirected=ticket.redirected + 1)
    turn.change(
        desk=desk.name,
        complex=ticket.complex or desk.department,
        passed_on_at=None,
        answer_from=None,
        answered_at=None,
    )
    assign(turn, desk, served_by=ticket.handler_id)
