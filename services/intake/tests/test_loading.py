"""Under the real loop an input asks for all that it lacks at once, and then sees what it asked for."""

from typing import Any

import pytest
from linli_intake.handlers import MAP
from linli_messaging.batch.working_set import Wanted, WorkingSet
from linli_messaging.service_map import Ref
from linli_rulebook.decision import Decision, More, Outcome
from linli_testkit.facts import context

from services.intake.tests.desk import Desk


def take(desk: Desk, name: str, body: dict[str, Any]) -> tuple[Outcome, int]:
    """Decide as the loop does, loading again while more is wanted; the outcome, and how often it was asked."""
    entry = next(entry for entry in MAP.commands if entry.name == name)
    command = entry.body.model_validate(body)
    wanted: set[Ref] = set(entry.needs(command))
    for asked in range(1, 5):
        facts = WorkingSet({ref: desk.states.get(ref) for ref in wanted})
        try:
            if entry.org:
                entry.org(facts, command)
            outcome = entry.decide(facts, command, context(desk.now))
        except Wanted as more:
            wanted |= more.refs
            continue
        if not isinstance(outcome, More):
            return outcome, asked
        wanted |= set(outcome.refs)
    pytest.fail(f"{name} asked for more and more")


@pytest.mark.rule("INT-07")
def test_the_members_of_two_groups_are_asked_for_at_once(desk: Desk) -> None:
    cases = [desk.receive(contact=f"1380000{number:04d}")["case_id"] for number in range(6)]
    for head, followers in ((cases[0], cases[1:3]), (cases[3], cases[4:])):
        for follower in followers:
            desk.accepted("intake.link", case_id=head, other_case_id=follower, by="s17")

    link = {"case_id": cases[2], "other_case_id": cases[5], "by": "s17", "command_id": "x"}
    outcome, asked = take(desk, "intake.link", link)
    assert isinstance(outcome, Decision)
    assert outcome.answer is not None
    assert outcome.answer["people"] == 6
    # Once for the requests, once for both groups, once for all members.
    assert asked == 3

    for name, body in (
        ("intake.unlink", {"command_id": "x"}),
        ("intake.amend", {"people": 4, "command_id": "y"}),
        ("intake.amend", {"lawsuit": "begun", "command_id": "z"}),
        ("intake.withdraw", {}),
    ):
        outcome, _ = take(desk, name, {"case_id": cases[0], "by": "s17", **body})
        assert isinstance(outcome, Decision)


@pytest.mark.rule("INT-03")
def test_a_resubmitted_form_asks_for_what_it_names(desk: Desk) -> None:
    refused = desk.receive(estate_id="nowhere", home_id=None)
    correction = {"quarantine_id": refused["quarantine_id"], "estate_id": "xh01", "home_id": "xh01.1-3-502"}

    outcome, asked = take(desk, "intake.resubmit", correction | {"command_id": "x", "random_ref": "0" * 24})

    assert isinstance(outcome, Decision)
    assert outcome.answer is not None
    assert outcome.answer["level"] == 4
    assert asked == 2
