"""Of an estate's closing callbacks the count told last counts, and a leak that any of them found (WAR-09 to WAR-11)."""

from datetime import timedelta

import pytest
from linli_contracts.events.warranty import ReleaseBlocked

from services.warranty.tests.books import Books
from services.warranty.tests.releases import failing, ready


@pytest.mark.rule("WAR-09", "WAR-10")
def test_a_count_of_an_estate_outside_the_contract_counts_for_nothing(books: Books) -> None:
    ready(books)
    books.count(called_back_homes=90)
    books.count("xh02", occupied_homes=900, called_back_homes=900)
    assert failing(books) == ["closing_callbacks"]
    assert [count.estate_id for count in books.deposit.closing_counts] == ["xh01"]
    assert "count_of_another_estate_ignored" in {why.what for why in books.because}


@pytest.mark.rule("WAR-09", "WAR-10")
@pytest.mark.parametrize("earlier", [timedelta(0), timedelta(seconds=1)])
@pytest.mark.parametrize("again", [False, True])
def test_a_count_told_late_does_not_replace_a_newer_one(books: Books, earlier: timedelta, again: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Given a count that was parked, when it comes after a newer one, of the same instant too, and one that says what
    an even older one said, then the newer one counts.
    """
    newer = ready(books).now
    if again:
        books.count(called_back_homes=95)
    parked = books.heard = books.heard + 1
    books.count(called_back_homes=95)
    books.now = newer - earlier
    books.count(called_back_homes=10, number=parked)
    books.now = newer
    assert failing(books) == []


@pytest.mark.rule("WAR-09", "WAR-10")
def test_of_two_counts_of_one_instant_the_one_told_last_counts(books: Books) -> None:
    ready(books)
    books.count(called_back_homes=95)
    books.count(called_back_homes=94)
    assert failing(books) == ["closing_callbacks"]


@pytest.mark.rule("WAR-11")
def test_a_leak_that_the_closing_callbacks_found_forbids_part_payment_for_good(books: Books) -> None:
    ready(books)
    books.count(leaks_found=1)
    books.count(leaks_found=0)
    assert failing(books) == ["not_due"]
    assert "no part payment" in books.events(ReleaseBlocked)[-1].gates[0].why
    assert [why.facts["seen_in"] for why in books.because if why.what == "no_part_payment"] == ["xh01"]


@pytest.mark.rule("WAR-11", "OPS-02")
def test_a_leak_of_a_count_that_was_parked_is_remembered_when_it_comes_after_a_newer_one(books: Books) -> None:
    newer = ready(books).now
    parked = books.heard = books.heard + 1
    books.count()
    books.now = newer - timedelta(days=30)
    books.count(leaks_found=1, called_back_homes=10, number=parked)
    books.now = newer
    assert failing(books) == ["not_due"], "no part payment; the newer count stays"
    assert [why.facts["seen_in"] for why in books.because if why.what == "no_part_payment"] == ["xh01"]
