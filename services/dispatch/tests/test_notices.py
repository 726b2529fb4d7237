"""Staff are told by the policy; what is urgent and unread goes to the next person, never silently dropped (DSP-20)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import (
    NoticeConfirmed,
    NoticeExhausted,
    StaffNotified,
    TicketEscalated,
)
from linli_dispatch import ticket_lists
from linli_dispatch.domain.deadlines.running_clock import NOTICE_UNREAD
from linli_dispatch.domain.title import words_of
from linli_dispatch.handlers import MAP
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Decision, Timer
from linli_runtime.reads import Reads
from linli_testkit.facts import context, shipped_policy
from linli_testkit.tables import keep

from services.dispatch.tests.office import CASE, NOW, ROSTER, SECOND, Office, OfficeFacts, graded, local, person

WORDS = words_of(shipped_policy().policy("2000.1"))
HALF_HOUR = timedelta(minutes=30)
LATE = HALF_HOUR + SECOND
"""A notice of now is in time to the very instant of its half hour."""
LADDER = ["agent1", "s17", "centre_head", "marketing_vp", "gm", "group_head"]
"""Who is told of an assignment, one after another: the handler, the owner, and who stands above them."""
LINES = {line["staff_id"]: line for line in ROSTER}


def told(office: Office, kind: str = "assignment") -> list[tuple[str, int, datetime]]:
    return [(one.person_id, one.times, one.notified_at) for one in office.facts(StaffNotified) if one.kind == kind]


def people(office: Office, kind: str = "assignment") -> list[str]:
    return [who for who, _, _ in told(office, kind)]


def said(office: Office, what: str) -> list[dict[str, Any]]:
    return [dict(one.facts) for one in office.reasons if one.what == what]


def away(office: Office, who: str, length: timedelta, **more: Any) -> None:  # noqa: ANN401 - fields of a body
    body = {"staff_id": who, "from_at": office.now, "until_at": office.now + length}
    office.accepted_of("record-absence", estate_id="xh01", **(body | more))


# -- by the policy


@pytest.mark.rule("DSP-20")
@pytest.mark.parametrize(("level", "urgent"), [(1, True), (2, True), (3, None), (4, None)])
def test_an_assignment_is_told_at_the_levels_of_the_policy(office: Office, level: int, urgent: bool | None) -> None:  # noqa: FBT001 - a column of the table
    ticket = office.open(level=level)
    notices = [one for one in office.facts(StaffNotified) if one.kind == "assignment"]
    assert [(one.person_id, one.urgent, one.level, one.about) for one in notices] == (
        [] if urgent is None else [("agent1", urgent, level, "service_centre")]
    )
    assert len(ticket.notices) == len(notices)
    assert (ticket.unread_at is not None) == bool(notices)


@pytest.mark.rule("DSP-20", "DSP-06")
def test_each_step_of_the_ladder_is_told_to_who_stands_on_it(office: Office) -> None:
    office.open(category="engineering_quality")
    office.until(local("2026-03-10 10:30:01"))
    (step,) = office.facts(TicketEscalated)
    assert told(office, "ladder_step") == [("s17", 1, step.escalated_at)]
    (notice,) = [one for one in office.facts(StaffNotified) if one.kind == "ladder_step"]
    assert (notice.about, notice.urgent, notice.read_by) == ("owner", True, step.escalated_at + HALF_HOUR)


@pytest.mark.rule("DSP-20")
@pytest.mark.parametrize(("level", "notices"), [(3, 1), (4, 0)])
def test_a_deadline_about_to_be_missed_is_told_at_the_levels_of_the_policy(
    office: Office, level: int, notices: int
) -> None:
    office.open(level=level, category="engineering_quality")
    near = office.due("passing_on") - timedelta(minutes=12)
    office.until(near - SECOND)
    assert told(office, "deadline_near") == []
    office.until(near)
    assert told(office, "deadline_near") == [("builder", 1, near)] * notices
    assert office.ticket().notices == (), "not urgent at this level"


@pytest.mark.rule("DSP-20", "DSP-01")
def test_who_is_to_command_next_is_told(office: Office) -> None:
    office.open(level=2)
    office.accepted("name-commander", person_id="keeper", actor=person("centre_head"))
    assert people(office, "command") == ["keeper"]


@pytest.mark.rule("DSP-20", "DSP-01")
def test_who_is_to_command_for_the_group_is_told(office: Office) -> None:
    office.open(level=1)
    office.told.clear()
    office.accepted("hand-to-group", reason="claims_too_high", actor=person("centre_head"))
    assert [(one.kind, one.person_id, one.about, one.urgent) for one in office.facts(StaffNotified)] == [
        ("command", "group_head", "group_service_centre", True)
    ]


@pytest.mark.rule("DSP-20")
def test_the_deputy_of_one_who_is_away_is_told_in_their_place(office: Office) -> None:
    office.open(level=2)
    away(office, "keeper", timedelta(hours=1), deputy_id="fixer1")
    office.accepted("name-commander", person_id="keeper", actor=person("centre_head"))
    assert people(office, "command") == ["fixer1"]


@pytest.mark.rule("DSP-20", "DSP-07")
def test_work_that_becomes_urgent_is_told_to_who_has_it_once(office: Office) -> None:
    office.open(level=3)
    assert people(office) == []
    office.hear(graded(2, office.now, reasons=("out_of_control",)))
    office.hear(graded(1, office.now, reasons=("injury",)))
    assert people(office) == ["agent1"]
    assert [one.people for one in office.ticket().notices] == [("agent1",)]


# -- repeated until read


@pytest.mark.rule("DSP-20", "ORG-04")
def test_an_unread_one_goes_to_the_next_person_a_second_after_its_time_until_all_were_told(office: Office) -> None:
    office.open(level=2)
    office.until(NOW + HALF_HOUR)
    assert people(office) == LADDER[:1]
    office.until(NOW + LATE)
    assert told(office)[1:] == [("s17", 2, NOW + LATE)]
    office.until(NOW + 5 * LATE)
    assert told(office) == [(who, times, NOW + (times - 1) * LATE) for times, who in enumerate(LADDER, start=1)]
    assert office.facts(NoticeExhausted) == []
    office.until(NOW + 6 * LATE)
    (over,) = office.facts(NoticeExhausted)
    assert (list(over.person_ids), over.exhausted_at) == (LADDER, NOW + 6 * LATE)
    assert [one["person_id"] for one in said(office, "staff told again")] == LADDER[1:]
    (shortage,) = said(office, "nobody left to tell: a shortage")
    assert shortage["unread_by"] == LADDER
    office.until(NOW + timedelta(days=2))
    assert people(office) == LADDER, "nobody is told twice"


@pytest.mark.rule("DSP-20", "OPS-03")
def test_two_notices_that_nobody_reads_end_under_two_names(office: Office) -> None:
    """Given two urgent notices, some minutes apart, that nobody reads, then each is said to be at its end, once."""
    office.open(level=2)
    office.accepted("propose-plan", at=NOW + timedelta(minutes=7), actor=person("agent1"), desk="service_centre")
    office.until(NOW + timedelta(days=1))
    ended = [event.number for event in office.facts(NoticeExhausted)]
    assert len(ended) > 1
    assert len(set(ended)) == len(ended)


@pytest.mark.rule("DSP-20", "ORG-04")
def test_of_two_notices_a_second_apart_the_later_one_is_in_time_when_the_first_is_over(office: Office) -> None:
    office.open(level=2)
    office.accepted("name-commander", at=NOW + SECOND, person_id="keeper", actor=person("centre_head"))
    office.until(NOW + LATE)
    assert (people(office), people(office, "command")) == (LADDER[:2], ["keeper"])
    office.until(NOW + LATE + SECOND)
    assert (len(people(office)), people(office, "command")) == (2, ["keeper", "s17"])


@pytest.mark.rule("DSP-20", "DSP-06")
def test_what_the_step_of_the_ladder_does_not_read_goes_to_those_above(office: Office) -> None:
    office.open(category="engineering_quality")
    first = local("2026-03-10 10:30:01")
    office.until(first + 2 * LATE)
    steps = [one for one in office.facts(StaffNotified) if one.about == "owner"]
    assert [one.person_id for one in steps] == ["s17", "centre_head", "engineering_vp"]


@pytest.mark.rule("DSP-20")
def test_who_went_away_since_is_followed_by_the_deputy_before_the_ladder(office: Office) -> None:
    office.open(level=2, category="property_management")
    handler = str(office.ticket().handler_id)
    office.until(NOW + HALF_HOUR)
    away(office, handler, timedelta(minutes=10), deputy_id="fixer2")
    office.until(NOW + LATE)
    told_of_first = [one.person_id for one in office.facts(StaffNotified) if one.kind == "assignment"]
    assert told_of_first[:2] == [handler, "fixer2"]


@pytest.mark.rule("DSP-20")
def test_who_was_told_reads_it_in_time_or_late_and_nobody_else_is_told(office: Office) -> None:
    office.open(level=2)
    number = office.ticket().notices[0].number
    assert office.refused("read-notice", number=number, actor=person("gm")) == "not-told"
    assert office.refused("read-notice", number=number + 7, actor=person("agent1")) == "no-such-notice"
    office.until(NOW + LATE)
    office.accepted("read-notice", number=number, actor=person("agent1"))
    (read,) = office.facts(NoticeConfirmed)
    assert (read.number, read.person_id, read.read_at) == (number, "agent1", NOW + LATE)
    assert said(office, "notice read") == [{"number": number, "by": "agent1"}]
    assert office.ticket().notices == ()
    office.until(NOW + timedelta(hours=5))
    assert people(office) == LADDER[:2]
    assert office.refused("read-notice", number=number, actor=person("agent1")) == "no-such-notice"


@pytest.mark.rule("DSP-20", "ORG-04")
@pytest.mark.parametrize(("past", "repeated"), [(timedelta(0), 0), (SECOND, 1)])
def test_read_at_the_last_instant_is_in_time(office: Office, past: timedelta, repeated: int) -> None:
    office.open(level=2)
    office.accepted("read-notice", at=NOW + HALF_HOUR + past, number=1, actor=person("agent1"))
    assert len(people(office)) == 1 + repeated


@pytest.mark.rule("DSP-20")
def test_each_notice_is_read_for_itself(office: Office) -> None:
    office.open(level=2)
    office.until(NOW + timedelta(minutes=10))
    office.accepted("name-commander", person_id="keeper", actor=person("centre_head"))
    first, second = office.ticket().notices
    office.accepted("read-notice", number=first.number, actor=person("agent1"))
    assert office.ticket().unread_at == NOW + timedelta(minutes=40) + SECOND
    office.until(NOW + timedelta(minutes=40) + SECOND)
    assert people(office) == ["agent1"]
    assert people(office, "command") == ["keeper", "s17"]
    assert office.ticket().notices[0].number == second.number


@pytest.mark.rule("DSP-20", "DSP-08")
def test_another_assignment_takes_the_place_of_the_first_and_the_end_of_the_work_of_all(office: Office) -> None:
    office.open(level=2)
    office.accepted("pass-on", desk="property")
    assert [one.people for one in office.ticket().notices] == [(office.ticket().handler_id,)]
    assert people(office) == ["agent1", "keeper"]
    office.withdrawn()
    office.until(NOW + timedelta(days=1))
    assert office.ticket().notices == ()
    assert people(office) == ["agent1", "keeper"]


@pytest.mark.rule("DSP-20", "DSP-19")
def test_who_comes_is_told_of_what_nobody_was_left_to_tell() -> None:
    office = Office()
    office.found(without=[who for who in LINES if who != "agent1"])
    office.open(level=2, received_by="agent1")
    office.until(NOW + timedelta(hours=1))
    assert people(office) == ["agent1"]
    assert len(office.facts(NoticeExhausted)) == 1
    office.accepted_of("roster-staff", estate_id="xh01", staff=[LINES["gm"]])
    office.until(office.now + SECOND)
    assert people(office) == ["agent1", "gm"]
    assert office.ticket().unread_at == NOW + timedelta(hours=1) + LATE


@pytest.mark.rule("DSP-20")
def test_after_a_long_downtime_each_repetition_is_told_once_in_order(office: Office) -> None:
    """The first input after forty days finds all that had run out before it, each at its own instant."""
    office.open(level=2)
    late = context(NOW + timedelta(days=40), actor=person("agent1"))
    entry = next(entry for entry in MAP.commands if entry.name == "dispatch.read-notice")
    outcome = entry.decide(OfficeFacts(office.states), entry.body(case_id=CASE, number=1), late)
    assert isinstance(outcome, Decision)
    repeated = [one for one in outcome.events if isinstance(one, StaffNotified) and one.kind == "assignment"]
    assert [(one.person_id, one.times, one.notified_at) for one in repeated] == [
        (who, times, NOW + (times - 1) * LATE) for times, who in enumerate(LADDER, start=1) if times > 1
    ]
    assert sum(isinstance(one, NoticeConfirmed) and one.number == 1 for one in outcome.events) == 1


@pytest.mark.rule("DSP-20")
def test_a_repetition_that_comes_twice_changes_nothing_more(office: Office) -> None:
    ticket = office.open(level=2)
    timer = Timer(NOW + LATE, NOTICE_UNREAD, ticket.round, ticket.notices_told)
    entry = next(entry for entry in MAP.timers if entry.clock == NOTICE_UNREAD)
    office.until(NOW + LATE)
    again = entry.decide(OfficeFacts(office.states), office.ticket(), timer, context(NOW + 2 * LATE))
    assert isinstance(again, Decision)
    assert (again.save, again.events) == ((), ())


@pytest.mark.rule("DSP-20")
async def test_what_is_unread_is_in_the_list_of_each_who_was_told(reads: Reads, office: Office) -> None:
    office.open(level=2)
    office.open(level=2, case_id="xh01.c2")
    office.open(level=4, case_id="xh01.c3")
    office.until(NOW + LATE)
    office.accepted("read-notice", case_id="xh01.c2", number=1, actor=person("agent1"))
    await keep(reads, office.states.values(), office.rows)
    group = Actor(subject="who", scopes=frozenset({"*"}))

    async def list_of(who: str) -> list[str]:
        page = await ticket_lists.page_for_notified(reads, WORDS, group, who, None, after="", limit=10)
        return [one.case_id for one in page.items]

    assert [await list_of(who) for who in ("agent1", "s17", "gm")] == [[CASE], [CASE], []]
