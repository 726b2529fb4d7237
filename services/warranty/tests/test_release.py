"""A deposit is released in instalments: every failing gate is named, and an instalment is paid exactly once."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from linli_contracts.events.warranty import DepositReleased, ReleaseBlocked, ReleaseRequested
from linli_warranty.commands import ConfirmDeduction, DecideDispute, DisputeDeduction
from linli_warranty.domain.release import Release

from services.warranty.tests.books import Books, answer, code, contractor, local, opening, policies
from services.warranty.tests.releases import FIVE_YEARS, failing, ready


@pytest.mark.rule("WAR-10", "WAR-11", "WAR-12")
def test_asked_approved_and_paid_exactly_once(books: Books) -> None:
    ready(books)
    approved = answer(books.request())
    assert (approved["release_id"], approved["status"], approved["amount_fen"]) == ("ht1.r1-1", "approved", 50_000)
    assert code(books.request()) == "release-already-approved"
    assert not books.events(DepositReleased)
    assert answer(books.pay())["status"] == "paid"
    assert code(books.pay()) == "release-already-paid"
    assert code(books.request()) == "release-already-paid"
    (told,) = books.events(DepositReleased)
    assert (told.amount_fen, told.remaining_fen, told.contractor_id, told.instalment) == (50_000, 50_000, "sg1", 1)
    assert [row["cause"] for row in books.rows] == ["ht1.opened", "ht1.r1.paid"]
    assert (books.rows[-1]["debit_account"], books.rows[-1]["credit_account"]) == ("deposit_liability", "cash_retained")


@pytest.mark.rule("WAR-11")
def test_the_rest_after_five_years(books: Books) -> None:
    ready(books)
    books.request()
    books.pay()
    books.wait_until(FIVE_YEARS)
    assert answer(books.request(2))["amount_fen"] == 50_000
    assert answer(books.pay("ht1.r2-1"))["amount_fen"] == 50_000
    assert (books.deposit.released_fen, books.deposit.balances.cash_retained) == (100_000, 0)


@pytest.mark.rule("WAR-11")
@pytest.mark.parametrize(
    ("retained", "first", "rest"), [(1, 0, 1), (3, 1, 2), (99_999, 49_999, 50_000), (100_000, 50_000, 50_000)]
)
def test_shares_are_rounded_down_and_the_rest_takes_what_is_left(retained: int, first: int, rest: int) -> None:
    books = Books()
    books.send(opening(retained_fen=retained))
    ready(books)
    if first:
        books.request()
        assert answer(books.pay())["amount_fen"] == first
    else:
        assert failing(books) == ["nothing_to_release"]
    books.wait_until(FIVE_YEARS)
    books.request(2)
    assert answer(books.pay("ht1.r2-1"))["amount_fen"] == rest


@pytest.mark.rule("WAR-11")
@pytest.mark.parametrize(
    ("settled_on", "on", "due"),
    [
        (date(2020, 6, 1), "2022-03-10 23:59:59", False),  # The last day is still covered.
        (date(2020, 6, 1), "2022-03-11 00:00:00", True),
        (date(2022, 7, 1), "2022-06-30 23:59:59", False),
        (date(2022, 7, 1), "2022-07-01 00:00:00", True),
    ],
)
def test_due_from_the_later_of_expiry_and_settlement(*, settled_on: date, on: str, due: bool) -> None:
    books = Books()
    books.send(opening(settled_on=settled_on))
    assert failing(ready(books, local(on))) == ([] if due else ["not_due"])


@pytest.mark.rule("WAR-11")
@pytest.mark.parametrize(
    ("settled_on", "pay_by"),
    [
        # Thursday 10 March does not count. Saturday 2 April is worked; 3 to 5 April are Qingming.
        (date(2020, 6, 1), "2022-03-31 17:30"),
        (date(2022, 3, 25), "2022-04-18 17:30"),
    ],
)
def test_finance_pays_within_15_of_its_working_days(settled_on: date, pay_by: str) -> None:
    books = Books()
    books.send(opening(settled_on=settled_on))
    ready(books, local("2022-05-01"))
    books.request()
    assert books.state(Release, "ht1.r1-1").pay_by == local(pay_by)
    assert "stricter_estates" not in books.because[-1].facts


@pytest.mark.rule("WAR-11", "ORG-04")
@pytest.mark.parametrize(("settled_on", "provisional"), [(date(2026, 12, 7), False), (date(2026, 12, 8), True)])
def test_a_time_to_pay_that_reaches_a_year_without_published_holidays_is_marked(
    *, settled_on: date, provisional: bool
) -> None:
    """Given that it ends on 28 December, or on the 29th, which the next year's notice may still make a holiday."""
    books = Books()
    books.send(opening(settled_on=settled_on))
    ready(books, local("2026-12-10"))
    assert answer(books.request())["pay_by_provisional"] is provisional
    assert books.state(Release, "ht1.r1-1").pay_by_provisional is provisional


