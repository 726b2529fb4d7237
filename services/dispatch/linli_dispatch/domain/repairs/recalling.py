"""The wrong contractor was called: the trade or kind of a repair is corrected after the notice (INT-02, DSP-10).

Whoever has not come yet is told at once that the order is not theirs any more: its clocks end, neither kept nor missed,
what was before the offices about it is withdrawn, and warranty is asked anew about what it really is; nothing is
recovered from them. Who has come, or was entrusted in the first one's place at an approved price (which is recovered
already, and may be disputed, WAR-04), keeps the order, for somebody works on the spot: the property service manager is
told (DSP-13), and what was corrected holds from the next round on (`amending.py`).
"""

from typing import Final

from linli_contracts.events.dispatch import Clock, OrderRecalled

from linli_dispatch.domain.approvals.approving import finish
from linli_dispatch.domain.deadlines.clocks import drop
from linli_dispatch.domain.lifecycle import after
from linli_dispatch.domain.repairs.reporting import report
from linli_dispatch.domain.turn import Turn

_OF_THE_ORDER: Final[tuple[Clock, ...]] = ("arrival", "reentrust_lateness", "reentrust_over_limit", "overdue_report")


def recall(turn: Turn) -> None:
    """The repair turned out to be another trade's, or none: takes the order back, or reports that it is too late.

    Call it before what was corrected is taken over, which winds the clocks.
    """
    ticket, order = turn.ticket, turn.ticket.order
    if order is None or ticket.trade is None:
        return
    facts = {"contractor_id": order.performer_id, "trade": ticket.trade}
    if order.arrived_at is not None or order.replacement_id is not None:
        report(turn, "wrong_contractor_came", **facts)
        return
    application = ticket.application("reentrusting")
    if application is not None and application.pending:
        finish(turn, application, "withdrawn", application.proposer, None, "order_recalled")
    drop(turn, *_OF_THE_ORDER)
    turn.change(
        status=after(ticket.status, "order_recalled"),
        order=None,
        orders_recalled=ticket.orders_recalled + 1,
        free_of_charge=False,
    )
    turn.tell(
        OrderRecalled(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            order_id=order.order_id,
            contractor_id=order.contractor_id,
            trade=ticket.trade,
            recalled_at=turn.at,
        )
    )
    turn.because("DSP-10", "order taken back: another contractor's trade, or none", facts)
