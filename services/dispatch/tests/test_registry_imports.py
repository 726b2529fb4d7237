"""An import of the organisation holds from one instant on, whole or not at all, whenever who learns of it (ORG-01)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli_contracts.event import Event
from linli_contracts.events.dispatch import (
    EstateRegistered,
    RegistryChangePlanned,
    RegistryChangeWithdrawn,
    RegistryImportConfirmed,
    RegistryImportLapsed,
    RegistryImportWithdrawn,
    StaffRostered,
    WorkPriced,
)
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.domain.group.planned_change import (
    CHANGE_BEGINS,
    JUST_BEFORE,
)
from linli_dispatch.domain.group.registry_import import RegistryImport
from linli_dispatch.handlers import MAP
from linli_rulebook.decision import Decision
from linli_testkit.facts import GivenFacts, context

from services.dispatch.tests.office import NOW, SECOND, Office
from services.dispatch.tests.test_planned_changes import LATER, MOVED, PRICES, STAFF, change, on_roster

SOON = LATER - SECOND


def opened(office: Office, from_at: datetime = LATER, key: str = "k1", **more: object) -> str:
    """The import's id."""
    answer = office.accepted_of("open-import", command_id=key, from_at=from_at, **more).answer
    assert answer is not None
    assert (answer["from_at"], answer["status"]) == (from_at, "open")
    return str(answer["import_id"])


def planned(office: Office, of_import: str, name: str, body: dict[str, Any], from_at: datetime = LATER) -> str:
    """The change's id."""
    instant = "record_from" if name == "record-absence" else "from_at"
    answer = office.accepted_of(name, **body, **{instant: from_at}, import_id=of_import).answer
    assert answer is not None
    return str(answer["change_id"])


def filled(office: Office) -> tuple[str, list[str]]:
    """An import with a change of an estate, of a region's prices, and an estate that is to come with its roster."""
    of_import = opened(office)
    coming = {"estate_id": "xh02"}
    changes = [
        planned(office, of_import, "register-estate", MOVED | coming),
        planned(office, of_import, "roster-staff", STAFF | coming),
        planned(office, of_import, "roster-staff", STAFF),
        planned(office, of_import, "price-works", PRICES),
    ]
    assert len(office.facts(RegistryChangePlanned)) == len(changes)
    return of_import, changes


def status(office: Office, of_import: str) -> str:
    state = office.states[RegistryImport, of_import]
    assert isinstance(state, RegistryImport)
    return state.status


def told_of(office: Office, *kinds: type[Event]) -> int:
    """How many facts of these kinds were told."""
    return sum(len(office.facts(kind)) for kind in kinds)


def nothing_holds(office: Office, changes: list[str], why: str) -> None:
    """All of it is withdrawn, and told with the reason, once."""
    assert told_of(office, EstateRegistered, StaffRostered, WorkPriced) == 0
    assert [(one.status, one.refusal, one.body) for one in (change(office, each) for each in changes)] == [
        ("withdrawn", why, None)
    ] * len(changes)
    told = office.facts(RegistryChangeWithdrawn)
    assert {(one.change_id, one.refusal, one.withdrawn_at) for one in told} == {(one, why, LATER) for one in changes}
    assert len(told) == len(changes)
    assert office.estate().planned == ()