@pytest.mark.rule("WAR-11", "ORG-04")
def test_a_marked_time_to_pay_is_worked_out_anew_when_it_is_paid(books: Books) -> None:
    ready(books)
    books.request()
    release = books.state(Release, "ht1.r1-1")
    guessed = {"pay_by": release.pay_by + timedelta(days=1), "pay_by_provisional": True}
    books.states[Release, release.id] = release.model_copy(update=guessed)
    assert answer(books.pay())["pay_by"] == release.pay_by.isoformat()
    assert not books.state(Release, release.id).pay_by_provisional


@pytest.mark.rule("WAR-10", "WAR-12")
@pytest.mark.parametrize(
    ("spoil", "gates"),
    [
        (lambda books: books.count(called_back_homes=95), []),
        (lambda books: books.count(called_back_homes=94), ["closing_callbacks"]),
        (lambda books: books.count(occupied_homes=99, called_back_homes=94), ["closing_callbacks"]),  # 94.9 %
        (lambda books: books.count(top_floor_homes=12, top_floor_visited=11), []),  # No contract of waterproofing.
        (lambda books: books.count(open_problems=2, reserved_problems=2), []),
        (lambda books: books.count(open_problems=2, reserved_problems=1), ["open_defects"]),
        (lambda books: books.notify(), ["open_defects"]),
        (lambda books: (books.notify(), books.finish()), []),
        (lambda books: (books.notify(), books.close()), []),
        (lambda books: (books.notify(), books.reentrust()), ["deductions_unconfirmed"]),
        (lambda books: books.reentrust(price_fen=100_000), ["deductions_unconfirmed", "nothing_to_release"]),
    ],
)
def test_each_gate(books: Books, spoil: Callable[[Books], object], gates: list[str]) -> None:
    ready(books)
    spoil(books)
    assert failing(books) == gates


@pytest.mark.rule("WAR-10")
@pytest.mark.parametrize(
    ("figures", "gates"),
    [
        ({"top_floor_homes": 12, "top_floor_visited": 12}, []),
        ({"top_floor_homes": 12, "top_floor_visited": 11}, ["waterproofing_visits"]),
        ({"top_floor_homes": 12, "top_floor_visited": 12, "leaks_found": 1}, ["leaks"]),
        ({"top_floor_homes": 12, "top_floor_visited": 0, "leaks_found": 1}, ["waterproofing_visits", "leaks"]),
        ({}, ["waterproofing_visits"]),
        ({"leaks_found": 1}, ["waterproofing_visits", "leaks"]),
        ({"top_floor_homes": 1, "top_floor_visited": 1}, []),
        ({"top_floor_homes": 0, "top_floors_named": True}, []),  # Somebody says that there are none.
    ],
)
def test_waterproofing_needs_every_top_floor_home_visited_and_no_leak(
    figures: dict[str, int], gates: list[str]
) -> None:
    books = Books()
    books.send(opening(trades=("waterproofing",)))
    ready(books, local("2025-03-11"))
    books.count("xh01", **figures)
    assert failing(books, 2) == gates


