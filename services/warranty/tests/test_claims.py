"""Agreed compensation is owed, approved with its form, paid once, and only then taken from the contractor's deposit."""

import json

import asyncpg
import pytest
from linli_contracts.events.warranty import (
    CompensationApproved,
    CompensationPaid,
    DeductionReversed,
    DepositDeducted,
)
from linli_rulebook.decision import NOTHING, Early
from linli_runtime.reads import Reads
from linli_testkit.tables import figures_that_differ, keep
from linli_warranty import store
from linli_warranty.commands import (
    ApprovePayment,
    CompleteForm,
    ConfirmDeduction,
    DecideDispute,
    DisputeDeduction,
    PayCompensation,
)
from linli_warranty.domain.chart import Account
from linli_warranty.domain.claim_ledger import ClaimAccount
from linli_warranty.domain.deductions import Deduction, deduction_id_of
from linli_warranty.store import View

from services.warranty.tests.books import CASHIER, CLERK, Books, answer, code, contractor

FORM = CompleteForm(claim_id="xh01.k1", form="form-1")
APPROVE = ApprovePayment(claim_id="xh01.k1")
PAY = PayCompensation(claim_id="xh01.k1", document="bank-7")


def standing(books: Books, number: int = 1) -> tuple[int, ...]:
    """What the payer bears, what the deposit bears, what is owed, what was paid; in fen, debits positive."""
    entries = dict.fromkeys(ClaimAccount, 0)
    for row in books.rows:
        if row.get("claim_id") == f"xh01.k{number}":
            entries[ClaimAccount(row["debit_account"])] += row["amount_fen"]
            entries[ClaimAccount(row["credit_account"])] -= row["amount_fen"]
    assert sum(entries.values()) == 0
    return tuple(entries.values())


def free_and_unconfirmed(books: Books) -> tuple[int, int]:
    """Of the deposit: free, and deducted without the contractor's signature."""
    balances = books.deposit.balances
    return balances.fen(Account.DEPOSIT_LIABILITY), balances.fen(Account.DEDUCTED_UNCONFIRMED)


@pytest.mark.rule("WAR-23", "WAR-06")
def test_nothing_is_taken_from_a_deposit_before_the_customer_has_the_money(books: Books) -> None:
    books.compensate(amount_fen=30_000)
    assert (books.claim().status, standing(books)) == ("agreed", (30_000, 0, -30_000, 0))
    books.send(FORM)
    books.send(APPROVE)
    assert (books.claim().status, standing(books)) == ("approved", (30_000, 0, -30_000, 0))
    assert free_and_unconfirmed(books) == (100_000, 0)
    assert not books.events(DepositDeducted)
    assert answer(books.send(PAY)) == {
        "claim_id": "xh01.k1", "status": "paid", "form": "form-1", "amount_fen": 30_000,
    }  # fmt: skip
    assert standing(books) == (0, 30_000, 0, -30_000)
    assert free_and_unconfirmed(books) == (70_000, 30_000), "unconfirmed until the contractor signs (WAR-04)"
    (paid,), (deducted,) = books.events(CompensationPaid), books.events(DepositDeducted)
    assert (paid.amount_fen, paid.contract_id, paid.payer, paid.paid_by) == (30_000, "ht1", "developer", "cashier")
    assert (deducted.amount_fen, deducted.reason, deducted.case_id) == (30_000, "compensation", "xh01.c1")
    (approved,) = books.events(CompensationApproved)
    assert (approved.form, approved.approved_by) == ("form-1", "clerk")


@pytest.mark.rule("WAR-23")
def test_who_approved_a_payment_does_not_make_it(books: Books) -> None:
    books.compensate()
    books.send(FORM)
    books.send(APPROVE, CASHIER)
    written = list(books.rows)
    assert code(books.send(PAY, CASHIER)) == "approved-it-yourself"
    assert (books.claim().status, books.rows, books.events(CompensationPaid)) == ("approved", written, [])
    assert answer(books.send(PAY, CLERK))["status"] == "paid"
    assert code(books.send(PAY, CASHIER)) == "compensation-already-paid"


@pytest.mark.rule("WAR-24")
def test_what_is_not_recovered_stays_with_the_payer(books: Books) -> None:
    books.compensate(contract_id=None)
    books.settle()
    assert standing(books) == (30_000, 0, 0, -30_000)
    assert books.events(CompensationPaid)[0].contract_id is None
    assert not books.events(DepositDeducted)
    assert free_and_unconfirmed(books) == (100_000, 0)


@pytest.mark.rule("WAR-23")
def test_each_step_only_after_the_one_before_and_only_once(books: Books) -> None:
    assert [code(books.send(step)) for step in (FORM, APPROVE, PAY)] == ["claim-not-found"] * 3
    books.compensate()
    assert code(books.send(PAY)) == "payment-not-approved"
    assert code(books.send(APPROVE)) == "complaint-form-missing"
    assert answer(books.send(FORM)) == answer(books.send(FORM)), "the same number again is answered alike"
    corrected = FORM.model_copy(update={"form": "form-2"})
    assert answer(books.send(corrected))["form"] == "form-2", "it may be put right until it was approved"
    assert code(books.send(PAY)) == "payment-not-approved", "a form alone pays nothing"
    books.send(APPROVE)
    assert code(books.send(APPROVE)) == "compensation-already-approved"
    assert code(books.send(FORM)) == "compensation-already-approved"
    books.send(PAY)
    written = list(books.rows)
    assert [code(books.send(step)) for step in (APPROVE, PAY)] == ["compensation-already-paid"] * 2
    assert books.rows == written
    assert len(books.events(CompensationPaid)) == 1


