"""A person is found again by contact however it is spelt, and neither the reference nor the digest tells who it is."""

import pytest
from linli_contracts.events.intake import ComplaintReceived
from linli_contracts.events.loyalty import MemberJoined
from linli_intake.domain.person import Contact, Customer, become_member, contact_id, plain_form
from linli_rulebook.decision import NOTHING

from services.intake.tests.desk import COMPLETE, Desk

PHONE = "138 0013 8000"


@pytest.mark.rule("INT-12")
@pytest.mark.parametrize(
    "spelling", ["13800138000", "138-0013-8000", "+86 138 0013 8000", "008613800138000", "１３８００１３８０００"]
)
def test_a_person_is_found_again_by_the_same_contact(desk: Desk, spelling: str) -> None:
    first = desk.receive(contact=PHONE)
    again = desk.receive(contact=spelling, estate_id="xh02", home_id="xh02.1-1-101")

    assert again["customer_ref"] == first["customer_ref"]
    assert sum(isinstance(state, Customer) for state in desk.states.values()) == 1


@pytest.mark.rule("INT-12")
def test_another_contact_is_another_person(desk: Desk) -> None:
    assert desk.receive(contact="13800138001")["customer_ref"] != desk.receive(contact=PHONE)["customer_ref"]


@pytest.mark.rule("INT-12", "INT-13")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("幸福路1-23号", "幸福路12-3号"),
        ("3-502", "35-02"),
        ("12 3 High Street", "1 23 High Street"),
        ("li-na", "lina"),
        ("wang.wei", "wangwei"),
    ],
)
def test_what_parts_an_address_or_a_messengers_name_tells_people_apart(desk: Desk, one: str, other: str) -> None:
    """Given two that differ in their separators alone and are no telephone numbers, then they are two people."""
    assert desk.receive(contact=one)["customer_ref"] != desk.receive(contact=other)["customer_ref"]


@pytest.mark.rule("INT-12")
def test_a_file_keeps_the_first_name_until_somebody_verified_changes_it(desk: Desk) -> None:
    ref = desk.receive(name="王小明")["customer_ref"]
    desk.receive(name="李雷")

    file = desk.states[Customer, ref]
    assert isinstance(file, Customer)
    assert (file.name, file.contact) == ("王小明", COMPLETE["contact"])


@pytest.mark.rule("INT-09", "LOY-09")
def test_what_a_member_asks_says_so_from_the_joining_on_however_the_contact_is_spelt(desk: Desk) -> None:
    """Given somebody who joins the club, and hears of it twice, then their later requests say so and nobody else's."""
    ref = desk.receive(contact=PHONE)["customer_ref"]
    fact = MemberJoined(customer_ref=ref, member_no="1", joined_at=desk.now)
    desk.hear(fact)
    assert desk.hear(fact) is NOTHING
    desk.receive(contact="+86 138-0013-8000")
    desk.receive(contact="13900000001")
    assert [one.member for one in desk.told if isinstance(one, ComplaintReceived)] == [False, True, False]


@pytest.mark.rule("INT-09")
def test_whoever_has_the_contact_now_is_no_member_by_that() -> None:
    theirs = Contact(id="p1", customer_ref="cu2")
    assert become_member(theirs, "cu1") is NOTHING
    assert become_member(theirs, "cu2") is not NOTHING


@pytest.mark.rule("INT-09")
def test_a_member_whom_nobody_knows_changes_nothing(desk: Desk) -> None:
    assert desk.hear(MemberJoined(customer_ref="cu0", member_no="1", joined_at=desk.now)) is NOTHING


@pytest.mark.parametrize(
    ("contact", "plain"),
    [
        (" Wang@Example.COM ", "wang@example.com"),
        ("010-8888 6666", "01088886666"),
        ("+852 2345 6789", "+85223456789"),
        ("86123", "86123"),
        ("+8695588", "+8695588"),
        ("A000102948", "a000102948"),
        ("(010) 8888-6666", "01088886666"),
        ("电话 138-0013-8000", "电话13800138000"),
        ("幸福路 1-23 号", "幸福路1-23号"),
    ],
)
def test_spellings_are_made_plain(contact: str, plain: str) -> None:
    assert plain_form(contact) == plain


@pytest.mark.rule("INT-13")
def test_the_digest_needs_the_deployments_key(desk: Desk) -> None:
    desk.receive(contact=PHONE)

    assert contact_id(PHONE, b"one") != contact_id(PHONE, b"another")
    contact = next(state for state in desk.states.values() if isinstance(state, Contact))
    assert "13800138000" not in contact.model_dump_json()
