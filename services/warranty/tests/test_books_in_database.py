"""The database keeps the books by itself: it sums to zero, refuses changes and repeats, and shows any past day."""

import json
from datetime import date

import asyncpg
import pytest
from linli_contracts.shelves import shelf_of
from linli_runtime.reads import Reads
from linli_testkit.tables import figures_that_differ, keep
from linli_warranty import store
from linli_warranty.domain.chart import Account
from linli_warranty.domain.estate import Estate, Homes
from linli_warranty.domain.release import Release
from linli_warranty.store import View

from services.warranty.tests.books import Books

ALL, SOUTH, NORTH = View("group", None), View("group/south", None), View("group/north", None)
OWN, FOREIGN = View("group", "sg1"), View("group", "sg2")


async def test_every_query_fits_the_schema(reads: Reads) -> None:
    async with reads.pool.acquire() as connection:
        for statement in reads.queries.values():
            await connection.prepare(statement)


@pytest.mark.rule("WAR-03")
async def test_the_figures_agree_with_the_ledger(reads: Reads) -> None:
    assert await figures_that_differ(reads) == []
    figures = await store.figures(reads, ALL)
    assert figures.model_dump() == {
        "deposits": 2,
        "retained_fen": 100_007,
        "cash_fen": 65_007,
        "free_fen": 30_007,
        "deducted_unconfirmed_fen": 5_000,
        "deducted_disputed_fen": 0,
        "deducted_confirmed_fen": 30_000,
        "receivable_fen": 0,
        "released_fen": 35_000,
        "deductions": 2,
        "releases_paid": 1,
        "releases_approved": 0,
        "releases_blocked": 1,
        "compensations_agreed": 0,
        "compensations_approved": 0,
        "compensations_paid": 0,
        "compensation_owed_fen": 0,
        "compensation_paid_fen": 0,
        "compensation_recovered_fen": 0,
        "compensation_cost_fen": 0,
        "ledger_sum_fen": 0,
        "accounts_that_differ": 0,
    }


@pytest.mark.rule("WAR-03")
async def test_a_balance_that_is_not_the_ledgers_is_seen(reads: Reads) -> None:
    stored = await store.find_deposit(reads, ALL, "ht1")
    assert stored is not None
    moved = {"deposit_liability": -1, "deducted_confirmed": -59_999}
    forged = stored.model_copy(update={"balances": stored.balances.model_copy(update=moved)})
    await keep(reads, [forged])
    assert (await store.figures(reads, ALL)).accounts_that_differ == 2


@pytest.mark.rule("WAR-03")
async def test_the_balance_on_any_past_day(reads: Reads) -> None:
    shown = {
        date(2020, 5, 31): (0, 0, 0),
        date(2020, 6, 1): (100_000, 100_000, 1),
        date(2021, 4, 30): (100_000, 100_000, 1),
        date(2021, 5, 1): (100_000, 70_000, 3),
        date(2022, 3, 10): (100_000, 70_000, 3),
        date(2022, 3, 11): (65_000, 30_000, 5),
        None: (65_000, 30_000, 5),
    }
    for until, (cash_fen, free_fen, movements) in shown.items():
        balances = await store.balances_until(reads, "ht1", until)
        assert balances.accounts[Account.CASH_RETAINED] == cash_fen
        assert -balances.accounts[Account.DEPOSIT_LIABILITY] == free_fen
        assert balances.sum_fen == 0
        page = await store.ledger_page(reads, "ht1", until=until, after=0, limit=100)
        assert (len(page.items), page.next) == (movements, None)