@pytest.mark.rule("WAR-10", "ORG-01")
def test_each_estate_of_a_waterproofing_contract_names_its_top_floors() -> None:
    """Given every top-floor home of one estate visited, then another one's count that names none is not 100 %."""
    books = Books()
    books.send(opening(trades=("waterproofing",), estate_ids=("xh01", "xh02")))
    ready(books, FIVE_YEARS)
    books.count("xh02")
    assert failing(books, 2) == ["waterproofing_visits"]
    assert "xh02" in books.events(ReleaseBlocked)[-1].gates[0].why
    books.count("xh02", top_floor_homes=1, top_floor_visited=1)
    assert failing(books, 2) == []


@pytest.mark.rule("WAR-12")
def test_every_failing_gate_is_named_with_its_figures(books: Books) -> None:
    books.notify()
    books.reentrust(2, price_fen=100_000)
    books.reentrust(3, price_fen=1)
    books.send(DisputeDeduction(deduction_id=books.deduction(3).id, reason="r"))
    assert failing(books) == [
        "not_due",
        "closing_callbacks",
        "open_defects",
        "documents",
        "deductions_unconfirmed",
        "deductions_disputed",
        "nothing_to_release",
    ]
    assert len(books.events(ReleaseRequested)) == 1
    (blocked,) = books.events(ReleaseBlocked)
    said = {gate.gate: gate.why for gate in blocked.gates}
    assert "due from 2022-03-11 on, today is 2020-06-01" in said["not_due"]
    assert "not counted yet: xh01" in said["closing_callbacks"]
    assert "1 repair orders open, 0 problems" in said["open_defects"]
    assert "missing: callback_sheets, warranty_report" in said["documents"]
    assert "100000 fen deducted" in said["deductions_unconfirmed"]
    assert code(books.pay()) == "release-blocked"


@pytest.mark.rule("WAR-10", "WAR-12")
def test_a_blocked_release_is_asked_for_again_and_paid(books: Books) -> None:
    ready(books)
    books.notify()
    books.reentrust(price_fen=10_001)
    assert failing(books) == ["deductions_unconfirmed"]
    books.send(DisputeDeduction(deduction_id=books.deduction().id, reason="r"))
    assert failing(books) == ["deductions_disputed"]
    books.send(DecideDispute(deduction_id=books.deduction().id, upheld=True, document="d"))
    approved = answer(books.request())
    assert (approved["release_id"], approved["amount_fen"]) == ("ht1.r1-3", 44_999)
    assert code(books.pay("ht1.r1-1")) == "release-blocked"
    assert answer(books.pay("ht1.r1-3"))["amount_fen"] == 44_999
    assert [event.amount_fen for event in books.events(DepositReleased)] == [44_999]


@pytest.mark.rule("WAR-10")
def test_every_estate_of_the_contract_is_counted(books: Books) -> None:
    other = Books()
    other.send(opening(estate_ids=("xh01", "xh02")))
    assert failing(ready(other)) == ["closing_callbacks"]
    other.count("xh02", occupied_homes=100, called_back_homes=90)
    assert failing(other) == [], "190 of 200 is 95 %"
    other.now = local("2022-03-12")
    assert len(other.deposit.closing_counts) == 2
    other.count("xh02", occupied_homes=100, called_back_homes=89)
    assert len(other.deposit.closing_counts) == 2, "a later count replaces the earlier one"
    assert answer(other.pay("ht1.r1-2"))["status"] == "blocked"


STRICTER = """
[warranty.callback_gate_share]
value = 1.00
[warranty.release_first_share]
value = 0.40
[warranty.release_pay_within]
value = 10
"""