def refused_by_database(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The estate's next change as the loop decides it again, after the database refused what it came to first; the
    clock of no import has run out by then.
    """
    entry = next(one for one in MAP.timers if (one.state, one.clock) == (Estate, CHANGE_BEGINS))
    assert entry.refused
    with monkeypatch.context() as late:
        late.setattr(RegistryImport, "timers", lambda _: ())
        office.until(LATER - 2 * JUST_BEFORE)
        (timer,) = office.estate().timers()
        with pytest.raises(ZeroDivisionError) as refused:
            _ = 1 / 0
        told = context(timer.due_at)
        office.keep(entry.refused(GivenFacts(office.states), office.estate(), timer, told, refused.value))


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("looked", [LATER, LATER + SECOND, LATER + timedelta(days=40)])
def test_a_confirmed_import_holds_from_its_instant_on(office: Office, looked: datetime) -> None:
    """Given an import that is confirmed, then nothing of it holds one second before, and all of it at its instant."""
    of_import, changes = filled(office)
    office.accepted_of("confirm-import", import_id=of_import)
    (told,) = office.facts(RegistryImportConfirmed)
    assert (told.import_id, told.from_at, told.confirmed_at) == (of_import, LATER, NOW)
    office.until(SOON)
    assert told_of(office, EstateRegistered, StaffRostered, WorkPriced) == 0
    office.until(looked)
    assert {one.registered_at for one in office.facts(EstateRegistered)} == {LATER}
    assert [(one.estate_id, one.rostered_at) for one in office.facts(StaffRostered)] == [
        ("xh01", LATER), ("xh02", LATER),
    ]  # fmt: skip
    assert {change(office, one).status for one in changes} == {"begun"}
    assert status(office, of_import) == "begun"
    assert told_of(office, RegistryChangeWithdrawn, RegistryImportLapsed) == 0


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("looked", [LATER, LATER + SECOND, LATER + timedelta(days=40)])
def test_one_that_nobody_confirmed_lapses_and_nothing_of_it_holds(office: Office, looked: datetime) -> None:
    """Given a client that died before it had planned all, then what there is goes by itself; also after days down."""
    of_import, changes = filled(office)
    office.until(SOON)
    assert status(office, of_import) == "open"
    office.until(looked)
    nothing_holds(office, changes, "import-lapsed")
    (told,) = office.facts(RegistryImportLapsed)
    assert (told.import_id, told.from_at, told.opened_at) == (of_import, LATER, NOW)
    assert status(office, of_import) == "lapsed"
    assert office.refused_of("confirm-import", import_id=of_import) == "import-lapsed"


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("at", "held"), [(SOON, True), (LATER - 3 * JUST_BEFORE, True), (LATER - 2 * JUST_BEFORE, False), (LATER, False),
                     (LATER + SECOND, False)],
)  # fmt: skip
def test_it_may_be_confirmed_until_its_instant_and_not_at_it(office: Office, at: datetime, *, held: bool) -> None:
    """Confirmed one second before, or in the last grain: it holds. At its instant or after it: refused by name."""
    of_import, changes = filled(office)
    if held:
        office.accepted_of("confirm-import", import_id=of_import, at=at)
        office.until(LATER)
        assert {change(office, one).status for one in changes} == {"begun"}
    else:
        outcome = office.send("confirm-import", import_id=of_import, at=at)
        assert getattr(outcome, "code", outcome) == "import-lapsed"
        office.until(LATER + SECOND)
        nothing_holds(office, changes, "import-lapsed")


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize(
    ("at", "gone"), [(SOON, True), (LATER - 2 * JUST_BEFORE, False), (LATER, False), (LATER + SECOND, False)]
)
def test_it_may_be_withdrawn_until_its_instant(office: Office, at: datetime, *, gone: bool, confirmed: bool) -> None:
    of_import, changes = filled(office)
    if confirmed:
        office.accepted_of("confirm-import", import_id=of_import)
    outcome = office.send("withdraw-import", import_id=of_import, at=at)
    if not gone:
        assert getattr(outcome, "code", outcome) == ("import-begun" if confirmed else "import-lapsed")
        office.until(LATER)
        assert {change(office, one).status for one in changes} == {"begun" if confirmed else "withdrawn"}
        return
    assert isinstance(outcome, Decision)
    (told,) = office.facts(RegistryImportWithdrawn)
    assert (told.import_id, told.from_at, told.withdrawn_at) == (of_import, LATER, at)
    for name in ("withdraw-import", "confirm-import"):
        assert office.refused_of(name, import_id=of_import) == "import-withdrawn"
    office.until(LATER + SECOND)
    nothing_holds(office, changes, "import-withdrawn")
    assert office.facts(RegistryImportLapsed) == []


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize("confirmed", [False, True])
def test_a_place_that_comes_first_settles_it_for_all(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, confirmed: bool
) -> None:
    """Given an import whose own clock is late (the owner of its lane is away), when a place's change begins, then that
    decides for all the others, and what comes after it is refused.
    """
    of_import, changes = filled(office)
    if confirmed:
        office.accepted_of("confirm-import", import_id=of_import)
    monkeypatch.setattr(RegistryImport, "timers", lambda _: ())
    office.until(LATER - JUST_BEFORE)
    assert status(office, of_import) == ("begun" if confirmed else "lapsed")
    assert {change(office, one).status for one in changes} == {"begun" if confirmed else "withdrawn"}
    assert len(office.facts(RegistryImportLapsed)) == (not confirmed)
    for name in ("confirm-import", "withdraw-import"):
        assert office.refused_of(name, import_id=of_import) == ("import-begun" if confirmed else "import-lapsed")


@pytest.mark.rule("ORG-01")
def test_it_is_opened_once_and_ahead(office: Office) -> None:
    """Opened and confirmed twice, it is one; an instant that has come is refused."""
    of_import = opened(office)
    again = office.accepted_of("open-import", command_id="k1", from_at=LATER)
    assert (again.answer, again.save) == ({"import_id": of_import, "from_at": LATER, "status": "open"}, ())
    assert opened(office, key="k2") != of_import
    for from_at in (NOW, NOW - SECOND, NOW + 2 * JUST_BEFORE, datetime.min.replace(tzinfo=UTC)):
        assert office.refused_of("open-import", command_id="k3", from_at=from_at) == "import-not-ahead"
    for _ in range(2):
        office.accepted_of("confirm-import", import_id=of_import)
    assert len(office.facts(RegistryImportConfirmed)) == 1
    assert office.refused_of("confirm-import", import_id="import-none") == "import-not-found"
    assert office.refused_of("withdraw-import", import_id="import-none") == "import-not-found"


@pytest.mark.rule("ORG-01")
def test_only_whoever_may_speak_for_its_part_of_the_organisation_opens_and_ends_it(office: Office) -> None:
    """Given an import of a region, then it is the region's; one that nobody opened only the whole group may name."""
    known = opened(office, org="group/south")
    entries = {entry.name.removeprefix("dispatch."): entry for entry in MAP.commands}
    for name, body, path in (
        ("open-import", {"command_id": "k2", "from_at": LATER, "org": "group/south"}, "group/south"),
        ("open-import", {"command_id": "k2", "from_at": LATER}, "group"),
        ("confirm-import", {"import_id": known}, "group/south"),
        ("withdraw-import", {"import_id": known}, "group/south"),
        ("confirm-import", {"import_id": "import-none"}, None),
    ):
        entry = entries[name]
        assert entry.org
        assert entry.org(GivenFacts(office.states), entry.body.model_validate(body)) == path


@pytest.mark.rule("ORG-01", "OPS-02")
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_the_database_refuses_of_a_place_that_comes_first_settles_it_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, confirmed: bool
) -> None:
    """Given a change that the database refuses before anybody has settled its import, then it is set aside, what the
    import came to is stored with that, and it is tried again only if the import holds.
    """
    of_import = opened(office)
    identity = planned(office, of_import, "roster-staff", STAFF)
    if confirmed:
        office.accepted_of("confirm-import", import_id=of_import)
    refused_by_database(office, monkeypatch)
    office.until(LATER)
    assert change(office, identity).status == "set_aside"
    assert status(office, of_import) == ("begun" if confirmed else "lapsed")
    code = "import-begun" if confirmed else "import-lapsed"
    assert office.refused_of("withdraw-import", import_id=of_import) == code
    if confirmed:
        office.accepted_of("retry-change", change_id=identity)
        assert change(office, identity).status == "begun"
    else:
        assert office.refused_of("retry-change", change_id=identity) == "import-lapsed"
        assert on_roster(office).isdisjoint({"agent2"})


@pytest.mark.rule("ORG-01", "OPS-02")
def test_a_change_whose_import_nobody_has_never_holds(office: Office) -> None:
    """Given a change in the name of an import that is not stored (a hand in the database), then it does not begin."""
    of_import = opened(office)
    identity = planned(office, of_import, "roster-staff", STAFF)
    del office.states[RegistryImport, of_import]
    office.until(LATER)
    nothing_holds(office, [identity], "import-not-found")
