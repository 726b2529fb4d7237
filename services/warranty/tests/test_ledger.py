"""Whatever happens to a deposit: all accounts sum to zero, and the balances that decisions rest on are the ledger's."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linli_rulebook.decision import Decision
from linli_warranty.commands import ConfirmDeduction, DecideDispute, DisputeDeduction
from linli_warranty.domain.chart import DEBIT_SIDE, Account
from linli_warranty.domain.deductions import Deduction, deduction_id_of
from linli_warranty.domain.ledger import Balances, LedgerBugError, Posting, Stamp, number_movements

from services.warranty.tests.books import Books, local, opening, policies

ORDERS = st.integers(1, 5)
STEPS = st.one_of(
    st.tuples(st.just("reentrust"), ORDERS, st.integers(0, 60_000)),
    st.tuples(st.sampled_from(("confirm", "dispute", "uphold", "reject", "notify", "finish")), ORDERS, st.just(0)),
    st.tuples(st.sampled_from(("count", "request", "pay")), st.integers(1, 2), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(1, 900), st.just(0)),
)


def step(books: Books, what: str, number: int, more: int) -> None:
    """One thing that may happen; much of it is refused, as in life."""
    deduction_id = deduction_id_of("ht1", f"xh01.o{number}")
    match what:
        case "reentrust":
            books.reentrust(number, price_fen=more)
        case "notify":
            books.notify(number)
        case "finish":
            books.finish(number)
        case "confirm":
            books.send(ConfirmDeduction(deduction_id=deduction_id))
        case "dispute":
            books.send(DisputeDeduction(deduction_id=deduction_id, reason="r"))
        case "uphold" | "reject":
            books.send(DecideDispute(deduction_id=deduction_id, upheld=what == "uphold", document="d"))
        case "count":
            books.count()
        case "request":
            books.request(number)
        case "pay":
            books.pay(f"ht1.r{number}-{more}")
        case _:
            books.wait_until(books.now + timedelta(days=number))


@pytest.mark.rule("WAR-03", "WAR-04", "WAR-06", "WAR-12")
@settings(max_examples=150, deadline=None)
@given(retained_fen=st.integers(1, 200_001), steps=st.lists(STEPS, max_size=40))
def test_the_balances_are_the_sum_of_the_ledger(retained_fen: int, steps: list[tuple[str, int, int]]) -> None:
    books = Books()
    documents = ("settlement", "contract", "callback_sheets", "warranty_report")
    books.send(opening(retained_fen=retained_fen, documents=documents))
    for what, number, more in steps:
        step(books, what, number, more)
        ledger: Counter[str] = Counter()
        for row in books.rows:
            ledger[row["debit_account"]] += row["amount_fen"]
            ledger[row["credit_account"]] -= row["amount_fen"]
        deposit = books.deposit
        balances = deposit.balances
        assert {account.value: ledger[account] for account in Account} == balances.model_dump()
        assert sum(ledger.values()) == 0
        assert all(balances.fen(account) >= 0 for account in Account)
        assert balances.free_fen == 0 or balances.fen(Account.RECEIVABLE) == 0, "nobody is paid who owes"
        assert balances.cash_retained == retained_fen - deposit.released_fen
        assert [row["number"] for row in books.rows] == list(range(1, len(books.rows) + 1))
        assert len({row["cause"] for row in books.rows}) == len(books.rows)
    standing = Counter[str]()
    for state in books.states.values():
        if isinstance(state, Deduction):
            standing[state.status] += state.amount_fen
            assert state.amount_fen == state.held_fen + state.receivable_fen
    assert standing["unconfirmed"] == books.deposit.balances.fen(Account.DEDUCTED_UNCONFIRMED)
    assert standing["disputed"] == books.deposit.balances.fen(Account.DISPUTED)
    assert standing["confirmed"] == books.deposit.balances.fen(Account.DEDUCTED_CONFIRMED)


@pytest.mark.rule("WAR-03")
def test_the_books_of_a_day_are_those_of_finance(books: Books) -> None:
    books.wait_until(local("2020-12-31 23:59:59"))
    books.reentrust(1)
    books.wait_until(local("2021-01-01 00:00:00"))
    books.reentrust(2)
    assert [row["booked_on"] for row in books.rows] == ["2020-06-01", "2020-12-31", "2021-01-01"]


@pytest.mark.rule("WAR-03")
def test_every_movement_says_why_by_which_document_who_and_when(books: Books) -> None:
    books.reentrust()
    row = books.rows[-1]
    assert (row["reason"], row["document"], row["who"], row["at"]) == (
        "deducted",
        "xh01.o1",
        "manager-1",
        "2020-06-01T04:00:00Z",
    )


@pytest.mark.rule("WAR-03")
def test_an_account_never_changes_its_side() -> None:
    stamp = Stamp(who="x", at=local("2020-06-01"), on=date(2020, 6, 1))
    for account in Account:
        other = Account.CASH_RETAINED if account not in DEBIT_SIDE else Account.DEPOSIT_LIABILITY
        debit, credit = (account, other) if account not in DEBIT_SIDE else (other, account)
        posting = Posting(debit=debit, credit=credit, amount_fen=1, reason="opened", document="x", cause="x")
        with pytest.raises(LedgerBugError, match="wrong side"):
            Balances().after(number_movements("ht1", 0, (posting,), stamp))


@pytest.mark.rule("WAR-03")
def test_nothing_is_booked_for_nothing() -> None:
    stamp = Stamp(who="x", at=local("2020-06-01"), on=date(2020, 6, 1))
    nothing = Posting(
        debit=Account.CASH_RETAINED, credit=Account.DISPUTED, amount_fen=0, reason="opened", document="x", cause="x"
    )
    assert number_movements("ht1", 7, (nothing,), stamp) == ()


def test_random_steps_reach_payments() -> None:
    """The random walk above is able to pay: its steps include this path."""
    books = Books()
    books.send(opening(documents=("settlement", "contract", "callback_sheets", "warranty_report")))
    for what, number, more in (("count", 1, 1), ("wait", 900, 0), ("request", 1, 1), ("pay", 1, 1)):
        step(books, what, number, more)
    assert books.deposit.released_fen == 50_000
    assert isinstance(books.request(2), Decision)


@pytest.mark.rule("WAR-03", "ORG-01")
@pytest.mark.parametrize(
    ("estate_ids", "on"), [(("xh01",), date(2020, 5, 31)), (("xh01", "xh02"), date(2020, 6, 1))], ids=["one", "several"]
)
def test_all_movements_of_a_ledger_are_dated_by_one_calendar(
    estate_ids: tuple[str, ...], on: date, tmp_path: Path
) -> None:
    """Given a region whose finance keeps its books in New York, then an account and the claims of an estate are each
    dated by their own place throughout, else a balance of a past day has a deduction without the deposit.
    """
    books = Books(policies=policies(tmp_path, regions__west='[calendar.zone]\nvalue = "America/New_York"\n'))
    books.lies("xh01", "west")
    books.wait_until(local("2020-06-01 09:00:00"))
    books.send(opening(estate_ids=estate_ids))
    books.reentrust()
    books.compensate()
    books.settle()
    deduction_id = books.deduction_of_claim().id
    books.send(DisputeDeduction(deduction_id=deduction_id, reason="r"))
    books.send(DecideDispute(deduction_id=deduction_id, upheld=False, document="d"))
    dated = {(("claim" if "claim_id" in row else "deposit"), row["booked_on"]) for row in books.rows}
    assert dated == {("deposit", on.isoformat()), ("claim", "2020-05-31")}
    assert [row["reason"] for row in books.rows if "claim_id" in row] == ["agreed", "paid", "recovered", "reversed"]
