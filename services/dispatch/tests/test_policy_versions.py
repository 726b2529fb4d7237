"""A ticket keeps the policy in force when it was opened; what is opened later has the later one (ORG-02)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest
from linli_contracts.events.dispatch import TicketOpened
from linli_contracts.events.intake import ComplaintGraded
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers.following import handle_graded
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Decision
from linli_testkit.facts import POLICY_DIR, context

from services.dispatch.tests.office import CASE, HOUR, NOW, Office, OfficeFacts, graded, local, received

LATER = "2026.2"


@pytest.fixture
def book(tmp_path: Path) -> PolicyBook:
    """The shipped policy, and a version from an hour after NOW on: complex cases have ten days less, 11 March off."""
    for name in ("2000.1", LATER):
        copytree(POLICY_DIR / "2000.1", tmp_path / name)
    begins = (NOW + HOUR).isoformat()
    version, numbers = tmp_path / LATER / "version.toml", tmp_path / LATER / "group" / "dispatch.toml"
    text = version.read_text("utf-8").replace('"2000.1"', f'"{LATER}"')
    version.write_text(text.replace("2000-01-01T00:00:00+08:00", begins), "utf-8")
    before = "[dispatch.resolve_complex_within]\nvalue = 30"
    text = numbers.read_text("utf-8")
    assert before in text
    numbers.write_text(text.replace(before, before.replace("30", "20")), "utf-8")
    calendar = tmp_path / LATER / "group" / "calendar.toml"
    text, open_ = calendar.read_text("utf-8"), "[calendar.closed_dates]\nvalue = []"
    assert open_ in text
    calendar.write_text(text.replace(open_, open_.replace("[]", '["2026-03-11"]')), "utf-8")
    return PolicyBook.load(tmp_path)


def decided(office: Office, book: PolicyBook, event: ComplaintGraded) -> tuple[Decision, Ticket]:
    outcome = handle_graded(
        OfficeFacts(office.states), event, replace(context(office.now, cause=event.case_id), policies=book)
    )
    assert isinstance(outcome, Decision)
    return outcome, next(state for state in outcome.save if isinstance(state, Ticket))


@pytest.mark.rule("ORG-02", "DSP-03")
def test_a_ticket_keeps_its_version_and_a_later_one_has_the_later(office: Office, book: PolicyBook) -> None:
    office.open()
    later = "xh01.c2"
    office.hear(received(NOW + 2 * HOUR, later), at=NOW + 2 * HOUR)
    outcome, old = decided(office, book, graded(3, office.now, reasons=("second_complaint",)))
    assert next(clock.due_at for clock in old.clocks if clock.name == "completion") == NOW + timedelta(days=30)
    assert {one.policy_version for one in outcome.because} == {"2000.1"}
    assert (old.id, old.policy_version) == (CASE, "2000.1")
    outcome, new = decided(office, book, graded(3, office.now, later))
    assert next(clock.due_at for clock in new.clocks if clock.name == "completion") == office.now + timedelta(days=20)
    assert {one.policy_version for one in outcome.because} == {LATER}
    assert [one.policy_version for one in outcome.events if isinstance(one, TicketOpened)] == [LATER]


@pytest.mark.rule("ORG-02", "ORG-03", "DSP-03")
def test_a_holiday_that_is_declared_later_moves_no_deadline_of_an_open_ticket(office: Office, book: PolicyBook) -> None:
    """Given Wednesday 11 March off by a later version, then who was there before is told by Friday all the same."""
    office.open()
    later = "xh01.c2"
    office.hear(received(NOW + 2 * HOUR, later), at=NOW + 2 * HOUR)
    _, old = decided(office, book, graded(3, office.now, reasons=("second_complaint",)))
    _, new = decided(office, book, graded(4, office.now, later))
    due = [next(one.due_at for one in ticket.clocks if one.name == "customer_report") for ticket in (old, new)]
    assert due == [local("2026-03-13 17:30"), local("2026-03-16 17:30")]


@pytest.mark.rule("ORG-02")
@pytest.mark.parametrize(("seconds", "version"), [(-1, "2000.1"), (0, LATER)])
def test_a_version_is_in_force_from_its_very_instant(
    office: Office, book: PolicyBook, seconds: int, version: str
) -> None:
    at = NOW + HOUR + timedelta(seconds=seconds)
    office.hear(received(at), at=at)
    assert decided(office, book, graded(4, at))[1].policy_version == version
