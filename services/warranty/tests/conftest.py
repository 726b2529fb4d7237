"""Books for warranty's tests, in memory and in a database."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import linli_warranty
import pytest
from linli_runtime.reads import Reads
from linli_testkit.databases import Database
from linli_testkit.tables import keep, migrated
from linli_warranty.commands import ConfirmDeduction, RecordDocument

from services.warranty.tests.books import Books, local, opening

SQL = Path(linli_warranty.__file__).parent / "sql"


@pytest.fixture
def books() -> Books:
    """Books with the account of contract ht1, opened on 2020-06-01."""
    new = Books()
    new.send(opening())
    return new


@pytest.fixture
async def reads(database: Database, books: Books) -> AsyncIterator[Reads]:
    """Stored: opened 2020-06-01; 30,000 deducted 2021-05-01, confirmed; 35,000 paid 2022-03-11; 5,000 unconfirmed."""
    books.wait_until(local("2021-05-01"))
    books.reentrust(1, price_fen=30_000)
    books.send(ConfirmDeduction(deduction_id=books.deduction().id))
    books.count()
    for document in ("callback_sheets", "warranty_report"):
        books.send(RecordDocument(contract_id="ht1", document=document))
    books.request()
    books.wait_until(local("2022-03-11"))
    books.request()
    books.pay("ht1.r1-2")
    books.reentrust(2, price_fen=5_000)
    books.send(opening(contract_id="ht2", contractor_id="sg2", estate_ids=("xh02",), retained_fen=7))
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        stored = await migrated(pool, SQL)
        await keep(stored, books.states.values(), books.appended)
        yield stored
