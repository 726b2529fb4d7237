"""Linked customers of an estate count as a collective: levels rise as it grows, and fall when it is taken apart."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.dispatch import TicketClosed
from linli_contracts.events.intake import ComplaintGraded, ComplaintsLinked, ComplaintUnlinked
from linli_intake.domain import linking, regrading
from linli_intake.domain.group import Counted, Group, Member, count, group_of, people_in, within_window
from linli_intake.domain.place import Estate
from linli_rulebook import Policy
from linli_rulebook.decision import Refusal
from linli_rulebook.months import instant_plus_months
from linli_testkit.facts import shipped_policy

from services.intake.tests.desk import NOW, Desk


def neighbours(desk: Desk, count: int) -> list[str]:
    cases = []
    for number in range(count):
        desk.later(minutes=1)
        cases.append(desk.receive(contact=f"1380000{number:04d}")["case_id"])
    desk.told.clear()
    return cases


def link(desk: Desk, one: str, other: str) -> None:
    desk.accepted("intake.link", case_id=one, other_case_id=other, by="s17")


def levels(desk: Desk, cases: list[str]) -> list[int]:
    return [desk.request(case).level for case in cases]


@pytest.mark.rule("INT-06", "INT-07")
def test_a_collective_that_grows_one_by_one_rises_at_three_and_at_five(desk: Desk) -> None:
    cases = neighbours(desk, 6)
    seen = []
    for other in cases[1:]:
        link(desk, other, cases[0])
        seen.append(levels(desk, cases))

    assert seen == [
        [4, 4, 4, 4, 4, 4],
        [2, 2, 2, 4, 4, 4],
        [2, 2, 2, 2, 4, 4],
        [1, 1, 1, 1, 1, 4],
        [1, 1, 1, 1, 1, 1],
    ]
    linked = [event for event in desk.told if isinstance(event, ComplaintsLinked)]
    assert [(event.case_id, event.people) for event in linked] == [(cases[0], people) for people in (2, 3, 4, 5, 6)]
    assert linked[-1].linked_case_ids == tuple(cases[1:])
    graded = [event for event in desk.told if isinstance(event, ComplaintGraded)]
    assert [event.level for event in graded] == [2, 2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert desk.request(cases[0]).reasons == ("collective_major", "same_complaint_within_window")


@pytest.mark.rule("INT-07")
def test_one_customer_who_complains_three_times_is_no_collective(desk: Desk) -> None:
    cases = [desk.receive()["case_id"] for _ in range(3)]
    link(desk, cases[0], cases[1])
    link(desk, cases[0], cases[2])

    assert levels(desk, cases) == [4, 4, 4]


@pytest.mark.rule("INT-07")
def test_a_list_of_names_counts_with_all_of_them(desk: Desk) -> None:
    alone = desk.receive(contact="13800000001")["case_id"]
    many = desk.receive(contact="13800000002", people=2)["case_id"]
    link(desk, alone, many)

    assert levels(desk, [alone, many]) == [2, 2]


@pytest.mark.rule("INT-07")
def test_two_groups_become_one(desk: Desk) -> None:
    cases = neighbours(desk, 5)
    link(desk, cases[3], cases[4])
    link(desk, cases[0], cases[1])
    link(desk, cases[1], cases[2])
    link(desk, cases[4], cases[2])

    assert len({desk.request(case).group_id for case in cases}) == 1
    assert levels(desk, cases) == [1, 1, 1, 1, 1]


@pytest.mark.rule("INT-07")
@pytest.mark.parametrize("earlier", range(4))
def test_of_two_groups_the_one_with_the_older_head_stays(desk: Desk, earlier: int) -> None:
    """Whatever their ids are, which follow from the commands before."""
    desk.taken += earlier
    cases = neighbours(desk, 4)
    link(desk, cases[0], cases[1])
    older = desk.request(cases[0]).group_id
    link(desk, cases[2], cases[3])
    link(desk, cases[3], cases[1])
    assert {desk.request(case).group_id for case in cases} == {older}


@pytest.mark.rule("INT-06", "INT-07")
def test_unlinking_removes_the_ground_and_the_level_falls(desk: Desk) -> None:
    cases = neighbours(desk, 3)
    link(desk, cases[0], cases[1])
    link(desk, cases[0], cases[2])
    desk.told.clear()

    desk.accepted("intake.unlink", case_id=cases[2], by="s17")

    assert levels(desk, cases) == [4, 4, 4]
    unlinked, *graded = desk.told
    assert isinstance(unlinked, ComplaintUnlinked)
    assert (unlinked.case_id, unlinked.unlinked_case_id, unlinked.people) == (cases[0], cases[2], 2)
    assert {event.case_id for event in graded if isinstance(event, ComplaintGraded)} == set(cases)
    assert desk.refused("intake.unlink", case_id=cases[2], by="s17").code == "not-linked"


@pytest.mark.rule("INT-07")
def test_when_the_oldest_leaves_the_next_oldest_leads(desk: Desk) -> None:
    cases = neighbours(desk, 3)
    link(desk, cases[0], cases[1])
    link(desk, cases[0], cases[2])
    desk.told.clear()

    desk.accepted("intake.unlink", case_id=cases[0], by="s17")

    heads = [event for event in desk.told if isinstance(event, ComplaintsLinked)]
    assert [(event.case_id, event.linked_case_ids) for event in heads] == [(cases[1], (cases[2],))]


@pytest.mark.rule("INT-07")
@pytest.mark.parametrize("leaves", [0, 1])
def test_a_group_of_one_is_none(desk: Desk, leaves: int) -> None:
    """Given two linked requests, whichever of them is taken out, then the younger one follows the older no more."""
    cases = neighbours(desk, 2)
    link(desk, cases[0], cases[1])
    desk.told.clear()

    desk.accepted("intake.unlink", case_id=cases[leaves], by="s17")

    assert [desk.request(case).group_id for case in cases] == [None, None]
    (told,) = desk.told
    assert isinstance(told, ComplaintUnlinked)
    assert (told.case_id, told.unlinked_case_id, told.people) == (*cases, 1)


@pytest.mark.rule("INT-06", "INT-07")
def test_a_closed_request_counts_and_keeps_its_level(desk: Desk) -> None:
    cases = neighbours(desk, 3)
    desk.hear(
        TicketClosed(
            case_id=cases[0],
            estate_id="xh01",
            round=1,
            how="satisfied",
            level=4,
            customer_ref="cu1",
            received_at=NOW,
            closed_at=NOW,
        )
    )
    link(desk, cases[0], cases[1])
    link(desk, cases[0], cases[2])

    assert levels(desk, cases) == [4, 2, 2]


@pytest.mark.rule("INT-06", "INT-07")
def test_stated_people_of_a_member_grade_the_whole_group(desk: Desk) -> None:
    cases = neighbours(desk, 2)
    link(desk, cases[0], cases[1])

    desk.accepted("intake.amend", case_id=cases[1], by="s17", people=4)
    assert levels(desk, cases) == [1, 1]
    back = {"case_id": cases[1], "by": "s17", "people": 1}
    assert desk.refused("intake.amend", **back).code == "lowering-needs-a-reason"
    desk.accepted("intake.amend", **back, reason="听错了")
    assert levels(desk, cases) == [4, 4]


@pytest.mark.rule("INT-07")
def test_what_cannot_be_linked_is_refused(desk: Desk) -> None:
    one, other, gone = neighbours(desk, 3)
    elsewhere = desk.receive(estate_id="xh02", home_id="xh02.1-1-101")["case_id"]
    desk.accepted("intake.withdraw", case_id=gone)
    link(desk, one, other)

    codes = [
        desk.refused("intake.link", case_id=one, other_case_id=second, by="s17").code
        for second in (one, elsewhere, gone, other)
    ]
    assert codes == ["linked-to-itself", "other-estate", "withdrawn", "already-linked"]


MARCH = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)
LAST = datetime(2026, 2, 28, 4, 0, tzinfo=UTC)
"""One month after: the last day of February, at the same time of day."""


@pytest.mark.rule("INT-06", "ORG-04")
@pytest.mark.parametrize(("offset_s", "within"), [(-1, True), (0, True), (1, False)])
def test_the_window_of_a_month_includes_its_last_instant(offset_s: int, *, within: bool) -> None:
    instants = (MARCH, MARCH + timedelta(days=3), LAST + timedelta(seconds=offset_s))
    members = [
        Member(case_id=f"xh01.c{place}", customer_ref=f"cu{place}", people=1, received_at=at)
        for place, at in enumerate(instants)
    ]

    assert within_window(members, enough=3, months=1, zone=UTC) is within


MEMBERS = st.builds(
    Member,
    case_id=st.integers(0, 30).map(lambda number: f"xh01.c{number}"),
    customer_ref=st.integers(0, 8).map(lambda number: f"cu{number}"),
    people=st.integers(1, 6),
    received_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis asks for naive bounds and adds the zone.
)


@pytest.mark.rule("INT-07")
@given(st.lists(MEMBERS, max_size=12), MEMBERS)
def test_one_more_member_never_makes_fewer_people(members: list[Member], one_more: Member) -> None:
    assert people_in([*members, one_more]) >= people_in(members)
    if within_window(members, enough=3, months=1, zone=UTC):
        assert within_window([*members, one_more], enough=3, months=1, zone=UTC)


@pytest.mark.rule("INT-06")
@given(st.lists(MEMBERS, max_size=12))
def test_a_window_holds_enough_where_any_month_begun_by_a_complaint_does(members: list[Member]) -> None:
    months = [
        [
            one
            for one in members
            if first.received_at <= one.received_at <= instant_plus_months(first.received_at, 1, UTC)
        ]
        for first in members
    ]
    expected = any(people_in(month) >= 3 for month in months)
    assert within_window(members, enough=3, months=1, zone=UTC) is expected


@pytest.mark.rule("INT-07")
def test_a_group_holds_a_thousand_and_no_more(desk: Desk) -> None:
    """Given a group that is nearly full, then one more request fits, and the next is refused by name."""
    cases = neighbours(desk, 2)
    one, other = map(desk.request, cases)
    ruling = regrading.Ruling(shipped_policy(), Estate.model_validate(desk.states[Estate, "xh01"].model_dump()))
    for size, code in ((999, None), (1_000, "group-full")):
        known = {f"xh01.n{nth}": one.model_copy(update={"id": f"xh01.n{nth}"}) for nth in range(size - 1)}
        group = group_of("xh01.g1", [one, *known.values()])
        outcome = linking.link(one, other, (group,), known, ruling, linking.LinkOrder("s17", "test", NOW))
        assert (outcome.code if isinstance(outcome, Refusal) else None) == code


@pytest.mark.rule("INT-07")
def test_a_group_is_counted_once_however_many_are_in_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = neighbours(desk, 6)
    for other in cases[1:5]:
        link(desk, cases[0], other)
    counted: list[Group] = []

    def counting(group: Group, policy: Policy, zone: tzinfo) -> Counted:
        counted.append(group)
        return count(group, policy, zone)

    monkeypatch.setattr(regrading, "count", counting)

    link(desk, cases[0], cases[5])

    assert len(counted) == 1
    assert levels(desk, cases) == [1] * 6
