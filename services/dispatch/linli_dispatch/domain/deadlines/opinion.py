"""Whether the department that has a case owes a written opinion, and since when: by the case's history (DSP-02)."""

from linli_dispatch.domain.deadlines.clocks import drop
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE
from linli_dispatch.domain.turn import Turn


def owe_opinion(turn: Turn) -> None:
    """Call it when the case was passed on, or turned out to be of another level or kind, before the clocks are wound.

    It owes one since it got the form, while the case is of level 3 or 4; what is owed stays so when the level rises. A
    matter with a blueprint is carried out, not judged: nobody owes an opinion about it.
    """
    ticket = turn.ticket
    if not turn.terms.desk(ticket.desk).department or ticket.passed_on_at is None:
        return
    if ticket.course is not None:
        if ticket.answer_from is not None and ticket.answered_at is None:
            drop(turn, "department_answer")
            turn.change(answer_from=None)
    elif ticket.answer_from is None and ticket.level in HANDLED_AT_ONCE:
        turn.change(answer_from=ticket.passed_on_at)
