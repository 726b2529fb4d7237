"""Each command of dispatch refuses by name what it must, whichever it is, and nothing changes (INT-03, ORG-01, DSP-19).

Wrong role, other organisation, unknown id, stale version, wrong state, amounts and dates that cannot be: for every
command of the map, so that a new one is tried as well; by the door and the writer loop's own decision on a database.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from linli_dispatch.handlers import MAP
from linli_messaging.inputs import Answer
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal
from linli_runtime.commands import Asked, accept
from linli_testkit.databases import Databases
from linli_testkit.facts import OPERATOR
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.repairs import REPAIR

ENTRIES: Final = {entry.name.removeprefix("dispatch."): entry for entry in MAP.commands}
REST: Final[Mapping[str, Mapping[str, Any]]] = {
    "register-estate": {"region_id": "east", "project_id": "xh", "name": "西湖花园"},
    "register-homes": {"homes": [{"home_id": "xh01.p1-1-101", "phase": "p1", "building": "1"}]},
    "roster-staff": {"staff": [{"staff_id": "dept-new", "role": "department", "desk": "property"}]},
    "register-contractor": {"contractors": [{"contractor_id": "c-an", "trades": ["plumbing"], "phases": ["p1"]}]},
    "record-absence": {"staff_id": "agent-li", "from_at": "2025-03-04T00:00:00Z", "until_at": "2025-03-05T00:00:00Z"},
    "offer-services": {"services": [{"item": "water", "zh": "送水", "en": "Water", "price_fen": 100, "amount": 1}]},
    "price-works": {"works": [{"work_item": "plumbing", "price_fen": 100}]},
    "declare-storm": {"cause": "power_cut", "reason": "heavy_rain"},
    "end-storm": {"reason": "rain_over"},
    "declare-region-storm": {"cause": "power_cut", "reason": "heavy_rain"},
    "end-region-storm": {"cause": "power_cut", "reason": "rain_over"},
    "assess": {"finding": "justified"},
    "wait": {"until": "2025-03-06T00:00:00Z"},
    "accompany": {"engineer_id": "engineer-qian", "supervisor_id": "psm-zhao"},
    "miss-signature": {"reason": "away"},
    "send-express-mail": {"receipt": "EMS-1"},
    "refuse-order": {"reason": "too_far"},
    "report-delay": {"reason": "no_parts"},
    "decide-reentrusting": {"accept": True, "replacement_id": "c-bo", "price_fen": 100},
    "accept-replacement": {"order_id": "xh01.o1", "office": "design"},
    "pay-replacement": {"order_id": "xh01.o1", "document": "PAY-1"},
    "propose-plan": {"desk": "repair", "claim": {"amount_fen": 100, "cause": "floor"}},
    "answer-plan": {"accepted": True},
    "carry-out-plan": {"satisfied": True},
    "apply-small-works": {"kind": "unrecognised_claim", "reason": "old", "budget_fen": 100},
    "propose-measure": {"measure": "replace"},
    "record-conversation": {"result": "patience_asked"},
    "name-commander": {"person_id": "manager-wu"},
    "hand-to-group": {"reason": "too_big"},
    "log-crisis": {"code": "met"},
    "read-notice": {"number": 1},
    "decide-application": {"kind": "plan", "submission": 1, "verdict": "approved", "amount_fen": 100},
    "quote": {"item": "water", "price_fen": 100},
    "answer-quotation": {"accepted": True},
    "finish-step": {"step": "visit"},
    "fail-step": {"step": "visit", "reason": "nobody_home"},
    "request-step": {"step": "visit"},
    "register-webhook": {"contractor_id": "c-bo", "url": "https://hooks.example.org/b", "types": ["RepairDone"]},
    "register-staff-webhook": {"staff_id": "agent-li", "url": "https://hooks.example.org/s"},
    "open-import": {"from_at": "2025-03-09T00:00:00Z"},
    "replay-webhook": {"since": "2025-03-03T00:00:00Z"},
}
"""What a plain body has besides the id of what it is about."""
MAKES: Final = frozenset({"open-import", "register-webhook", "register-staff-webhook"})
"""What they name need not be there."""
STORMS: Final = ("declare-storm", "end-storm", "declare-region-storm", "end-region-storm")
SAID_BY: Final = dict.fromkeys(STORMS, "psm-zhao")
NOBODYS: Final = {
    "case_id": "xh01.cnone", "estate_id": "xh99", "region_id": "nowhere", "change_id": "xh01.change-none",
    "import_id": "import-none", "storm_id": "xh01.stnone", "order_id": "xh01.sonone", "webhook_id": "c-an.wnone",
}  # fmt: skip


class Desk:
    """A house in which there is one of each thing, open and done; commands are sent to dispatch's own decision."""

    def __init__(self, house: House) -> None:
        """Furnished by ``furnish``."""
        self.house = house
        self.live: dict[str, str] = {"estate_id": "xh01", "region_id": "east"}
        self.done: dict[str, str] = {}
        self._sent = 0

    async def furnish(self) -> None:
        """One case, change, import, storm, work order and webhook that is live, and one of each that is over."""
        life = Life(self.house)
        await found_estate(life)
        await life.do("dispatch.price-works", region_id="east", works=REST["price-works"]["works"])
        await life.do("dispatch.offer-services", estate_id="xh01", services=REST["offer-services"]["services"])
        for place, number in ((self.done, 1), (self.live, 2)):
            case = await life.do("intake.receive", **request(contact=f"1380000000{number}"))
            place["case_id"] = case["case_id"]
            hook = {**REST["register-webhook"], "contractor_id": f"c-{number}"}
            place["webhook_id"] = (await life.do("dispatch.register-webhook", **hook))["webhook_id"]
            at = (self.house.instant + timedelta(days=number)).isoformat()
            planned = {"estate_id": "xh01", "from_at": at, **REST["roster-staff"]}
            place["change_id"] = (await life.do("dispatch.roster-staff", **planned))["change_id"]
            place["import_id"] = (await life.do("dispatch.open-import", from_at=at))["import_id"]
            said = {"estate_id": "xh01", "cause": "rainstorm", "reason": "heavy_rain"}
            place["storm_id"] = (await life.do_as("psm-zhao", "dispatch.declare-storm", **said))["storm_id"]
            leak = request(**REPAIR, home_id=f"xh01.p1-1-10{number + 2}", contact=f"1380000001{number}")
            leaks = await life.do("intake.receive", **leak)
            place["order_id"] = await self.house.rooms["dispatch"].connection.fetchval(
                "SELECT state ->> 'storm_order_id' FROM ticket WHERE id = $1", leaks["case_id"]
            )
            if place is self.done:
                await life.do("intake.withdraw", case_id=case["case_id"], by="customer")
                await life.do("dispatch.end-webhook", webhook_id=place["webhook_id"])
                await life.do("dispatch.withdraw-change", change_id=place["change_id"])
                await life.do("dispatch.withdraw-import", import_id=place["import_id"])
                await life.do("dispatch.finish-storm-order", order_id=place["order_id"])
                await life.do_as("psm-zhao", "dispatch.end-storm", storm_id=place["storm_id"], reason="over")

    def body(self, name: str, ids: Mapping[str, str], **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
        """A body that the command's model takes, about these ids."""
        fields = ENTRIES[name].body.model_fields
        return {field: ids[field] for field in fields if field in ids} | dict(REST.get(name, {})) | changed

    async def send(
        self, name: str, body: Mapping[str, Any], actor: Actor | None = None, if_match: str | None = None
    ) -> Answer:
        """The answer, or the refusal."""
        self._sent += 1
        said_by = Actor(SAID_BY[name], frozenset({"*"})) if name in SAID_BY else OPERATOR
        content = orjson.loads(orjson.dumps(body, default=str))
        instant = self.house.instant
        asked = Asked(ENTRIES[name], content, f"k-{self._sent}", instant.isoformat(), actor or said_by, if_match)
        command = accept(asked, stepped_to=instant)
        if isinstance(command, Refusal):
            return command
        await self.house.rooms["dispatch"].commit([command])
        return await command.answered

    async def codes(self, tried: Iterator[tuple[str, str, Any]]) -> dict[str, tuple[int, str]]:
        """What each command was refused with; every refusal has its words in both languages, and nothing changed."""
        before, found = await self.house.books(), dict[str, tuple[int, str]]()
        for label, name, (body, actor, if_match) in tried:
            answer = await self.send(name, body, actor, if_match)
            assert isinstance(answer, Refusal), (label, answer)
            assert answer.zh
            assert answer.zh != answer.en
            found[label] = (answer.status, answer.code)
        assert await self.house.books() == before
        return found


@pytest.fixture
async def desk(databases: Databases) -> AsyncIterator[Desk]:
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    try:
        made = Desk(house)
        await made.furnish()
        yield made
    finally:
        await house.close()
        await databases.drop(database)


@pytest.mark.rule("INT-03", "ORG-01", "DSP-19")
async def test_whoever_may_not_is_told_so_and_what_is_not_there_or_has_changed_is_named(desk: Desk) -> None:
    """Given any command, then without its scope, for another organisation, about what is not there, and with a version
    that is over, it is refused, each by its own name.
    """
    reader = Actor("clerk", frozenset({"dispatch:read"}))
    elsewhere = Actor("psm-zhao", frozenset({"*"}), org="group/elsewhere")
    plain = {name: desk.body(name, desk.live) for name in ENTRIES}
    wrong_role = await desk.codes((name, name, (plain[name], reader, None)) for name in ENTRIES)
    assert set(wrong_role.values()) == {(403, "forbidden")}
    outside = await desk.codes((name, name, (plain[name], elsewhere, None)) for name in ENTRIES)
    assert set(outside.values()) == {(403, "outside-your-organisation")}
    about_nothing = ((name, name, (desk.body(name, NOBODYS), None, None)) for name in ENTRIES if name not in MAKES)
    unknown = await desk.codes(about_nothing)
    assert {
        name: found for name, found in unknown.items() if found[0] != 404 or not found[1].endswith("-not-found")
    } == {}
    stale = await desk.codes((name, name, (plain[name], None, '"x"')) for name in ENTRIES)
    assert {name for name, found in stale.items() if found == (412, "stale-version")} == {
        name for name, entry in ENTRIES.items() if entry.versioned
    }
    assert set(stale.values()) == {(412, "stale-version"), (400, "no-versions-here")}


@pytest.mark.rule("DSP-19", "INT-03")
async def test_what_is_over_is_refused_by_name(desk: Desk) -> None:
    """Given a case that is closed, a change and an import that were withdrawn, a storm, a work order and a webhook that
    have ended, then every command about them is refused for that; a replacement's work may be accepted and paid after
    the end of its case, if there is one.
    """
    about = {"case_id", "change_id", "import_id", "storm_id", "order_id", "webhook_id"}
    names = [name for name, entry in ENTRIES.items() if about & entry.body.model_fields.keys()]
    done = desk.live | desk.done
    codes = await desk.codes((name, name, (desk.body(name, done), None, None)) for name in names)
    late = {codes.pop(name) for name in ("accept-replacement", "pay-replacement")}
    assert late == {(404, "no-replacement")}
    assert {name: found for name, found in codes.items() if found[0] != 409} == {}
    assert {codes[name][1] for name in ("withdraw-change", "retry-change", "end-storm", "end-webhook")} == {
        "change-not-planned", "change-not-set-aside", "storm-is-over", "webhook-ended",
    }  # fmt: skip
    of_imports = {name for name in names if "import_id" in ENTRIES[name].body.model_fields}
    assert {codes[name][1] for name in of_imports} == {"import-withdrawn"}
    assert of_imports >= {"confirm-import", "withdraw-import", "register-homes", "record-absence", "price-works"}


@pytest.mark.rule("INT-03", "DSP-04", "DSP-14", "DSP-15", "DSP-16")
async def test_no_amount_is_negative_or_beyond_all_measure(desk: Desk) -> None:
    def amounts() -> Iterator[tuple[str, str, Any]]:
        for name in ENTRIES:
            plain = desk.body(name, desk.live)
            for path in _amounts(plain):
                for wrong in (-1, 10**15, 2**63, 0.5, "much"):
                    yield f"{name}.{path[-1]} {wrong}", name, (_with(plain, path, wrong), None, None)

    codes = await desk.codes(amounts())
    assert set(codes.values()) == {(422, "invalid-content")}
    fields = {
        name for name, entry in ENTRIES.items() if "_fen" in orjson.dumps(entry.body.model_json_schema()).decode()
    }
    assert {label.split(".")[0] for label in codes} == fields, "every command that takes an amount"


def _amounts(body: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in pairs:
        if isinstance(key, str) and key.endswith("_fen"):
            yield (*path, key)
        yield from _amounts(value, (*path, key))


def _with(body: Mapping[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    copy: Any = orjson.loads(orjson.dumps(body))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    found: dict[str, Any] = copy
    return found


@pytest.mark.rule("DSP-03", "DSP-06", "DSP-20", "INT-09", "ORG-01")
async def test_no_date_lies_before_the_case_or_before_now(desk: Desk) -> None:
    now = desk.house.instant
    before_the_case, just_past, far = now - timedelta(days=900), now - timedelta(seconds=1), now + timedelta(days=9_000)
    dates = [
        ("wait", {"until": before_the_case}, "wait-not-ahead"),
        ("wait", {"until": now}, "wait-not-ahead"),
        ("wait", {"until": far}, "wait-not-ahead"),
        ("report", {"next_report_by": before_the_case}, "report-too-late"),
        ("report", {"next_report_by": just_past}, "report-too-late"),
        ("report", {"next_report_by": far}, "report-too-late"),
        ("assess", {"next_report_by": before_the_case}, "report-too-late"),
        ("assess", {"next_report_by": far}, "report-too-late"),
    ]
    codes = await desk.codes(
        (f"{nth} {name}", name, (desk.body(name, desk.live, **date), None, None))
        for nth, (name, date, _) in enumerate(dates)
    )
    assert [found[1] for found in codes.values()] == [code for *_, code in dates]
    assert {found[0] for found in codes.values()} == {422}
