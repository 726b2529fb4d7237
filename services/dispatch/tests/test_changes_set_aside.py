"""A planned change that cannot begin is set aside by itself: its place and the other changes go on (ORG-01, OPS-02)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import RegistryChangeFailed, RegistryChangeWithdrawn, StaffRostered
from linli_dispatch.domain.group.planned_change import LONGEST_ERROR, PlannedChange
from linli_dispatch.handlers.dated_commands import DATABLE
from linli_rulebook.decision import Refusal

from services.dispatch.tests.office import SECOND, Office
from services.dispatch.tests.test_planned_changes import HOMES, LATER, STAFF, change, on_roster, planned

ROSTER = DATABLE["dispatch.roster-staff"]
TRIED = LATER + timedelta(hours=3)


def broken(patch: pytest.MonkeyPatch, message: str = "a bug") -> None:
    """The rule of rosters has a bug."""

    def decide(*_: object) -> Refusal:
        raise KeyError(message)

    patch.setitem(DATABLE, ROSTER.entry.name, replace(ROSTER, entry=replace(ROSTER.entry, decide=decide)))


def mended(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(DATABLE, ROSTER.entry.name, ROSTER)


def spoilt(office: Office, identity: str, became: dict[str, Any]) -> None:
    """Another version wrote it."""
    office.states[PlannedChange, identity] = change(office, identity).model_copy(update=became)


@pytest.mark.rule("ORG-01", "OPS-02")
def test_one_whose_rule_raises_is_set_aside_with_its_reason_and_the_next_one_begins(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a change with a bug, then it keeps its body and says what went wrong and where; told without the text."""
    identity = planned(office, "roster-staff", STAFF)
    planned(office, "register-homes", HOMES, LATER)
    broken(monkeypatch)
    office.until(LATER)
    (told,) = office.facts(RegistryChangeFailed)
    assert (told.change_id, told.reason, told.times, told.from_at) == (identity, "change-failed", 1, LATER)
    aside = change(office, identity)
    assert (aside.status, aside.refusal) == ("set_aside", "change-failed")
    assert aside.body is not None
    assert aside.error is not None
    assert aside.error.startswith("KeyError: 'a bug' (test_changes_set_aside.py:")
    assert office.estate().planned == ()
    assert office.facts(RegistryChangeWithdrawn) == []
    assert "agent2" not in on_roster(office)


@pytest.mark.rule("ORG-01", "OPS-02")
@pytest.mark.parametrize(
    "became",
    [{"body": HOMES | {"homes": [{"home": "x"}]}}, {"command": "dispatch.no-more"}],
    ids=["a body of another version", "a command of another version"],
)
def test_one_of_another_version_is_set_aside(office: Office, became: dict[str, Any]) -> None:
    identity = planned(office, "roster-staff", STAFF)
    spoilt(office, identity, became)
    office.until(LATER)
    (told,) = office.facts(RegistryChangeFailed)
    assert told.reason == "change-no-longer-valid"
    assert change(office, identity).body is not None
    assert office.refused_of("retry-change", change_id=identity) == "change-no-longer-valid"
    assert change(office, identity).status == "set_aside"


@pytest.mark.rule("ORG-01", "OPS-02")
def test_tried_again_it_holds_from_then_on_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = planned(office, "roster-staff", STAFF)
    assert office.refused_of("retry-change", change_id=identity) == "change-not-set-aside"
    broken(monkeypatch)
    office.until(TRIED)
    mended(monkeypatch)
    answer = office.accepted_of("retry-change", change_id=identity).answer
    assert answer == {"change_id": identity, "changed": 1}
    (told,) = office.facts(StaffRostered)
    assert told.rostered_at == TRIED
    assert (change(office, identity).status, change(office, identity).body) == ("begun", None)
    for name in ("retry-change", "withdraw-change"):
        assert office.refused_of(name, change_id=identity) in {"change-not-set-aside", "change-not-planned"}
    assert office.refused_of("retry-change", change_id="xh01.change-none") == "change-not-found"


@pytest.mark.rule("ORG-01", "OPS-02")
def test_one_that_is_refused_when_it_is_tried_again_stays_set_aside(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = planned(office, "roster-staff", STAFF)
    broken(monkeypatch)
    office.until(LATER)
    mended(monkeypatch)
    spoilt(office, identity, {"org": "group/north"})
    assert office.refused_of("retry-change", change_id=identity) == "outside-your-organisation"
    assert change(office, identity).status == "set_aside"


@pytest.mark.rule("ORG-01", "OPS-02")
def test_one_that_is_set_aside_may_be_withdrawn_and_is_not_planned_beside_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = planned(office, "roster-staff", STAFF)
    broken(monkeypatch)
    office.until(LATER)
    office.accepted_of("withdraw-change", change_id=identity)
    (ended,) = office.facts(RegistryChangeWithdrawn)
    assert (ended.change_id, ended.refusal, ended.withdrawn_at) == (identity, None, LATER)
    assert (change(office, identity).status, change(office, identity).error) == ("withdrawn", None)
    assert office.refused_of("withdraw-change", change_id=identity) == "change-not-planned"


@pytest.mark.rule("ORG-01", "OPS-02")
def test_an_error_is_kept_in_short(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = planned(office, "roster-staff", STAFF)
    broken(monkeypatch, "x" * 10_000)
    office.until(LATER + SECOND)
    assert len(change(office, identity).error or "") == LONGEST_ERROR
