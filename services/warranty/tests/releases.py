"""A deposit whose gates are open, and which of them are not: for tests of releases and of what their gates count."""

from datetime import datetime

from linli_warranty.commands import RecordDocument
from linli_warranty.domain.release import Release

from services.warranty.tests.books import Books, answer, local

TWO_YEARS, FIVE_YEARS = local("2022-03-11"), local("2025-03-11")
"""The first days after the warranties of a contract accepted on 2020-03-10."""


def ready(books: Books, at: datetime = TWO_YEARS) -> Books:
    """The same, with every gate open at `at`."""
    for document in ("callback_sheets", "warranty_report"):
        books.send(RecordDocument(contract_id="ht1", document=document))
    books.count(top_floor_homes=12, top_floor_visited=12)
    books.wait_until(at)
    return books


def failing(books: Books, instalment: int = 1) -> list[str]:
    """The gates that fail when an instalment is asked for now."""
    release_id = str(answer(books.request(instalment))["release_id"])
    return [gate.gate for gate in books.state(Release, release_id).gates]
