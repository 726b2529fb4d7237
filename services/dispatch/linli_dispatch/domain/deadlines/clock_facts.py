"""From which fact of a ticket a clock counts, by the names that the policy uses for the fact that starts and stops it.

Each answers with the instant of the fact that started the clock, or None while it has not, or what stops it is there.
Pure; which clock counts from which is the policy's (`clocks.toml`, read by `clock_table.py`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, get_args

from linli_contracts.events.dispatch import ApplicationKind

from linli_dispatch.domain.ticket import Ticket

Since = Callable[[Ticket], datetime | None]


def _not_passed_on(ticket: Ticket) -> datetime | None:
    return (ticket.redirected_at or ticket.round_from) if ticket.passed_on_at is None else None


def _not_assessed(ticket: Ticket) -> datetime | None:
    if ticket.owes_inspection:
        # The first assessment of a repair is the engineer's inspection (DSP-10).
        return ticket.inspect_from or ticket.received_at
    return ticket.received_at if ticket.round == 1 and ticket.assessed_at is None else None


def _feedback_unanswered(ticket: Ticket) -> datetime | None:
    waits = ticket.feedback and ticket.round == 1 and ticket.first_report_at is None
    return ticket.received_at if waits else None


def _no_answer(ticket: Ticket) -> datetime | None:
    return ticket.answer_from if ticket.answered_at is None else None


def _contractor_away(ticket: Ticket) -> datetime | None:
    order = ticket.order
    return order.called_at if order is not None and order.arrived_at is None else None


def _not_reentrusted(ticket: Ticket) -> datetime | None:
    order = ticket.order
    if order is None or order.arrived_at is not None or order.replacement_id or "late_arrival" in order.grounds:
        return None
    return order.called_at


def _not_reported(ticket: Ticket) -> datetime | None:
    order = ticket.order
    if order is None or order.delayed_at is not None or order.replacement_id or "over_limit" in order.grounds:
        return None
    return order.called_at


def _order_unfinished(ticket: Ticket) -> datetime | None:
    return ticket.order.called_at if ticket.order is not None and "order_overdue" not in ticket.reported else None


def _not_spoken_to(ticket: Ticket) -> datetime | None:
    wanted = ticket.conversation
    return wanted.wanted_at if wanted is not None and wanted.held_at is None else None


def _waiting_work(ticket: Ticket) -> int | None:
    """Which of the replacements' works waits longest to be accepted, from 0."""
    works = ticket.replacements
    return next((nth for nth, work in enumerate(works) if work.timed and work.accepted_at is None), None)


def _not_accepted(ticket: Ticket) -> datetime | None:
    nth = _waiting_work(ticket)
    return ticket.replacements[nth].done_at if nth is not None else None


def _before_an_office(kind: ApplicationKind) -> Since:
    def since(ticket: Ticket) -> datetime | None:
        application = ticket.application(kind)
        return application.since if application is not None and application.pending else None

    return since


def _younger_than(level: int) -> Since:
    return lambda ticket: ticket.received_at if ticket.age_level > level else None


def _called_back(ticket: Ticket) -> datetime | None:
    return None if ticket.acceptance.awaited else ticket.completed_at


def _unsigned(ticket: Ticket) -> datetime | None:
    return ticket.acceptance.mail_asked_at or ticket.completed_at if ticket.acceptance.awaited else None


FACTS: Final[Mapping[tuple[str, str], Since]] = {
    ("round_began", "passed_on"): _not_passed_on,
    ("received", "assessed"): _not_assessed,
    ("feedback_received", "feedback_answered"): _feedback_unanswered,
    ("passed_on", "department_answered"): _no_answer,
    ("reported_last", "reported"): lambda ticket: ticket.report_from,
    ("round_began", "completed"): lambda ticket: ticket.round_from,
    ("contractor_called", "contractor_arrived"): _contractor_away,
    ("contractor_called", "contractor_arrived_or_replaced"): _not_reentrusted,
    ("contractor_called", "delay_reported_or_replaced"): _not_reported,
    ("contractor_called", "overdue_reported"): _order_unfinished,
    ("overdue_reported", "conversation_held"): _not_spoken_to,
    **{(f"{kind}_asked", f"{kind}_decided"): _before_an_office(kind) for kind in get_args(ApplicationKind)},
    ("crisis_notified", "crisis_confirmed"): lambda ticket: ticket.crisis.waits_since if ticket.crisis else None,
    ("received", "level_2_reached"): _younger_than(2),
    ("received", "level_1_reached"): _younger_than(1),
    ("completed", "closed"): _called_back,
    ("replacement_done", "replacement_accepted"): _not_accepted,
    ("signature_asked", "signed"): _unsigned,
}
"""By the facts that start and stop a clock."""


def _asked(kind: ApplicationKind) -> Callable[[Ticket], int]:
    def step(ticket: Ticket) -> int:
        application = ticket.application(kind)
        return application.asked if application is not None else 0

    return step


OCCURRENCE: Final[Mapping[tuple[str, str], Callable[[Ticket], int]]] = {
    ("round_began", "passed_on"): lambda ticket: ticket.redirected + 1,
    ("received", "assessed"): lambda ticket: ticket.turned_repair + 1,
    ("passed_on", "department_answered"): lambda ticket: ticket.passed_on,
    ("reported_last", "reported"): lambda ticket: ticket.reports + 1,
    # The first contractor, or the one to whom the repair was re-entrusted; each of those whose order was taken back.
    ("contractor_called", "contractor_arrived"): lambda ticket: (
        2 * ticket.orders_recalled + (2 if ticket.order and ticket.order.replacement_id else 1)
    ),
    ("contractor_called", "contractor_arrived_or_replaced"): lambda ticket: ticket.orders_recalled + 1,
    ("contractor_called", "delay_reported_or_replaced"): lambda ticket: ticket.orders_recalled + 1,
    ("replacement_done", "replacement_accepted"): lambda ticket: (_waiting_work(ticket) or 0) + 1,
    ("crisis_notified", "crisis_confirmed"): lambda ticket: ticket.crisis.told if ticket.crisis else 0,
    ("signature_asked", "signed"): lambda ticket: ticket.acceptance.mails_asked + 1,
    # Another office, or another submission, makes another clock.
    **{(f"{kind}_asked", f"{kind}_decided"): _asked(kind) for kind in get_args(ApplicationKind)},
}
"""By the same facts, the how-many-eth of the round a clock is; where there is only one, they are missing here."""
