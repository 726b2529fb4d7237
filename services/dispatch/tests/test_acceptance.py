"""An owner signs for a finished repair; where they do not for over a month, express mail closes it (DSP-12)."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    DeadlineMissed,
    ExpressMailDue,
    ExpressMailSent,
    RepairAccepted,
    SignatureMissed,
    TicketClosed,
)
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import CASE, SECOND, Office, local, received

DONE = local("2026-03-12 10:00")
MONTH_OVER = local("2026-04-12 10:00")


def unsigned(office: Office, done: datetime = DONE, reason: str = "owner_abroad") -> None:
    """A repair by our own staff is finished, and the owner does not sign."""
    office.open_repair(done - timedelta(hours=2))
    office.covered(covered=False)
    office.accepted("finish", at=done)
    office.accepted("miss-signature", reason=reason)


@pytest.mark.rule("DSP-12", "DSP-05")
@pytest.mark.parametrize("consent", ["signature", "recorded"])
def test_the_owner_signs_and_the_rounds_are_counted(office: Office, consent: str) -> None:
    """Given a repair that was done twice, when the owner signs, then the fact names the second round; once only."""
    office.open_repair()
    office.accepted("finish", at=DONE)
    office.called_back(satisfied=False)
    office.accepted("finish", at=DONE + timedelta(days=1))
    office.accepted("sign", consent=consent)
    (told,) = office.facts(RepairAccepted)
    assert (told.round, told.consent, told.accepted_at) == (2, consent, DONE + timedelta(days=1))
    assert office.refused("sign") == "already-signed"
    assert office.refused("miss-signature", reason="away") == "already-signed"
    office.called_back(satisfied=True, round_=2)
    assert office.facts(TicketClosed)[0].how == "satisfied"


@pytest.mark.rule("DSP-12", "ORG-04")
@pytest.mark.parametrize(
    ("done", "over"),
    [
        ("2026-03-12 10:00", "2026-04-12 10:00"),
        ("2026-01-31 10:00", "2026-02-28 10:00"),  # the month ends on its last day
        ("2028-01-31 10:00", "2028-02-29 10:00"),
        ("2026-08-31 23:59:59", "2026-09-30 23:59:59"),
        ("2026-12-31 10:00", "2027-01-31 10:00"),
    ],
)
def test_the_mail_is_due_strictly_after_one_month(office: Office, done: str, over: str) -> None:
    """Given no signature for the owner's reason, then nothing is due a second before the month is over, nor at that
    very second; one second later the mail is, and the case is still open for it.
    """
    office.now = local(done) - timedelta(days=1)
    unsigned(office, local(done))
    assert office.facts(SignatureMissed)[0].done_at == local(done)
    for moment in (local(over) - SECOND, local(over)):
        office.until(moment)
        assert office.facts(ExpressMailDue) == []
        assert office.refused("send-express-mail", receipt="sf1") == "mail-not-due"
    office.until(local(over) + SECOND)
    (due,) = office.facts(ExpressMailDue)
    assert (due.asked_at, due.times, due.customer_ref) == (local(over) + SECOND, 1, "cust1")
    assert office.ticket().status == "completed"


@pytest.mark.rule("DSP-12", "FUP-01")
def test_a_mail_with_its_receipt_closes_the_case_as_notified(office: Office) -> None:
    """Given the mail is due, when it was sent, then its receipt is told and the case is closed by that right, once."""
    unsigned(office)
    office.until(MONTH_OVER + SECOND)
    office.accepted("send-express-mail", receipt="sf1001")
    assert [event.receipt for event in office.facts(ExpressMailSent)] == ["sf1001"]
    (closed,) = office.facts(TicketClosed)
    assert closed.how == "notified_by_mail"
    assert not tuple(office.ticket().timers())
    assert office.refused("send-express-mail", receipt="sf1002") == "not-completed"
    assert {because.rule for because in office.reasons if because.what == "ticket closed"} == {"DSP-12"}


@pytest.mark.rule("DSP-12", "DSP-19")
def test_a_mail_that_is_not_sent_is_asked_for_again_ever_more_rarely(office: Office) -> None:
    """Given nobody sends the mail, then it is asked for again after seven days, then after twice as long each time."""
    unsigned(office)
    office.until(MONTH_OVER + timedelta(days=60))
    asked = [event.asked_at for event in office.facts(ExpressMailDue)]
    assert [(later - earlier).days for earlier, later in pairwise(asked)] == [7, 14, 28]
    assert [event.times for event in office.facts(ExpressMailDue)] == [1, 2, 3, 4]
    assert office.ticket().clocks
    assert office.facts(DeadlineMissed) == []


@pytest.mark.rule("DSP-12", "FUP-04")
def test_an_unreachable_owner_is_told_by_mail_and_not_closed_before(office: Office) -> None:
    """Given a recorded reason, then an unreachable customer does not close the case; without one, it does."""
    unsigned(office)
    office.unreachable()
    assert office.ticket().status == "completed"
    assert office.reasons[-1].rule == "DSP-12"
    office.until(MONTH_OVER + SECOND)
    assert len(office.facts(ExpressMailDue)) == 1


@pytest.mark.rule("DSP-12", "FUP-01")
@pytest.mark.parametrize(("satisfied", "status"), [(True, "closed"), (False, "coverage_asked")])
def test_a_callback_counts_more_than_the_missing_signature(office: Office, *, satisfied: bool, status: str) -> None:
    """Given no signature, when the callback reaches the owner, then the case closes or reopens; no mail is due."""
    unsigned(office)
    office.called_back(satisfied=satisfied)
    assert office.ticket().status == status
    office.until(MONTH_OVER + timedelta(days=60))
    assert office.facts(ExpressMailDue) == []


@pytest.mark.rule("DSP-12", "FUP-01")
def test_without_a_reason_of_the_owner_the_month_of_the_callback_closes_the_case(office: Office) -> None:
    """Given no reason on the customer's side, then no mail is due: the case closes at the month's end as before."""
    office.open_repair()
    office.accepted("finish", at=DONE)
    office.until(MONTH_OVER)
    assert office.facts(TicketClosed)[0].how == "time_limit"
    assert office.facts(ExpressMailDue) == []


@pytest.mark.rule("DSP-12", "FUP-01")
@pytest.mark.parametrize(
    ("signed", "how", "closed"),
    [
        (MONTH_OVER - SECOND, "time_limit", MONTH_OVER),
        (MONTH_OVER, "time_limit", MONTH_OVER),
        (MONTH_OVER + timedelta(days=3), "time_limit", MONTH_OVER + timedelta(days=3)),
    ],
)
def test_a_late_signature_is_taken_as_long_as_no_mail_went_out(
    office: Office, signed: datetime, how: str, closed: datetime
) -> None:
    """Given no signature yet, when the owner signs within the month, at its very end or after it, then no mail is asked
    for any more, and the case ends with the callback's month, or at once where that is over.
    """
    unsigned(office)
    office.accepted("sign", at=signed)
    before = len(office.facts(ExpressMailDue))
    office.until(MONTH_OVER + timedelta(days=60))
    assert len(office.facts(ExpressMailDue)) == before
    assert [(event.how, event.closed_at) for event in office.facts(TicketClosed)] == [(how, closed)]


@pytest.mark.rule("DSP-12")
def test_only_staff_and_only_about_a_completed_repair(office: Office) -> None:
    """Given a contractor, a case in hand, or one that is no repair, then each is refused by name."""
    office.open_repair()
    for name, body in (("sign", {}), ("miss-signature", {"reason": "away"}), ("send-express-mail", {"receipt": "sf1"})):
        known: dict[str, Any] = {"case_id": CASE, **body}
        assert office.refused(name, **known) == "not-completed"
        contractor = Actor(subject="c", scopes=frozenset({"*"}), contractor_id="builder_co")
        assert office.refused(name, actor=contractor, **known) == "not-your-order"
    office.hear(received(office.now, "xh01.c2"))
    assert office.refused("sign", case_id="xh01.c2") == "not-completed"
    office.open(case_id="xh01.c3")
    office.accepted("resolve", case_id="xh01.c3")
    assert office.refused("sign", case_id="xh01.c3") == "not-a-repair"
