"""An order that was taken back never was a defect of this contract's: it holds no release up (WAR-10, WAR-11)."""

import pytest
from linli_contracts.events.dispatch import OrderRecalled
from linli_contracts.events.intake import Trade
from linli_contracts.events.warranty import DepositDeducted
from linli_rulebook.decision import NOTHING, Early, Outcome
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.orders import CaseOrders, Order

from services.warranty.tests.books import Books, opening


def recalled(books: Books, number: int = 1, trade: Trade = "decoration") -> Outcome:
    return books.hear(
        OrderRecalled(
            case_id=f"xh01.c{number}",
            estate_id="xh01",
            round=1,
            order_id=f"xh01.o{number}",
            contractor_id="sg1",
            trade=trade,
            recalled_at=books.now,
        )
    )


def water(books: Books) -> str | None:
    return books.deposit.water_problem


@pytest.mark.rule("WAR-10", "OPS-03")
def test_it_is_no_open_defect_any_more_and_costs_nothing(books: Books) -> None:
    books.notify()
    assert books.deposit.open_orders == 1
    recalled(books)
    assert recalled(books) is NOTHING
    assert books.deposit.open_orders == 0
    books.finish(done_by="own_staff")
    books.close()
    assert books.deposit.open_orders == 0
    assert books.events(DepositDeducted) == []


@pytest.mark.rule("WAR-10", "WAR-11", "OPS-03")
def test_a_recall_that_overtakes_its_notice_leaves_nothing_open(books: Books) -> None:
    recalled(books, trade="waterproofing")
    books.notify(trade="waterproofing")
    assert (books.deposit.open_orders, books.deposit.water_problem) == (0, None)
    (order,) = books.state(CaseOrders, "xh01.c1").orders
    assert (order.status, order.contract_id) == ("recalled", "ht1")


@pytest.mark.rule("WAR-11")
def test_a_water_problem_that_was_none_is_forgotten(books: Books) -> None:
    books.notify(trade="waterproofing")
    assert water(books) == "xh01.c1"
    recalled(books, trade="waterproofing")
    assert water(books) is None
    assert [one.what for one in books.because][-1] == "no_water_problem_after_all"


@pytest.mark.rule("WAR-11")
def test_what_another_order_or_a_count_showed_stays(books: Books) -> None:
    books.notify(trade="waterproofing")
    books.notify(2, trade="waterproofing")
    recalled(books, trade="waterproofing")
    assert water(books) is not None
    recalled(books, 2, trade="waterproofing")
    assert water(books) is None


@pytest.mark.rule("WAR-11")
@pytest.mark.parametrize("again", [False, True])
def test_what_was_remembered_before_sightings_were_counted_stays(books: Books, *, again: bool) -> None:
    books.notify(trade="waterproofing")
    books.states[Deposit, "ht1"] = books.deposit.model_copy(update={"water_sightings": 0})
    if again:
        books.notify(2, trade="waterproofing")
    recalled(books, 2 if again else 1, trade="waterproofing")
    assert water(books) == "xh01.c1"


@pytest.mark.rule("WAR-10", "OPS-03")
@pytest.mark.parametrize("known", [False, True], ids=["a case that nothing is known of", "one with an earlier order"])
def test_an_order_whose_notice_waited_for_the_account_is_not_open_once_its_case_was_withdrawn(*, known: bool) -> None:
    """Given an account that is opened anew after a restore, then a notice that waited for it, and whose case was
    withdrawn meanwhile, holds no release up.
    """
    books = Books()
    assert books.notify() == Early("deposit", "ht1")
    if known:
        books.states[CaseOrders, "xh01.c1"] = CaseOrders(
            id="xh01.c1", orders=(Order(order_id="xh01.o0", contract_id="ht0", status="done"),)
        )
    books.close()
    assert books.close() is NOTHING
    books.send(opening())
    books.notify()
    assert books.deposit.open_orders == 0
    order = books.state(CaseOrders, "xh01.c1").orders[-1]
    assert (order.status, order.contract_id) == ("done", "ht1")
