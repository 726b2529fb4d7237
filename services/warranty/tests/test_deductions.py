"""A re-entrusted repair is deducted once, unconfirmed until the contractor signs, held back while it is disputed."""

import pytest
from linli_contracts.events.warranty import DeductionConfirmed, DeductionDisputed, DepositDeducted
from linli_contracts.lanes import key_of
from linli_rulebook.decision import NOTHING, Early
from linli_warranty.commands import Command, ConfirmDeduction, DecideDispute, DisputeDeduction
from linli_warranty.domain.chart import Account
from linli_warranty.domain.deductions import Deduction
from pydantic import ValidationError

from services.warranty.tests.books import CLERK, Books, answer, code, contractor

STANDING = (
    Account.DEPOSIT_LIABILITY,
    Account.DEDUCTED_UNCONFIRMED,
    Account.DISPUTED,
    Account.DEDUCTED_CONFIRMED,
    Account.RECEIVABLE,
)


def standing(books: Books) -> tuple[int, ...]:
    """Free, unconfirmed, disputed, confirmed, owed by the contractor; in fen."""
    return tuple(books.deposit.balances.fen(account) for account in STANDING)


def confirm(books: Books, number: int = 1) -> ConfirmDeduction:
    return ConfirmDeduction(deduction_id=books.deduction(number).id)


def dispute(books: Books, number: int = 1) -> DisputeDeduction:
    return DisputeDeduction(deduction_id=books.deduction(number).id, reason="letter-7")


def decide(books: Books, number: int = 1, *, upheld: bool) -> DecideDispute:
    return DecideDispute(deduction_id=books.deduction(number).id, upheld=upheld, document="decision-7")


@pytest.mark.rule("WAR-04", "WAR-06")
def test_a_reentrusted_repair_is_deducted_unconfirmed_and_once(books: Books) -> None:
    books.notify()
    books.reentrust(price_fen=30_000)
    assert books.reentrust(price_fen=30_000) is NOTHING
    assert standing(books) == (70_000, 30_000, 0, 0, 0)
    (told,) = books.events(DepositDeducted)
    assert (told.amount_fen, told.receivable_fen, told.case_id, told.reason) == (30_000, 0, "xh01.c1", "late_arrival")
    assert books.deduction().status == "unconfirmed"
    assert key_of(books.deduction().id) == "ht1", "it lies in the contract's lane"
    assert books.rows[-1]["who"] == "manager-1"


@pytest.mark.rule("WAR-06")
@pytest.mark.parametrize(
    ("price_fen", "owed_fen", "movements"),
    [(99_999, 0, 1), (100_000, 0, 1), (100_001, 1, 2), (250_000, 150_000, 2)],
)
def test_more_deducted_than_held_is_owed_never_negative(
    books: Books, price_fen: int, owed_fen: int, movements: int
) -> None:
    before = len(books.rows)
    books.reentrust(price_fen=price_fen)
    assert standing(books) == (max(0, 100_000 - price_fen), price_fen, 0, 0, owed_fen)
    assert books.events(DepositDeducted)[-1].receivable_fen == owed_fen
    assert len(books.rows) - before == movements


@pytest.mark.rule("WAR-06")
def test_with_nothing_left_all_is_owed(books: Books) -> None:
    books.reentrust(1, price_fen=100_000)
    books.reentrust(2, price_fen=5_000)
    assert standing(books) == (0, 105_000, 0, 0, 5_000)


@pytest.mark.rule("WAR-05", "WAR-06")
def test_what_costs_nothing(books: Books) -> None:
    books.notify()
    books.finish()
    assert books.reentrust(2, price_fen=0) is not NOTHING, "its order is closed"
    books.reentrust(3, contract_id=None)
    assert books.because[-1].what == "no_deposit_to_deduct_from"
    assert not books.events(DepositDeducted)
    assert standing(books) == (100_000, 0, 0, 0, 0)


@pytest.mark.rule("WAR-04")
def test_confirmed(books: Books) -> None:
    books.reentrust()
    assert answer(books.send(confirm(books), contractor("sg1")))["status"] == "confirmed"
    assert standing(books) == (70_000, 0, 0, 30_000, 0)
    (told,) = books.events(DeductionConfirmed)
    assert (told.amount_fen, told.confirmed_by) == (30_000, "person-of-sg1")


@pytest.mark.rule("WAR-03", "WAR-04")
@pytest.mark.parametrize(
    ("upheld", "status", "after"),
    [(True, "confirmed", (70_000, 0, 0, 30_000, 0)), (False, "rejected", (100_000, 0, 0, 0, 0))],
)
def test_disputed_is_held_back_until_decided(
    books: Books, *, upheld: bool, status: str, after: tuple[int, ...]
) -> None:
    books.reentrust()
    books.send(dispute(books), contractor("sg1"))
    assert standing(books) == (70_000, 0, 30_000, 0, 0)
    assert [event.reason for event in books.events(DeductionDisputed)] == ["letter-7"]
    assert answer(books.send(decide(books, upheld=upheld)))["status"] == status
    assert standing(books) == after
    assert len(books.events(DeductionConfirmed)) == upheld