@pytest.mark.rule("WAR-23", "OPS-03")
def test_a_settlement_told_twice_or_before_its_estate_is_owed_once(books: Books) -> None:
    books.compensate()
    assert books.compensate() is NOTHING
    books.settle()
    assert books.compensate() is NOTHING, "late: it is paid already"
    assert standing(books) == (0, 30_000, 0, -30_000)
    books.states.clear()
    assert books.compensate(2) == Early("estate", "xh01")


@pytest.mark.rule("WAR-24", "OPS-03")
def test_a_deposit_that_is_not_there_stops_the_payment_and_nothing_moves(books: Books) -> None:
    books.compensate(contract_id="ht9")
    assert code(books.settle()) == "deposit-not-found"
    assert (books.claim().status, standing(books)) == ("approved", (30_000, 0, -30_000, 0))


@pytest.mark.rule("WAR-06")
@pytest.mark.parametrize(("amount_fen", "owed_fen"), [(99_999, 0), (100_000, 0), (100_001, 1)])
def test_more_recovered_than_held_is_owed_by_the_contractor(books: Books, amount_fen: int, owed_fen: int) -> None:
    books.compensate(amount_fen=amount_fen)
    books.settle()
    assert books.deposit.balances.fen(Account.RECEIVABLE) == owed_fen
    assert standing(books) == (0, amount_fen, 0, -amount_fen)


@pytest.mark.rule("WAR-03", "WAR-04", "WAR-24")
@pytest.mark.parametrize(("upheld", "cost_fen"), [(True, 0), (False, 30_000)])
def test_a_deduction_taken_back_is_borne_by_the_payer_again(books: Books, *, upheld: bool, cost_fen: int) -> None:
    books.compensate()
    books.settle()
    deduction_id = deduction_id_of("ht1", "xh01.k1")
    assert books.state(Deduction, deduction_id).order_id == "xh01.k1"
    books.send(DisputeDeduction(deduction_id=deduction_id, reason="letter-7"), contractor("sg1"))
    decision = DecideDispute(deduction_id=deduction_id, upheld=upheld, document="decision-7")
    assert answer(books.send(decision))["status"] == ("confirmed" if upheld else "rejected")
    assert code(books.send(decision)) == "deduction-not-disputed"
    assert standing(books) == (cost_fen, 30_000 - cost_fen, 0, -30_000), "what the customer has stays theirs"
    assert len(books.events(DeductionReversed)) == (not upheld)


@pytest.mark.rule("WAR-07", "WAR-23")
def test_a_contractor_neither_approves_nor_pays(books: Books) -> None:
    books.compensate()
    assert [code(books.send(step, contractor("sg1"))) for step in (FORM, APPROVE, PAY)] == ["not-for-contractors"] * 3
    assert books.claim().status == "agreed"


@pytest.mark.rule("WAR-22")
def test_the_property_companys_compensation_is_told_as_its_own(books: Books) -> None:
    books.compensate(payer="property", contract_id=None)
    books.settle()
    assert books.events(CompensationPaid)[0].payer == "property"


@pytest.mark.rule("WAR-03", "WAR-23")
async def test_the_database_keeps_the_claims_books_by_itself(reads: Reads, books: Books) -> None:
    books.compensate(1)
    books.settle(1)
    books.send(ConfirmDeduction(deduction_id=deduction_id_of("ht1", "xh01.k1")))
    books.compensate(2, amount_fen=500, contract_id=None)
    fresh = [row for row in books.appended if row.table == "claim_movement"]
    fresh += [row for row in books.appended if row.table == "movement"][-2:]
    await keep(reads, [books.claim(1), books.claim(2), books.deposit, books.deduction_of_claim()], fresh)
    assert await figures_that_differ(reads) == []
    figures = (await store.figures(reads, View("group", None))).model_dump()
    wanted = {
        "compensations_agreed": 1, "compensations_approved": 0, "compensations_paid": 1, "compensation_owed_fen": 500,
        "compensation_paid_fen": 30_000, "compensation_recovered_fen": 30_000, "compensation_cost_fen": 500,
        "ledger_sum_fen": 0, "accounts_that_differ": 0,
    }  # fmt: skip
    assert {name: figures[name] for name in wanted} == wanted
    page = await store.claim_page(reads, View("group/south", None), status="paid", case_id="xh01.c1", after="", limit=5)
    assert page.items == [books.claim(1)]
    for foreign in (View("group/north", None), View("group", "sg1")):
        none = await store.claim_page(reads, foreign, status=None, case_id=None, after="", limit=5)
        assert (none.items, (await store.claim_ledger(reads, foreign, "xh01.k1")).items) == ([], [])
        assert (await store.figures(reads, foreign)).compensations_paid == 0
    ledger = await store.claim_ledger(reads, View("group", None), "xh01.k1")
    assert [row.reason for row in ledger.items] == ["agreed", "paid", "recovered"]
    paid_again = json.dumps([{**dict(fresh[1].values), "lane": 0}])
    with pytest.raises(asyncpg.UniqueViolationError, match="claim_movement_pkey"):
        await reads.pool.execute(reads.queries["append_claim_movement"], paid_again)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await reads.pool.execute("UPDATE claim_movement SET amount_fen = 1")
    for wrong in ('{"status": "approved"}', '{"form": null}', '{"amount_fen": 0}', '{"status": "lost"}'):
        with pytest.raises(asyncpg.CheckViolationError):
            await reads.pool.execute("UPDATE claim SET state = state || $1::text::jsonb WHERE status = 'paid'", wrong)
