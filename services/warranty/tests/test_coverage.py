"""Is this defect, in this home, on this day, covered, by whom, until when? There is one answer (WAR-02)."""

from datetime import date
from pathlib import Path

import pytest
from linli_contracts.events.dispatch import CoverageAsked, EstateRegistered, HomeRegistered
from linli_contracts.events.intake import Trade
from linli_contracts.events.warranty import CoverageAnswered
from linli_contracts.shelves import shelf_of
from linli_rulebook.decision import NOTHING, Early
from linli_testkit.facts import context
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from linli_warranty.domain.periods import agreed_end, legal_end, legal_minimum_in_words

from services.warranty.tests.books import Books, local, longer_decoration, opening, policies

# Home 1-1-101 was handed over on 2021-01-15; the contractor's warranty runs from completion acceptance, 2020-03-10.
HANDED_OVER = HomeRegistered(
    home_id="xh01.1-1-101", estate_id="xh01", phase="1", building="1", handed_over_on=date(2021, 1, 15)
)


@pytest.mark.rule("WAR-02")
@pytest.mark.parametrize(
    ("on", "covered", "basis", "until", "pays"),
    [
        ("2021-01-14", False, "not_handed_over", None, False),
        ("2021-01-15", True, "in_warranty", date(2023, 1, 15), True),
        ("2022-03-10", True, "in_warranty", date(2023, 1, 15), True),
        ("2022-03-11", True, "in_warranty", date(2023, 1, 15), False),
        ("2023-01-15", True, "in_warranty", date(2023, 1, 15), False),
        ("2023-01-16", False, "expired", date(2023, 1, 15), False),
    ],
)
def test_the_customer_by_hand_over_and_the_contractor_by_acceptance(
    books: Books, *, on: str, covered: bool, basis: str, until: date | None, pays: bool
) -> None:
    books.hear(HANDED_OVER)
    answer = books.ask(on)
    assert (answer.covered, answer.basis, answer.until) == (covered, basis, until)
    assert (answer.contractor_id, answer.contract_id) == (("sg1", "ht1") if pays else (None, None))


@pytest.mark.rule("WAR-02")
def test_a_contractor_who_agreed_to_more_still_comes_when_the_customers_warranty_is_over() -> None:
    books = Books()
    books.send(opening(periods_months={"decoration": 60}))
    answer = books.ask("2025-03-10")
    assert (answer.covered, answer.basis, answer.contractor_id) == (False, "expired", "sg1")
    assert books.ask("2025-03-11").contractor_id is None


@pytest.mark.rule("WAR-02")
@pytest.mark.parametrize(
    ("on", "covered", "basis"),
    [
        ("2020-03-09", False, "not_handed_over"),
        ("2020-03-10", True, "in_warranty"),
        ("2022-03-10", True, "in_warranty"),
        ("2022-03-11", False, "expired"),
    ],
)
def test_in_the_common_area_completion_acceptance_governs(books: Books, *, on: str, covered: bool, basis: str) -> None:
    answer = books.ask(on, home_id=None)
    assert (answer.covered, answer.basis, answer.contractor_id) == (covered, basis, "sg1" if covered else None)


@pytest.mark.rule("WAR-02", "DSP-10")
def test_homes_without_hand_over_or_contract(books: Books) -> None:
    assert books.ask("2021-01-01", home_id="xh01.2-1-101").basis == "not_handed_over"
    assert books.ask("2021-01-01", home_id="xh01.9-9-999").basis == "not_handed_over", "nobody registered it"
    free = books.ask("2021-01-01", trade="electrical")
    assert (free.covered, free.basis, free.contractor_id) == (True, "no_contract", None), "the developer repairs it"
    assert books.ask("2022-03-11", trade="electrical").basis == "expired"
    common = books.ask("2021-01-01", trade="electrical", home_id=None)
    assert (common.covered, common.basis) == (False, "no_contract"), "nothing says when it was completed"


@pytest.mark.rule("WAR-02")
def test_the_contract_of_the_phase_answers_and_of_several_the_longest() -> None:
    books = Books()
    books.send(opening(contract_id="ht2", contractor_id="sg2", phases=("2",)))
    assert books.ask("2021-01-01").basis == "no_contract"
    books.send(opening(contract_id="ht3", contractor_id="sg3", phases=("1", "2")))
    assert books.ask("2021-01-01").contract_id == "ht3"
    books.send(opening(contract_id="ht4", contractor_id="sg4", completion_accepted_on=date(2020, 3, 11)))
    assert books.ask("2021-01-01").contract_id == "ht4", "its warranty runs a day longer"
    assert books.ask("2021-01-01", home_id=None).contract_id == "ht4"
    books.send(opening(contract_id="ht0", contractor_id="sg0", completion_accepted_on=date(2020, 3, 11)))
    assert books.ask("2021-01-01").contract_id == "ht0", "of two that run as long the lower id"


