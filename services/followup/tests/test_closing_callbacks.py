"""The closing callbacks of a contract are counted and told; figures that contradict each other are refused by name."""

from datetime import UTC, datetime

import pytest
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_followup.commands import CompleteCallback, CountClosingCallbacks
from linli_followup.domain.closing_count import ClosingCount
from linli_followup.handlers import MAP
from linli_rulebook.decision import Decision, Outcome, Refusal
from linli_testkit.facts import GivenFacts, context
from linli_testkit.world import World
from pydantic import ValidationError

NOW = datetime(2028, 3, 1, 2, tzinfo=UTC)
COUNT = next(entry for entry in MAP.commands if entry.body is CountClosingCallbacks)
FULL = {
    "occupied_homes": 100,
    "called_back_homes": 96,
    "sheets_signed": 96,
    "top_floor_homes": 8,
    "top_floor_visited": 8,
}


def count(known: ClosingCount | None = None, **figures: int) -> Outcome:
    command = CountClosingCallbacks(contract_id="k7", estate_id="xh01", **{**FULL, **figures})
    facts = GivenFacts({ref: known if ref == (ClosingCount, "k7.xh01") else None for ref in COUNT.needs(command)})
    return COUNT.decide(facts, command, context(NOW))


def counted(known: ClosingCount | None = None, **figures: int) -> ClosingCount:
    outcome = count(known, **figures)
    assert isinstance(outcome, Decision)
    assert isinstance(outcome.save[0], ClosingCount)
    return outcome.save[0]


@pytest.mark.rule("WAR-09")
def test_a_count_is_told_below_its_contract() -> None:
    decision = count(leaks_found=1)
    assert isinstance(decision, Decision)
    assert decision.events == (
        ClosingCallbacksCompleted(
            contract_id="k7", estate_id="xh01", leaks_found=1, counted_at=NOW, top_floors_named=True, **FULL
        ),
    )
    assert decision.answer == {"contract_id": "k7", "estate_id": "xh01", "counts": 1}


@pytest.mark.rule("WAR-09")
def test_the_same_figures_again_change_nothing_and_others_replace_them() -> None:
    first = counted()
    again = count(first)
    assert isinstance(again, Decision)
    assert (again.save, again.events, again.answer) == ((), (), {"contract_id": "k7", "estate_id": "xh01", "counts": 1})
    assert counted(first, called_back_homes=100, sheets_signed=100).counts == 2


@pytest.mark.rule("WAR-09")
@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ({"called_back_homes": 100, "sheets_signed": 100}, None),
        ({"called_back_homes": 101}, "called_back_homes"),
        ({"sheets_signed": 97}, "sheets_signed"),
        ({"top_floor_visited": 9}, "top_floor_visited"),
        ({"open_problems": 2, "reserved_problems": 2}, None),
        ({"open_problems": 2, "reserved_problems": 3}, "reserved_problems"),
    ],
)
def test_figures_that_cannot_be_are_named(figures: dict[str, int], fault: str | None) -> None:
    outcome = count(None, **figures)
    if fault is None:
        assert isinstance(outcome, Decision)
    else:
        assert isinstance(outcome, Refusal)
        assert (outcome.code, outcome.status) == ("closing-figures-impossible", 422)
        assert [field for field, _ in outcome.fields] == [fault]


@pytest.mark.rule("WAR-09", "WAR-10")
@pytest.mark.parametrize(
    ("given", "named"), [({}, False), ({"top_floor_homes": 0}, True), ({"top_floor_homes": 1}, True)]
)
def test_a_count_tells_whether_top_floors_were_counted(given: dict[str, int], named: bool) -> None:  # noqa: FBT001 - one column of the table
    """Given a count that names none, then one that says how many there are is another one, also if there are none."""
    world = World(MAP)
    homes = {"occupied_homes": 100, "called_back_homes": 96, "sheets_signed": 96}
    for figures in (homes, homes | given):
        world.ask(CountClosingCallbacks(contract_id="k7", estate_id="xh01", **figures), NOW)
    told = [count for count in world.told if isinstance(count, ClosingCallbacksCompleted)]
    assert [(count.top_floor_homes, count.top_floors_named) for count in told] == [
        (0, False),
        *([(given["top_floor_homes"], True)] if named else []),
    ]


@pytest.mark.rule("WAR-09")
def test_a_negative_figure_is_no_figure() -> None:
    with pytest.raises(ValidationError):
        CountClosingCallbacks(contract_id="k7", estate_id="xh01", **{**FULL, "leaks_found": -1})


@pytest.mark.rule("WAR-09", "ORG-01")
def test_each_estate_of_a_contract_is_counted_for_itself() -> None:
    world = World(MAP)
    xh01, xh02 = (CountClosingCallbacks(contract_id="k7", estate_id=estate, **FULL) for estate in ("xh01", "xh02"))
    for command in (xh01, xh02, xh01, xh02):
        outcome = world.ask(command, NOW)
        assert isinstance(outcome, Decision)
        assert outcome.answer == {"contract_id": "k7", "estate_id": command.estate_id, "counts": 1}
    assert len(world.told) == 2, "one estate's count neither replaces another's nor makes it new"


@pytest.mark.rule("FUP-06", "WAR-09")
@pytest.mark.parametrize("told", [True, "1", 1.0])
def test_a_count_and_a_score_are_whole_numbers_and_nothing_else(told: object) -> None:
    with pytest.raises(ValidationError, match="occupied_homes"):
        CountClosingCallbacks.model_validate({"contract_id": "k7", "estate_id": "xh01", **FULL, "occupied_homes": told})
    with pytest.raises(ValidationError, match="score"):
        CompleteCallback.model_validate({"callback_id": "xh01.b1-c1", "satisfied": True, "score": told, "by": "agent1"})