@pytest.mark.rule("WAR-03", "WAR-12")
async def test_the_ledger_refuses_what_is_no_new_movement(reads: Reads, books: Books) -> None:
    new = {**books.rows[-1], "lane": 0, "number": 99, "cause": "new"}
    forged: dict[str, dict[str, object]] = {
        "movement_pkey": {"contract_id": "ht1", "number": 1},
        "movement_cause_key": {"cause": "ht1.r1.paid"},
        "movement_check": {"debit_account": "disputed", "credit_account": "disputed"},
        "movement_credit_account_check": {"credit_account": "elsewhere"},
        "movement_debit_account_check": {"debit_account": "elsewhere"},
        "movement_amount_fen_check": {"amount_fen": 0},
        "movement_reverses_fkey": {"reverses": "nothing"},
    }
    for constraint, changes in forged.items():
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=constraint):
            await reads.pool.execute(reads.queries["append_movement"], json.dumps([new | changes]))
    for statement in ("UPDATE movement SET amount_fen = 1", "DELETE FROM movement", "TRUNCATE movement CASCADE"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await reads.pool.execute(statement)
    assert (await store.figures(reads, ALL)).accounts_that_differ == 0
    await reads.pool.execute(reads.queries["append_movement"], json.dumps([new]))


@pytest.mark.rule("WAR-03", "WAR-06", "WAR-12")
async def test_an_account_in_disorder_and_a_second_payment_are_refused(reads: Reads) -> None:
    for statement in (
        "UPDATE deposit SET state = jsonb_set(state, '{balances,deposit_liability}', '1')",
        "UPDATE deposit SET state = jsonb_set(state, '{released_fen}', '1')",
        "UPDATE deposit SET state = jsonb_set(state, '{balances,disputed}', '-1')",
        "UPDATE deduction SET state = jsonb_set(state, '{status}', '\"forgotten\"')",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await reads.pool.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError, match="release_once"):
        await reads.pool.execute(
            "INSERT INTO release (id, lane, state) SELECT 'ht1.r1-9', lane, state FROM release WHERE status = 'paid'"
        )


@pytest.mark.rule("WAR-07")
async def test_a_contractor_sees_its_own_accounts_and_no_other(reads: Reads) -> None:
    seen = {
        view: await store.deposit_page(reads, view, after="", limit=10) for view in (ALL, SOUTH, NORTH, OWN, FOREIGN)
    }
    assert {view: [deposit.id for deposit in page.items] for view, page in seen.items()} == {
        ALL: ["ht1", "ht2"],
        SOUTH: ["ht1", "ht2"],
        NORTH: [],
        OWN: ["ht1"],
        FOREIGN: ["ht2"],
    }
    assert await store.find_deposit(reads, FOREIGN, "ht1") is None
    for view, count in ((OWN, 2), (FOREIGN, 0), (NORTH, 0), (SOUTH, 2)):
        deductions = await store.deduction_page(reads, view, status=None, contract_id=None, after="", limit=10)
        releases = await store.release_page(reads, view, status=None, contract_id=None, after="", limit=10)
        assert (len(deductions.items), len(releases.items)) == (count, count)
        assert (await store.figures(reads, view)).deductions == count
    assert (await store.figures(reads, NORTH)).deposits == 0


async def test_pages_and_filters(reads: Reads) -> None:
    first = await store.deposit_page(reads, ALL, after="", limit=1)
    assert ([deposit.id for deposit in first.items], first.next) == (["ht1"], "ht1")
    second = await store.deposit_page(reads, ALL, after=first.next or "", limit=1)
    assert ([deposit.id for deposit in second.items], second.next) == (["ht2"], None)
    ledger = await store.ledger_page(reads, "ht1", until=None, after=1, limit=2)
    assert ([movement.number for movement in ledger.items], ledger.next) == ([2, 3], "3")
    waiting = await store.deduction_page(reads, ALL, status="unconfirmed", contract_id="ht1", after="", limit=10)
    assert [deduction.order_id for deduction in waiting.items] == ["xh01.o2"]
    blocked = await store.release_page(reads, ALL, status="blocked", contract_id=None, after="", limit=10)
    assert [[gate.gate for gate in release.gates] for release in blocked.items] == [["not_due"]]


async def test_states_come_back_as_they_were(reads: Reads, books: Books) -> None:
    assert await store.find_deposit(reads, ALL, "ht1") == books.deposit
    assert await store.find_estate(reads, "xh01") == books.state(Estate, "xh01")
    assert (
        await store.find_home(reads, "xh01.1-1-101")
        == books.state(Homes, shelf_of("xh01.1-1-101")).homes["xh01.1-1-101"]
    )
    assert await store.find_home(reads, "xh01.1-1-999") is None
    releases = await store.release_page(reads, ALL, status="paid", contract_id="ht1", after="", limit=10)
    assert releases.items == [books.state(Release, "ht1.r1-2")]
