"""What becomes of one ticket when somebody has joined or is back who may fit (DSP-08, DSP-19, DSP-20).

Work that was given to the next level's pool, or to nobody, for want of somebody goes to who fits now; whoever does it
already and fits keeps it. A case whose owner is missing gets one, a crisis without a commander too, and whoever must
know of it is told; an office is asked again where others may sign for it now. No clock is touched but that of passing
on, where the case had nobody.
"""

from collections.abc import Iterable
from dataclasses import replace

from linli_rulebook.decision import Decision

from linli_dispatch.domain.approvals.approving import ask_again
from linli_dispatch.domain.assigning.assigning import give
from linli_dispatch.domain.assigning.routing import has_skill, is_on_duty
from linli_dispatch.domain.assigning.succession import find_owner, route_anew, succeed_commander
from linli_dispatch.domain.crises.crisis_notices import tell_who_came
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.notices.telling import tell_staff_who_came
from linli_dispatch.domain.turn import Turn


def fill_all(workload: Workload, turns: Iterable[Turn]) -> tuple[Decision, int]:
    """Every ticket of a round; how many changed. ``turns`` see the counters as they go on here."""
    decided, moved = Decision(), 0
    for turn in turns:
        turn.workload = workload
        if fill(turn):
            workload = turn.workload
            decided += turn.decision()
            moved += 1
    return decided, moved


def fill(turn: Turn) -> bool:
    """Gives the places in the case that are empty, or held for want of somebody, to who fits; False: none changed."""
    ticket = turn.ticket
    if ticket.in_hand and ticket.short:
        _give_work(turn)
    if turn.ticket.owner_missing:
        find_owner(turn)
    crisis = turn.ticket.crisis
    if crisis is not None and crisis.running:
        if crisis.commander_id is None:
            succeed_commander(turn, crisis, "somebody_came")
        tell_who_came(turn, turn.ticket.crisis or crisis)
    tell_staff_who_came(turn)
    ask_again(turn, "somebody_came")
    return turn.ticket is not turn.known


def _give_work(turn: Turn) -> None:
    ticket = turn.ticket
    if _handler_fits(turn):
        turn.change(short=False)
        turn.because("DSP-08", "shortage over: who has it fits", {"handler_id": ticket.handler_id})
        return
    choice = route_anew(turn)
    if choice.shortage:
        return
    give(turn, turn.terms.desk(ticket.desk), replace(choice, reasons=("somebody_came", *choice.reasons)))
    if turn.ticket.passed_on_at != ticket.passed_on_at:
        wind(turn)
    facts = {"from": ticket.handler_id, "to": turn.ticket.handler_id}
    turn.because("DSP-08", "shortage over: given to who fits", facts)


def _handler_fits(turn: Turn) -> bool:
    """Whether whoever has it is of its desk, at work now, able, and not over the limit with it."""
    ticket, estate, terms = turn.ticket, turn.estate, turn.terms
    if ticket.handler_id is None or turn.workload.of(ticket.handler_id) > terms.load_limit:
        return False
    return any(
        line.desk == ticket.desk and has_skill(line, ticket.trade) and is_on_duty(line, estate, terms, turn.at)
        for line in estate.lines_of(ticket.handler_id)
    )