@pytest.mark.rule("WAR-03")
def test_a_rejected_deduction_is_a_reversing_entry_and_deletes_nothing(books: Books) -> None:
    books.reentrust()
    books.send(dispute(books))
    written = list(books.rows)
    books.send(decide(books, upheld=False))
    assert books.rows[: len(written)] == written
    (reversing,) = books.rows[len(written) :]
    assert (reversing["debit_account"], reversing["credit_account"]) == ("disputed", "deposit_liability")
    assert (reversing["reason"], reversing["reverses"]) == ("reversed", f"{books.deduction().id}.disputed")
    assert (reversing["document"], reversing["who"], reversing["amount_fen"]) == ("decision-7", "clerk", 30_000)


@pytest.mark.rule("WAR-04", "WAR-06")
def test_what_a_rejected_deduction_gives_back_goes_first_where_the_contractor_owes(books: Books) -> None:
    books.reentrust(1, price_fen=80_000)
    books.reentrust(2, price_fen=50_000)
    assert standing(books) == (0, 130_000, 0, 0, 30_000)
    books.send(dispute(books, 1))
    books.send(decide(books, 1, upheld=False))
    assert standing(books) == (50_000, 50_000, 0, 0, 0)
    books.send(dispute(books, 2))
    books.send(decide(books, 2, upheld=False))
    assert standing(books) == (100_000, 0, 0, 0, 0), "though 30,000 of it had been owed, not held"


@pytest.mark.rule("WAR-04")
def test_each_step_only_from_its_state(books: Books) -> None:
    books.reentrust(1)
    assert code(books.send(decide(books, upheld=True))) == "deduction-not-disputed"
    books.send(dispute(books))
    assert code(books.send(confirm(books))) == "deduction-not-unconfirmed"
    assert code(books.send(dispute(books))) == "deduction-not-unconfirmed"
    books.send(decide(books, upheld=False))
    assert code(books.send(decide(books, upheld=True))) == "deduction-not-disputed"
    assert code(books.send(ConfirmDeduction(deduction_id="ht1.d000000000000"))) == "deduction-not-found"
    assert standing(books) == (100_000, 0, 0, 0, 0)


@pytest.mark.rule("WAR-07")
def test_a_contractor_reaches_its_own_deductions_and_decides_none(books: Books) -> None:
    books.reentrust()
    stranger = contractor("sg2")
    steps: tuple[Command, ...] = (confirm(books), dispute(books))
    assert [code(books.send(step, stranger)) for step in steps] == ["deduction-not-found"] * 2
    assert code(books.send(decide(books, upheld=False), contractor("sg1"))) == "not-for-contractors"
    assert answer(books.send(confirm(books), CLERK))["status"] == "confirmed", "a clerk records the signature"


@pytest.mark.rule("WAR-06", "OPS-03")
def test_a_fact_about_an_unknown_contract_waits_for_it() -> None:
    books = Books()
    assert books.notify() == Early("deposit", "ht1")
    assert books.reentrust() == Early("deposit", "ht1")
    assert books.count() == Early("deposit", "ht1")
    assert books.notify(contract_id=None) is NOTHING
    assert not [state for state in books.states.values() if isinstance(state, Deduction)]


@pytest.mark.rule("WAR-10", "OPS-03")
def test_an_order_is_over_whichever_fact_comes_first(books: Books) -> None:
    books.reentrust(1)
    books.notify(1)
    assert books.deposit.open_orders == 0
    books.finish(2)
    books.notify(2, "waterproofing")
    assert books.deposit.open_orders == 0
    assert books.deposit.water_problem == "xh01.c2"
    assert books.notify(2, "waterproofing") is NOTHING
    assert books.finish(2) is NOTHING
    assert books.finish(3, "own_staff") is NOTHING
    books.close(3)
    books.notify(3)
    assert books.deposit.open_orders == 0


@pytest.mark.rule("WAR-10", "OPS-03")
def test_each_order_is_counted_once_however_it_ends(books: Books) -> None:
    for number in (1, 2, 3):
        books.notify(number)
        books.notify(number)
    assert books.deposit.open_orders == 3
    books.finish(1)
    books.finish(1)
    assert books.deposit.open_orders == 2
    books.reentrust(2)
    books.finish(2, "replacement")
    books.reentrust(2)
    assert books.deposit.open_orders == 1
    books.close(3)
    books.close(3)
    books.finish(3)
    assert books.deposit.open_orders == 0


@pytest.mark.rule("INT-13", "WAR-04")
@pytest.mark.parametrize("reason", ["王女士家漏水", "13800138000", "call 13800138000", "", "x" * 65, "a\nb"])
def test_the_reason_of_a_dispute_travels_so_it_is_no_free_text(reason: str) -> None:
    with pytest.raises(ValidationError, match="reason"):
        DisputeDeduction(deduction_id="ht1.d1", reason=reason)
    for code_or_number in ("price_too_high", "HT-2026/17.3"):
        assert DisputeDeduction(deduction_id="ht1.d1", reason=code_or_number).reason == code_or_number