@pytest.mark.rule("WAR-10", "WAR-11", "ORG-01")
@pytest.mark.parametrize(
    ("file", "region"), [("estates__xh02", "south"), ("regions__west", "west")], ids=["an estate", "a region"]
)
@pytest.mark.parametrize(
    ("called_back", "gates"),
    [((95, 100), []), ((95, 99), ["closing_callbacks"]), ((90, 100), []), ((89, 100), ["closing_callbacks"])],
)
def test_what_one_place_of_a_contract_asks_beyond_the_others_is_asked_of_its_own_homes(
    file: str, region: str, called_back: tuple[int, int], gates: list[str], tmp_path: Path
) -> None:
    """Given a contract over an estate that wants 95 % of the homes called back and one that wants all of its own, then
    both are held to; less is paid at first, and earlier, where either says so.
    """
    books = Books(policies=policies(tmp_path, **{file: STRICTER}))
    books.lies("xh02", region)
    books.send(opening(estate_ids=("xh01", "xh02")))
    ready(books)
    for estate_id, called in zip(("xh01", "xh02"), called_back, strict=True):
        books.count(estate_id, called_back_homes=called)
    outcome = answer(books.request())
    release = books.state(Release, str(outcome["release_id"]))
    assert [gate.gate for gate in release.gates] == gates
    assert release.amount_fen == (0 if gates else 40_000)
    assert release.pay_by == local("2022-03-24 17:30")
    assert books.because[-1].facts["stricter_estates"] == ["xh02"], "explained by its entries, too"


@pytest.mark.rule("WAR-11")
def test_after_a_water_problem_there_is_no_part_payment(books: Books) -> None:
    ready(books)
    books.notify(1, "waterproofing")
    books.finish(1)
    assert failing(books) == ["not_due"]
    assert "no part payment" in books.events(ReleaseBlocked)[-1].gates[0].why
    books.wait_until(local("2025-03-10 23:59:59"))
    assert failing(books) == failing(books, 2) == ["not_due"]
    books.wait_until(FIVE_YEARS)
    assert answer(books.request(2))["amount_fen"] == 100_000


@pytest.mark.rule("WAR-10", "WAR-12")
def test_what_fails_between_approval_and_payment_blocks_it(books: Books) -> None:
    ready(books)
    books.request()
    books.reentrust(price_fen=20_000)
    assert answer(books.pay())["status"] == "blocked"
    assert [gate.gate for gate in books.events(ReleaseBlocked)[-1].gates] == ["deductions_unconfirmed"]
    assert not books.events(DepositReleased)
    books.send(ConfirmDeduction(deduction_id=books.deduction().id))
    assert answer(books.request())["amount_fen"] == 40_000
    assert answer(books.pay("ht1.r1-2"))["status"] == "paid"


@pytest.mark.rule("WAR-11", "WAR-12")
def test_never_more_is_paid_than_approved_or_held(books: Books) -> None:
    ready(books)
    books.request()
    books.reentrust(price_fen=20_000)
    books.send(ConfirmDeduction(deduction_id=books.deduction().id))
    assert answer(books.pay())["amount_fen"] == 40_000, "half of what is left by now, not the 50,000 approved"
    books.wait_until(FIVE_YEARS)
    books.request(2)
    assert answer(books.pay("ht1.r2-1"))["amount_fen"] == 40_000
    assert books.deposit.balances.free_fen == 0


@pytest.mark.rule("WAR-12")
def test_both_instalments_may_stand_approved_and_share_what_is_held(books: Books) -> None:
    ready(books, FIVE_YEARS)
    assert [answer(books.request(number))["amount_fen"] for number in (1, 2)] == [50_000, 100_000]
    assert answer(books.pay("ht1.r2-1"))["amount_fen"] == 100_000
    assert answer(books.pay("ht1.r1-1"))["status"] == "blocked"
    assert books.events(ReleaseBlocked)[-1].gates[0].gate == "nothing_to_release"


@pytest.mark.rule("WAR-07", "WAR-12")
def test_who_may_apply_and_who_may_pay(books: Books) -> None:
    ready(books)
    assert code(books.request(actor=contractor("sg2"))) == "deposit-not-found"
    assert code(books.request(3)) == "unknown-instalment"
    books.request()
    assert code(books.pay(actor=contractor("sg1"))) == "not-for-contractors"
    assert code(books.pay("ht1.r1-9")) == "release-not-found"