@pytest.mark.rule("WAR-02")
@pytest.mark.parametrize("home_id", ["xh01.1-1-101", None])
def test_a_contract_accepted_after_the_day_does_not_hide_the_one_in_force(books: Books, home_id: str | None) -> None:
    """Given a second contract of the same trade, accepted while the first one's warranty runs, then a defect of the day
    before is still the first one's, however late it is asked about; from the acceptance on the longer one answers.
    """
    books.wait_until(local("2022-01-15"))
    books.send(opening(contract_id="ht9", contractor_id="sg9", completion_accepted_on=date(2022, 1, 10)))
    before, after = books.ask("2022-01-09", home_id=home_id), books.ask("2022-01-10", home_id=home_id)
    assert (before.covered, before.basis, before.contract_id) == (True, "in_warranty", "ht1")
    assert (after.covered, after.basis, after.contract_id) == (True, "in_warranty", "ht9")


@pytest.mark.rule("WAR-02", "DSP-08")
@pytest.mark.parametrize(
    ("home_id", "contractor_id"),
    [("xh01.1-1-101", "sg2"), ("xh01.1-2-101", "sg3"), ("xh01.2-1-201", "sg1"), (None, "sg3")],
)
def test_the_contract_of_the_building_answers(home_id: str | None, contractor_id: str | None) -> None:
    """Given two contracts of one trade and phase, each for a building, then each is asked about its own; neither about
    the building of the same name of another phase, and the longest about the common area.
    """
    books = Books()
    books.send(opening(phases=("2",)))
    for home, phase, building in (("1-2-101", "1", "2"), ("2-1-201", "2", "1")):
        books.register(f"xh01.{home}", phase, date(2020, 3, 10), building=building)
    books.send(opening(contract_id="ht2", contractor_id="sg2", phases=("1",), buildings=("1",)))
    books.send(opening(contract_id="ht3", contractor_id="sg3", phases=("1",), buildings=("2", "3"),
                       completion_accepted_on=date(2020, 3, 11)))  # fmt: skip
    assert books.ask("2021-01-01", home_id=home_id).contractor_id == contractor_id


@pytest.mark.rule("WAR-02", "DSP-08")
def test_a_home_known_from_before_buildings_were_kept_learns_its_own_from_the_first_question() -> None:
    """Given such a home and a contract for its building alone, then nobody is asked until a question says where it is;
    from then on its contractor is, also by a question that does not say. The question delivered twice, or a building
    that a question says of a home that has one, changes nothing; its neighbours on the shelf stay known.
    """
    books = Books()
    books.register("xh01.1-7-101", "1", date(2020, 3, 10), building="")
    shelf = shelf_of("xh01.1-7-101")
    beside = next(one for one in (f"xh01.1-7-{room}" for room in range(102, 9_999)) if shelf_of(one) == shelf)
    books.register(beside, "1", date(2020, 3, 10), building="7")
    books.send(opening(phases=("1",), buildings=("7",)))
    assert books.ask("2021-01-01", home_id="xh01.1-7-101").contractor_id is None
    assert books.ask("2021-01-01", home_id="xh01.1-7-101", building="7").contractor_id == "sg1"
    known = dict(books.states)
    assert books.ask("2021-01-01", home_id="xh01.1-7-101", building="7").contractor_id == "sg1"
    assert books.ask("2021-01-01", home_id="xh01.1-7-101").contractor_id == "sg1"
    assert books.ask("2021-01-01", home_id="xh01.1-7-101", building="8").contractor_id == "sg1"
    assert books.ask("2021-01-01", home_id=beside).contractor_id == "sg1"
    assert books.ask("2021-01-01", home_id="xh01.9-7-999", building="7").contractor_id is None, "nobody registered it"
    assert books.states == known


@pytest.mark.rule("WAR-02")
@pytest.mark.parametrize(
    ("trade", "starts", "ends"),
    [
        ("waterproofing", "2020-03-10", "2025-03-10"),
        ("electrical", "2020-03-10", "2022-03-10"),
        ("plumbing", "2020-02-29", "2022-02-28"),
        ("equipment", "2020-03-10", "2022-03-10"),
        ("decoration", "2020-03-10", "2022-03-10"),
        ("structure", "2020-03-10", "2070-03-10"),
        # Two whole heating seasons (15 November to 15 March) and two whole cooling seasons (June to September).
        ("heating_cooling", "2020-03-10", "2022-03-15"),
        ("heating_cooling", "2020-06-01", "2022-03-15"),
        ("heating_cooling", "2020-11-15", "2022-09-30"),
        ("heating_cooling", "2020-11-16", "2023-03-15"),
    ],
)
def test_the_legal_minimum_by_trade(trade: Trade, starts: str, ends: str) -> None:
    policy = context(local("2020-06-01")).policies.policy("2000.1")
    assert legal_end(trade, date.fromisoformat(starts), policy) == date.fromisoformat(ends)


