"""The gravest fact sets the level, "or more" includes the number, and every ground is kept."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from linli_contracts.events.dispatch import EstateRegistered, TicketAged, TicketLevelRaised
from linli_contracts.events.intake import ComplaintGraded
from linli_intake.domain.place import Estate
from linli_intake.domain.regrading import Ruling
from linli_rulebook import PolicyBook
from linli_testkit.facts import POLICY_DIR

from services.intake.tests.desk import NOW, Desk


@pytest.mark.rule("INT-06", "ORG-04")
@pytest.mark.parametrize(
    ("facts", "level", "reasons"),
    [
        ({}, 4, ("ordinary",)),
        ({"repeated": True}, 3, ("repeated_after_handling",)),
        ({"needs_consultants": True}, 3, ("needs_consultants",)),
        ({"people": 1}, 4, ("ordinary",)),
        ({"people": 2}, 4, ("ordinary",)),
        ({"people": 3}, 2, ("collective_hot",)),
        ({"people": 4}, 2, ("collective_hot",)),
        ({"people": 5}, 1, ("collective_major",)),
        ({"people": 500}, 1, ("collective_major",)),
        ({"lawsuit": "threatened"}, 2, ("lawsuit_threatened",)),
        ({"publication": "threatened"}, 2, ("publication_threatened",)),
        ({"lawsuit": "begun"}, 1, ("lawsuit_begun",)),
        ({"publication": "published"}, 1, ("published",)),
        (
            {"repeated": True, "people": 3, "publication": "published"},
            1,
            ("published", "collective_hot", "repeated_after_handling"),
        ),
    ],
)
def test_the_level_follows_from_the_facts(
    desk: Desk, facts: dict[str, Any], level: int, reasons: tuple[str, ...]
) -> None:
    answer = desk.receive(**facts)

    graded = desk.told[-1]
    assert isinstance(graded, ComplaintGraded)
    assert (answer["level"], graded.level, graded.reasons) == (level, level, reasons)
    why = next(why for why in desk.decisions[-1].because if why.rule == "INT-06")
    assert (why.subject, why.policy_version, why.facts["reasons"]) == (answer["case_id"], "2000.1", list(reasons))


@pytest.mark.rule("INT-06", "ORG-01")
def test_an_estate_may_count_fewer_people_as_a_collective(desk: Desk) -> None:
    desk.hear(
        EstateRegistered(
            estate_id="lakeside", region_id="east", project_id="p9", name="湖畔", kind="campus", registered_at=NOW
        )
    )

    answer = desk.receive(estate_id="lakeside", home_id=None, common_area=True, people=2)

    assert answer["level"] == 2


@pytest.mark.rule("INT-06", "ORG-01", "ORG-02")
def test_a_request_is_graded_anew_by_the_region_in_which_it_was_registered(desk: Desk, tmp_path: Path) -> None:
    """Given a region that counts fewer people as a collective, then only requests since the move are counted so."""
    shutil.copytree(POLICY_DIR, tmp_path, dirs_exist_ok=True)
    regions = tmp_path / "2000.1" / "regions"
    (regions / "north.toml").write_text("[intake.level_2_collective_people]\nvalue = 2\n", encoding="utf-8")
    policies = PolicyBook.load(tmp_path)
    before = desk.request(desk.receive()["case_id"])
    moved = EstateRegistered(
        estate_id="xh01", region_id="north", project_id="p1", name="星河湾", kind="residential", registered_at=NOW
    )
    desk.hear(moved)
    after = desk.request(desk.receive(contact="13911112222")["case_id"])
    estate = desk.states[Estate, "xh01"]
    assert isinstance(estate, Estate)
    ruling = Ruling(policies, estate)
    assert (before.region_id, after.region_id) == ("south", "north")
    assert [ruling.of(one).integer("intake.level_2_collective_people") for one in (before, after)] == [3, 2]
    older = before.model_copy(update={"region_id": ""})
    assert ruling.of(older).integer("intake.level_2_collective_people") == 2, "registered before it was kept"


def raised(case_id: str, level: int, because: str) -> TicketLevelRaised:
    return TicketLevelRaised(
        case_id=case_id,
        estate_id="xh01",
        level=level,
        previous_level=4,
        because=because,
        raised_at=NOW + timedelta(days=7),
        policy_version="2000.1",
    )


@pytest.mark.rule("INT-06", "DSP-06")
def test_a_level_raised_by_age_is_no_lower_after_an_amendment(desk: Desk) -> None:
    case_id = desk.receive(repeated=True)["case_id"]
    desk.hear(raised(case_id, 2, "age_level_2"))
    assert desk.request(case_id).level == 2

    desk.accepted("intake.amend", case_id=case_id, by="s17", repeated=False)

    assert (desk.request(case_id).level, desk.request(case_id).reasons) == (2, ("unresolved_too_long",))


@pytest.mark.rule("INT-06", "DSP-06")
def test_after_a_week_it_is_hot_and_after_a_month_major(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    for level in (2, 1):
        desk.hear(raised(case_id, level, f"age_level_{level}"))
        assert (desk.request(case_id).level, desk.request(case_id).aged_to) == (level, level)


@pytest.mark.rule("INT-06")
def test_a_repeated_or_milder_age_changes_nothing(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    desk.hear(raised(case_id, 1, "age_level_1"))
    before = desk.request(case_id)

    desk.hear(raised(case_id, 1, "age_level_1"))
    desk.hear(raised(case_id, 2, "age_level_2"))

    assert desk.request(case_id) == before


@pytest.mark.rule("INT-06")
def test_dispatch_repeating_our_own_facts_is_no_ground_of_its_own(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]

    desk.hear(raised(case_id, 2, "collective_hot"))

    assert desk.request(case_id).aged_to is None


@pytest.mark.rule("INT-06", "DSP-06")
@pytest.mark.parametrize(("lawsuit", "level"), [("threatened", 2), ("begun", 1)])
def test_a_person_lowers_no_level_below_the_age_that_raised_nothing(desk: Desk, lawsuit: str, level: int) -> None:
    """Given a case that was grave already when it came to be old, then that is a ground besides, and what a person
    lowers falls to it.
    """
    case_id = desk.receive(lawsuit=lawsuit)["case_id"]
    desk.hear(
        TicketAged(
            case_id=case_id,
            estate_id="xh01",
            level=2,
            because="age_level_2",
            aged_at=NOW + timedelta(days=7),
            policy_version="2000.1",
        )
    )
    request = desk.request(case_id)
    assert (request.level, request.reasons) == (level, (f"lawsuit_{lawsuit}", "unresolved_too_long"))

    answer = desk.accepted("intake.amend", case_id=case_id, by="s17", lawsuit="none", reason="客户已撤诉")

    assert answer["level"] == 2
    assert desk.request(case_id).reasons == ("unresolved_too_long",)
