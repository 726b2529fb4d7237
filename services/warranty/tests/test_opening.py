"""An account is opened once, at the settlement, with the retained amount; its terms are never below the law."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from linli_contracts.events.warranty import DepositOpened, WarrantyExpiring
from linli_rulebook.decision import Decision, Refusal
from linli_warranty.commands import OpenDeposit, RecordDocument
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from pydantic import ValidationError

from services.warranty.tests.books import Books, answer, code, contractor, local, opening, policies


@pytest.mark.rule("WAR-01", "WAR-03", "WAR-07")
def test_opening_books_the_retained_amount_and_tells_the_estates() -> None:
    books = Books()
    outcome = books.send(opening(estate_ids=("xh01", "xh02"), phases=("1",)))
    assert answer(outcome) == {"contract_id": "ht1", "warranty_ends_on": "2022-03-10"}
    deposit = books.deposit
    assert (deposit.balances.cash_retained, deposit.balances.deposit_liability) == (100_000, -100_000)
    assert (deposit.org, deposit.region_id, deposit.estate_id) == ("group/south", "south", None)
    assert [(row["debit_account"], row["credit_account"], row["amount_fen"]) for row in books.rows] == [
        ("cash_retained", "deposit_liability", 100_000)
    ]
    assert [event.retained_fen for event in books.events(DepositOpened)] == [100_000]
    for estate_id in ("xh01", "xh02"):
        (terms,) = books.state(Estate, estate_id).terms
        assert (terms.contract_id, terms.phases, terms.completion_accepted_on) == ("ht1", ("1",), date(2020, 3, 10))


@pytest.mark.rule("WAR-01", "WAR-02")
@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, "deposit-exists"),
        ({"contract_id": "ht2", "estate_ids": ("xh01", "xh09")}, "estate-unknown"),
        ({"contract_id": "ht2", "completion_accepted_on": date(2020, 6, 2)}, "accepted-in-future"),
        ({"contract_id": "ht2", "completion_accepted_on": date(1989, 12, 31)}, "date-outside-calendars"),
        ({"contract_id": "ht2", "completion_accepted_on": date(1, 1, 1)}, "date-outside-calendars"),
        ({"contract_id": "ht2", "settled_on": date(1989, 12, 31)}, "date-outside-calendars"),
        ({"contract_id": "ht2", "settled_on": date(2099, 1, 1)}, "date-outside-calendars"),
        ({"contract_id": "ht2", "periods_months": {"decoration": 23}}, "below-legal-minimum"),
        ({"contract_id": "ht2", "periods_months": {"structure": 600}}, "period-without-trade"),
    ],
)
def test_what_is_refused(books: Books, given: dict[str, object], refused: str) -> None:
    before = dict(books.states)
    assert code(books.send(opening(**given))) == refused
    assert books.states == before


@pytest.mark.rule("WAR-01", "ORG-04")
def test_what_was_accepted_today_may_be_settled_today(books: Books) -> None:
    answer(books.send(opening(contract_id="ht2", completion_accepted_on=date(2020, 6, 1))))
    assert books.state(Deposit, "ht2").completion_accepted_on == date(2020, 6, 1)


@pytest.mark.rule("WAR-02")
def test_the_refusal_names_the_trade_and_the_minimum(books: Books) -> None:
    given: dict[str, object] = {
        "contract_id": "ht2",
        "trades": ("waterproofing",),
        "periods_months": {"waterproofing": 59},
    }
    refusal = books.send(opening(**given))
    assert isinstance(refusal, Refusal)
    assert refusal.fields == (("periods_months.waterproofing", "at least 5 years"),)
    assert isinstance(books.send(opening(**given | {"periods_months": {"waterproofing": 60}})), Decision)


@pytest.mark.rule("WAR-07")
def test_a_contractor_opens_nothing(books: Books) -> None:
    assert code(books.send(opening(contract_id="ht2"), contractor("sg1"))) == "not-for-contractors"


@pytest.mark.rule("WAR-12")
def test_documents_are_recorded_once(books: Books) -> None:
    for _ in range(2):
        outcome = books.send(RecordDocument(contract_id="ht1", document="warranty_report"))
        assert answer(outcome)["documents"] == ["contract", "settlement", "warranty_report"]
    assert code(books.send(RecordDocument(contract_id="ht9", document="contract"))) == "deposit-not-found"


@pytest.mark.rule("WAR-12")
def test_an_account_keeps_a_bounded_number_of_kinds_of_documents(books: Books) -> None:
    outcomes = [books.send(RecordDocument(contract_id="ht1", document=f"d{number}")) for number in range(39)]
    assert [isinstance(outcome, Decision) for outcome in outcomes] == [True] * 38 + [False]
    assert code(outcomes[-1]) == "too-many-documents"
    assert isinstance(books.send(RecordDocument(contract_id="ht1", document="d7")), Decision), "it is there already"


@pytest.mark.rule("WAR-01")
def test_an_estate_has_a_bounded_number_of_contracts() -> None:
    books = Books()
    outcomes = [books.send(opening(contract_id=f"ht{number}")) for number in range(201)]
    assert [isinstance(outcome, Decision) for outcome in outcomes] == [True] * 200 + [False]
    assert code(outcomes[-1]) == "estate-full"


def test_what_is_named_twice_counts_once() -> None:
    twice = opening(estate_ids=("xh01", "xh01"), trades=("plumbing", "plumbing"), documents=("contract", "contract"))
    assert (twice.estate_ids, twice.trades, twice.documents) == (("xh01",), ("plumbing",), ("contract",))


@pytest.mark.parametrize("phase", ["", "\x00", "一期\n", "x" * 65])
def test_a_phase_is_a_short_name(phase: str) -> None:
    with pytest.raises(ValidationError):
        opening(phases=(phase,))


@pytest.mark.rule("WAR-08")
def test_two_months_before_a_warranty_ends_it_is_announced_once_for_each_end() -> None:
    books = Books()
    books.send(opening(trades=("decoration", "plumbing", "waterproofing")))
    books.wait_until(local("2022-01-09 23:59:59"))
    assert not books.events(WarrantyExpiring)
    books.wait_until(local("2022-01-10 00:00:00"))
    assert [event.ends_on for event in books.events(WarrantyExpiring)] == [date(2022, 3, 10)]
    books.wait_until(local("2030-01-01"))
    assert [event.ends_on for event in books.events(WarrantyExpiring)] == [date(2022, 3, 10), date(2025, 3, 10)]
    assert not list(books.deposit.timers())


@pytest.mark.rule("WAR-08")
@pytest.mark.parametrize(
    ("accepted_on", "told_at"),
    [
        (date(2018, 6, 1), local("2020-06-01")),  # Ends today: told at once.
        (date(2018, 7, 31), local("2020-06-01")),  # The notice is overdue: told at once.
        (date(2018, 8, 2), local("2020-06-02 00:00:00")),
    ],
)
def test_an_account_opened_late_announces_at_once(accepted_on: date, told_at: object) -> None:
    books = Books()
    books.send(opening(completion_accepted_on=accepted_on))
    assert [timer.due_at for timer in books.deposit.timers()] == [told_at]


@pytest.mark.rule("WAR-08", "ORG-01")
@pytest.mark.parametrize("estate_ids", [("xh01", "xh02"), ("xh02", "xh01")])
def test_each_estate_of_a_contract_is_told_by_its_own_policy(estate_ids: tuple[str, str], tmp_path: Path) -> None:
    """Given an estate with a longer notice and a longer warranty of decoration, then it is told of its own ends, and
    the other one of its, in whatever order the contract names them.
    """
    stricter = '[warranty.notice_before_expiry]\nvalue = 3\n[warranty.period_decoration]\nvalue = 30\nunit = "months"\n'
    books = Books(policies=policies(tmp_path, estates__xh02=stricter))
    books.send(opening(estate_ids=estate_ids))
    told = []
    for at in ("2021-12-10", "2022-01-10", "2022-06-10", "2022-07-10"):
        books.wait_until(local(f"{at} 00:00:00") - timedelta(seconds=1))
        told.append(len(books.events(WarrantyExpiring)))
        books.wait_until(local(f"{at} 00:00:00"))
    assert told == [0, 1, 2, 3]
    assert [(event.ends_on, event.estate_ids) for event in books.events(WarrantyExpiring)] == [
        (date(2022, 3, 10), ("xh02",)),
        (date(2022, 3, 10), ("xh01",)),
        (date(2022, 9, 10), ("xh02",)),
    ]


@pytest.mark.rule("WAR-08")
@pytest.mark.parametrize(
    ("zone", "told_at"),
    [("America/New_York", "2022-01-10 13:00:00"), ("Asia/Tokyo", "2022-01-09 23:00:00")],
    ids=["midnight there is afternoon in Shanghai", "midnight there is an hour earlier"],
)
def test_a_notice_is_given_as_the_day_begins_where_the_estate_lies(zone: str, told_at: str) -> None:
    books = Books()
    books.lies("xh02", zone=zone)
    books.send(opening(estate_ids=("xh01", "xh02")))
    assert {timer.due_at for timer in books.deposit.timers()} == {local("2022-01-10 00:00:00"), local(told_at)}


@pytest.mark.rule("WAR-08")
@pytest.mark.parametrize(("on", "notices"), [("2022-03-11 12:59:59", 1), ("2022-03-11 13:00:00", 0)])
def test_a_warranty_ends_with_its_last_day_where_the_estate_lies(on: str, notices: int) -> None:
    """In New York 10 March 2022 ends at 13:00 in Shanghai of the next."""
    books = Books()
    books.lies("xh01", zone="America/New_York")
    books.wait_until(local(on))
    books.send(opening())
    assert len(list(books.deposit.timers())) == notices


@pytest.mark.rule("WAR-08")
def test_a_warranty_that_is_over_is_not_announced() -> None:
    books = Books()
    books.send(opening(completion_accepted_on=date(2018, 5, 31)))
    assert not list(books.deposit.timers())


@pytest.mark.rule("WAR-01")
@pytest.mark.parametrize("fen", [0, -1, True, "100", 1.5, 10**13 + 1, 10**18, None])
def test_an_amount_is_whole_fen_and_nothing_else(fen: object) -> None:
    told = {"command_id": "a|b", "contract_id": "k1", "contractor_id": "c1", "estate_ids": ["xh01"],
            "trades": ["decoration"], "completion_accepted_on": "2026-01-05"}  # fmt: skip
    with pytest.raises(ValidationError, match="retained_fen"):
        OpenDeposit.model_validate({**told, "retained_fen": fen})
    assert OpenDeposit.model_validate({**told, "retained_fen": 10**13}).retained_fen == 10**13
