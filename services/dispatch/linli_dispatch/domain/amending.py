"""What a request is about turned out otherwise (INT-02, INT-05): the case goes on as what it is now.

Its desk, its blueprint, warranty's question and its deadlines follow; the order of a contractor that has not come is
taken back (`repairs/recalling.py`). What somebody has under way stays for now: the kind and trade about which warranty
is asked or on which a contractor works, and the desk of a storm's work order that somebody was sent to.
Kind and trade are made up for as soon as nobody has them under way any more: when warranty has answered, else with the
next round, else when the case is closed. An answer about what the case no longer is calls nobody.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from linli_contracts.events.intake import RequestFacts
from linli_contracts.events.warranty import CoverageAnswered

from linli_dispatch.domain.assigning.assigning import assign
from linli_dispatch.domain.blueprints.starting import change_course
from linli_dispatch.domain.deadlines.clocks import count_anew, drop, wind
from linli_dispatch.domain.deadlines.opinion import owe_opinion
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.notices.paging import call_off, page
from linli_dispatch.domain.repairs.inspecting import await_inspection, spare_inspection
from linli_dispatch.domain.repairs.recalling import recall
from linli_dispatch.domain.repairs.repair import ask_coverage, asks_coverage, call_liable, follow_coverage, is_awaited
from linli_dispatch.domain.repairs.reporting import report_quality_claim
from linli_dispatch.domain.storms.gathering import Gathering, follow_danger, leave_order
from linli_dispatch.domain.terms import Desk
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

_SETTLED_BY_WARRANTY: Final = frozenset({"kind", "trade"})
_WITH_WARRANTY: Final = frozenset({"coverage_asked", "contractor_notified"})


def follow_amendment(turn: Turn, is_now: RequestFacts, storm: Gathering | None) -> None:
    """Takes over the corrected facts; those that are known already change nothing. Not for a closed case.

    ``storm``: the one whose work order serves the case, with that, if any does.
    """
    ticket = turn.ticket
    differing = {name: value for name, value in is_now if value != getattr(ticket, name)}
    if differing.keys() & _SETTLED_BY_WARRANTY and ticket.status == "contractor_notified":
        recall(turn)
    later = {name: value for name, value in differing.items() if name in _under_way(turn.ticket)}
    if later != ticket.amended_later:
        turn.change(amended_later=later)
        if later:
            turn.because("INT-02", "amended, but what is under way stays", {"stays": sorted(later)})
    changed = {name: value for name, value in differing.items() if name not in later}
    if changed:
        _take_over(turn, changed, storm)


def make_up(turn: Turn) -> None:
    """Takes over what was corrected while warranty or a contractor had the case, if anything was."""
    later = turn.ticket.amended_later
    if later:
        turn.change(amended_later={})
        _take_over(turn, later)


def follow_answer(turn: Turn, answer: CoverageAnswered) -> None:
    """Warranty's answer; where the case is another by now, it calls nobody: warranty is asked anew, or not at all."""
    ticket = turn.ticket
    if not ticket.amended_later or not is_awaited(ticket, answer):
        follow_coverage(turn, answer)
        return
    turn.change(status=after(ticket.status, "coverage_answered"))
    turn.because("INT-02", "answer is about what the case no longer is", {"covered": answer.covered})
    make_up(turn)
    wind(turn)


def _take_over(turn: Turn, changed: Mapping[str, object], storm: Gathering | None = None) -> None:
    ticket, terms = turn.ticket, turn.terms
    turn.change(**changed)
    turn.because("INT-02", "facts amended", changed)
    before = terms.responsible_desk(ticket.kind, ticket.category)
    desk = terms.responsible_desk(turn.ticket.kind, turn.ticket.category)
    moves = desk.name not in {before.name, ticket.desk}
    if ticket.status == "completed" and moves:
        # Whoever answers for it now gets its next round, if there is one (`callbacks.py`).
        turn.change(desk=desk.name)
    if not ticket.in_hand:
        return
    if changed.keys() & {"kind", "subcategory"}:
        change_course(turn)
    if "kind" in changed:
        # What came as feedback is still to be answered, whatever it turns out to be (INT-09).
        says = terms.is_feedback(turn.ticket.kind, ticket.channel, member=ticket.member)
        turn.change(feedback=ticket.feedback or says)
    leave_order(turn, ticket, moves=moves)
    _ask_warranty(turn, ticket)
    count_anew(turn, "passing_on", "age_level_2", "age_level_1")
    _follow_hands(turn, ticket, desk if moves and turn.ticket.storm_order_id is None else None, storm)
    owe_opinion(turn)
    wind(turn)
    call_liable(turn)
    if changed.keys() & {"kind", "category"}:
        report_quality_claim(turn)


def _follow_hands(turn: Turn, before: Ticket, moves_to: Desk | None, storm: Gathering | None) -> None:
    """Who has the case now, and who is paged: another desk gets it, or, if it left a storm's work order, its own."""
    ticket = turn.ticket
    if before.emergency and not ticket.emergency:
        call_off(turn, stays=moves_to is None)
    endangered = ticket.emergency and not before.emergency
    if moves_to is not None:
        _redirect(turn, moves_to)
    elif ticket.storm_order_id != before.storm_order_id:
        desk = turn.terms.desk(ticket.desk)
        assign(turn, desk, served_by=turn.home.known_to(desk.name) if turn.home else None)
    elif endangered and (storm is None or ticket.handler_id is not None):
        page(turn)
    if storm is not None and ticket.storm_order_id is not None and ticket.emergency != before.emergency:
        # One that waits is assigned with that, which pages.
        follow_danger(turn, storm)


def _under_way(ticket: Ticket) -> AbstractSet[str]:
    return _SETTLED_BY_WARRANTY if ticket.status in _WITH_WARRANTY else frozenset()


def _ask_warranty(turn: Turn, before: Ticket) -> None:
    """Asked when the case first has a trade, and anew about another one; never before it has answered (WAR-02)."""
    ticket = turn.ticket
    if (ticket.kind, ticket.trade) != (before.kind, before.trade):
        turn.change(liable=None)
    if ticket.owes_inspection and not before.owes_inspection:
        await_inspection(turn)
    spare_inspection(turn)
    if asks_coverage(ticket) and (not asks_coverage(before) or ticket.trade != before.trade):
        turn.change(status=after(ticket.status, "amended_with_coverage_asked"))
        ask_coverage(turn)


def _redirect(turn: Turn, desk: Desk) -> None:
    """Another desk is responsible, which gets its own handler; its passing on counts from now, if the desk of before
    has the request in its hands: that was kept (assumed).
    """
    ticket = turn.ticket
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