@pytest.mark.rule("WAR-02", "ORG-02")
def test_the_day_of_a_defect_says_by_which_policy_it_is_covered_whenever_it_is_asked(tmp_path: Path) -> None:
    """Given a longer warranty from 1 June 2021 on, then a defect of the day before is answered alike on that day, in a
    later round of its case, and after an outage.
    """
    books = Books(policies=longer_decoration(tmp_path))
    asked = []
    for now in ("2021-05-31 23:59:59", "2021-06-01 00:00:00", "2022-03-11 12:00:00"):
        books.wait_until(local(now))
        asked.append((books.ask("2021-05-31").until, books.because[-1].policy_version))
    assert asked == [(date(2022, 3, 10), "2000.1")] * 3
    assert books.ask("2021-06-01").until == date(2023, 3, 10)


@pytest.mark.rule("WAR-02", "ORG-02")
def test_a_later_policy_does_not_lengthen_what_a_contract_was_opened_with(tmp_path: Path) -> None:
    """Given an account that says until 10 March 2022, and a longer minimum since, then the customer has the longer
    one, and that contractor comes no longer than its account says; one whose account is opened later comes longer.
    """
    books = Books(policies=longer_decoration(tmp_path))
    books.send(opening())
    books.wait_until(local("2022-03-11"))
    assert books.deposit.warranty_ends_on == date(2022, 3, 10)
    assert books.ask("2022-03-10").contractor_id == "sg1"
    after = books.ask("2022-03-11")
    assert (after.covered, after.until, after.contractor_id) == (True, date(2023, 3, 10), None)
    books.send(opening(contract_id="ht2", contractor_id="sg2"))
    assert books.state(Deposit, "ht2").warranty_ends_on == date(2023, 3, 10)
    assert books.ask("2022-03-11").contractor_id == "sg2"


@pytest.mark.rule("WAR-02")
def test_what_was_promised_before_ends_were_kept_ends_by_the_policy(books: Books) -> None:
    estate = books.state(Estate, "xh01")
    bare = tuple(terms.model_copy(update={"ends_on": {}}) for terms in estate.terms)
    books.states[Estate, "xh01"] = estate.model_copy(update={"terms": bare})
    assert [books.ask(day).contractor_id for day in ("2022-03-10", "2022-03-11")] == ["sg1", None]


@pytest.mark.rule("WAR-02", "ORG-04")
@pytest.mark.parametrize(("starts", "ends"), [("2020-03-10", "2022-02-28"), ("2022-03-10", "2024-02-29")])
def test_a_season_that_ends_on_the_last_day_of_february_does_so_in_every_year(
    starts: str, ends: str, tmp_path: Path
) -> None:
    season = '[warranty.heating_season]\nvalue = ["11-15", "02-29"]\n'
    policy = policies(tmp_path, regions__south=season).policy("2000.1", region="south")
    assert legal_end("heating_cooling", date.fromisoformat(starts), policy) == date.fromisoformat(ends)


@pytest.mark.rule("WAR-02")
@pytest.mark.parametrize(("months", "ends"), [(None, "2022-03-10"), (12, "2022-03-10"), (36, "2023-03-10")])
def test_no_agreement_ends_a_warranty_before_the_law_does(months: int | None, ends: str) -> None:
    policy = context(local("2020-06-01")).policies.policy("2000.1")
    assert agreed_end("decoration", date(2020, 3, 10), months, policy) == date.fromisoformat(ends)


@pytest.mark.rule("WAR-02")
def test_the_minimum_in_words() -> None:
    policy = context(local("2020-06-01")).policies.policy("2000.1")
    assert legal_minimum_in_words("waterproofing", policy) == "5 years"
    assert legal_minimum_in_words("heating_cooling", policy) == "2 seasons"


@pytest.mark.rule("WAR-02", "OPS-03")
def test_a_question_waits_for_its_estate_and_places_are_learnt_once(books: Books) -> None:
    question = CoverageAsked(
        case_id="xh09.c1", estate_id="xh09", round=1, trade="decoration", asked_on=date(2021, 1, 1)
    )
    assert books.hear(question) == Early("estate", "xh09")
    estate = EstateRegistered(
        estate_id="xh01",
        region_id="south",
        project_id="p-xh01",
        name="星河湾",
        kind="residential",
        registered_at=books.now,
    )
    assert books.hear(estate) is NOTHING
    assert books.hear(HANDED_OVER) is not NOTHING
    assert books.hear(HANDED_OVER, number=books.heard) is NOTHING
    assert not books.events(CoverageAnswered)
