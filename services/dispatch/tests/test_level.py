"""The level rises by age across rounds until completion, by facts at once, and falls by intake's decision only."""

from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import TicketAged, TicketLevelRaised

from services.dispatch.tests.office import NOW, SECOND, Office, graded, local


def raised(office: Office) -> list[tuple[int, int, str]]:
    return [(event.level, event.previous_level, event.because) for event in office.facts(TicketLevelRaised)]


@pytest.mark.rule("DSP-06", "INT-06", "ORG-04")
@pytest.mark.parametrize(
    ("received_at", "due", "level", "before"),
    [
        ("2026-03-10 09:30", "2026-03-17 09:30", 2, 4),
        ("2026-03-10 09:30", "2026-04-10 09:30", 1, 2),
        ("2026-01-31 10:00", "2026-02-28 10:00", 1, 2),  # no 31 February: its last day
        ("2024-01-30 00:00", "2024-02-29 00:00", 1, 2),
    ],
)
def test_age_raises_the_level_one_second_after_the_week_and_after_the_month(
    received_at: str, due: str, level: int, before: int
) -> None:
    office = Office(now=local("2024-01-01 00:00"))
    office.found()
    office.open(local(received_at))
    for seconds, expected in ((-1, before), (0, before), (1, level)):
        office.until(local(due) + seconds * SECOND)
        assert office.ticket().level == expected
    assert raised(office)[-1] == (level, before, f"age_level_{level}")
    assert office.facts(TicketLevelRaised)[-1].policy_version == "2000.1"


@pytest.mark.rule("DSP-06")
def test_a_case_completed_at_the_very_week_keeps_its_level(office: Office) -> None:
    office.open()
    office.accepted("resolve", at=NOW + timedelta(weeks=1))
    office.until(NOW + timedelta(weeks=3))
    assert raised(office) == []


@pytest.mark.rule("DSP-06")
def test_the_age_runs_across_rounds_from_the_first_receipt(office: Office) -> None:
    office.open()
    office.accepted("resolve", at=local("2026-03-12 09:30"))
    office.until(local("2026-03-18 10:00"))
    assert office.ticket().level == 4
    office.called_back(local("2026-03-18 10:00"), satisfied=False)
    office.until(local("2026-03-18 10:00"))
    assert raised(office) == [(2, 4, "age_level_2")]
    assert office.facts(TicketLevelRaised)[0].raised_at == local("2026-03-18 10:00")
    assert office.due("age_level_1") == local("2026-04-10 09:30")


@pytest.mark.rule("INT-06", "DSP-07")
def test_facts_raise_the_level_at_once_with_their_reasons(office: Office) -> None:
    office.open()
    office.hear(graded(2, NOW, reasons=("lawsuit_threatened", "people_3")))
    assert raised(office) == [(2, 4, "lawsuit_threatened,people_3")]
    assert office.ticket().level_reasons == ("lawsuit_threatened", "people_3")
    office.hear(graded(2, NOW, reasons=("lawsuit_threatened", "people_3")))
    assert len(raised(office)) == 1


@pytest.mark.rule("INT-06")
def test_the_level_falls_by_intakes_decision_but_never_below_the_age(office: Office) -> None:
    office.open(level=1)
    office.hear(graded(4, NOW, reasons=("unlinked",)))
    assert office.ticket().level == 4
    office.until(NOW + timedelta(weeks=1, seconds=1))
    assert office.ticket().level == 2
    office.hear(graded(1, office.now))
    office.hear(graded(4, office.now, reasons=("decided",)))
    assert office.ticket().level == 2


@pytest.mark.rule("INT-06", "DSP-06", "ORG-04")
@pytest.mark.parametrize("level", [2, 1])
def test_an_age_that_raises_nothing_is_told_too(office: Office, level: int) -> None:
    """Given a case that is as grave already as its age would make it, or graver, then that age is told all the same,
    once, a second after it is reached: whoever lowers the level must know that ground.
    """
    office.open(level=level)
    for seconds, told in ((0, []), (1, [(2, "age_level_2")]), (2, [(2, "age_level_2")])):
        office.until(NOW + timedelta(weeks=1, seconds=seconds))
        assert [(aged.level, aged.because) for aged in office.facts(TicketAged)] == told
    assert office.facts(TicketAged)[0].aged_at == NOW + timedelta(weeks=1, seconds=1)
    assert raised(office) == []
    assert office.ticket().level == level


@pytest.mark.rule("DSP-03", "DSP-06")
def test_age_does_not_lengthen_the_deadline_that_was_missed(office: Office) -> None:
    office.open()
    office.until(NOW + timedelta(weeks=1, seconds=1))
    assert office.ticket().missed["completion"] == 1
    assert not office.ticket().complex


def test_a_closed_case_is_graded_no_more(office: Office) -> None:
    office.open()
    office.withdrawn()
    told = list(office.told)
    office.hear(graded(1, NOW))
    assert (office.told, office.ticket().level) == (told, 4)
