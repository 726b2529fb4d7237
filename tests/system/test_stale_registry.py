"""What is shown with a version is changed by nobody who names an earlier version (DSP-19, ORG-01).

Estates, prices, catalogues, planned changes, storms and webhooks, over HTTP on dispatch's own process and a life.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import httpx
import pytest
from linli_dispatch.domain.blueprints.catalogue import ServiceCatalogue
from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.domain.group.planned_change import PlannedChange
from linli_dispatch.domain.group.registry_import import RegistryImport
from linli_dispatch.domain.storms.storm import Storm, StormOrder
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.webhook import Webhook
from linli_dispatch.handlers import MAP
from linli_rulebook.decision import State
from linli_testkit.databases import Database

from tests.chaos.processes import Processes, rows
from tests.system.test_stale_versions import house, problem

__all__ = ["house"]
SHOWN: Final[dict[type[State], str]] = {
    Ticket: "/tickets/{case_id}",
    Estate: "/estates/{estate_id}",
    PriceLibrary: "/regions/{region_id}/prices",
    ServiceCatalogue: "/estates/{estate_id}/services",
    PlannedChange: "/registry/changes/{change_id}",
    RegistryImport: "/registry/imports/{import_id}",
    Storm: "/storms/{storm_id}",
    StormOrder: "/storm-orders/{order_id}",
    Webhook: "/webhooks/{webhook_id}",
}
"""Where each of them is read."""
NTH: Final = count()


class Client:
    """Sends commands, each under a key of its own."""

    def __init__(self, house: Processes, database: Database) -> None:
        """To dispatch."""
        self.house = house
        self.clock: datetime = rows(database, "SELECT instant FROM dispatch.stepped_clock")[0]["instant"]

    def version(self, path: str) -> str:
        """The ETag of what is read there."""
        answer = self.house.get("dispatch", path)
        assert answer.is_success, answer.text
        tag: str = answer.headers["etag"]
        return tag

    def send(self, path: str, body: dict[str, Any], if_match: str | None = None, sub: str = "chaos") -> httpx.Response:
        """A command."""
        headers = {
            "Authorization": f"Bearer {self.house.token_of(sub=sub)}", "Idempotency-Key": f"registry-{next(NTH)}"
        }  # fmt: skip
        if if_match is not None:
            headers["If-Match"] = if_match
        address = f"http://127.0.0.1:{self.house.ports['dispatch']}{path}"
        return self.house.http.post(address, headers=headers, json=body)

    def done(self, path: str, body: dict[str, Any], if_match: str | None = None, sub: str = "chaos") -> dict[str, Any]:
        """The answer of one that is taken."""
        answer = self.send(path, body, if_match, sub)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture
def client(house: Processes, lived_database: Database) -> Client:
    return Client(house, lived_database)


def roster(nth: int) -> dict[str, Any]:
    line = {"staff_id": "versioned", "role": "department", "desk": "legal", "until_hour": 10 + nth}
    return {"staff": [line]}


def contractors(nth: int) -> dict[str, Any]:
    return {"contractors": [{"contractor_id": "versioned", "trades": ["plumbing"], "phases": [f"p{nth}"]}]}


def named(nth: int) -> dict[str, Any]:
    return {"estate_id": "xh02", "region_id": "north", "project_id": "xh", "name": f"新苑{nth}"}


def prices(nth: int) -> dict[str, Any]:
    return {"works": [{"work_item": "versioned", "price_fen": 1_000 + nth}]}


def services(nth: int) -> dict[str, Any]:
    line = {"item": "versioned", "zh": "送水", "en": "Water", "price_fen": 100 + nth, "amount": 1}
    return {"services": [line]}


DONE_ORDER = """
SELECT id FROM dispatch.storm_order o WHERE NOT EXISTS (
    SELECT FROM dispatch.ticket t
    WHERE t.state ->> 'storm_order_id' = o.id AND t.status NOT IN ('completed', 'closed'))
"""

CHANGES = pytest.mark.parametrize(
    ("shown", "command", "body"),
    [
        ("/estates/xh01", "/estates/xh01/roster", roster),
        ("/estates/xh01", "/estates/xh01/contractors", contractors),
        ("/estates/xh02", "/estates", named),
        ("/regions/versioned/prices", "/regions/versioned/prices", prices),
        ("/estates/xh01/services", "/estates/xh01/services", services),
    ],
    ids=["roster", "contractors", "estate", "prices", "services"],
)


@pytest.mark.rule("DSP-19", "ORG-01", "OPS-03")
@CHANGES
def test_one_behind_is_refused_and_changes_nothing(
    client: Client, shown: str, command: str, body: Callable[[int], dict[str, Any]]
) -> None:
    """Matching: done. One behind, or weak: refused with the version that stands. Absent: whichever."""
    client.done(command, body(0))
    seen = client.version(shown)
    client.done(command, body(1), seen)
    now = client.version(shown)
    assert now != seen
    for expected in (seen, f"W/{now}"):
        stale = client.send(command, body(2), expected)
        assert problem(stale) == (412, "stale-version")
        assert stale.json()["errors"] == [{"field": "If-Match", "allowed": now}]
        assert client.version(shown) == now
    client.done(command, body(2), f"{seen}, {now}")
    client.done(command, body(3))


@pytest.mark.rule("DSP-19", "ORG-01")
@CHANGES
def test_of_many_that_act_on_one_version_one_is_done(
    client: Client, shown: str, command: str, body: Callable[[int], dict[str, Any]]
) -> None:
    client.done(command, body(0))
    seen = client.version(shown)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda nth: client.send(command, body(nth), seen), range(1, 9)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7, [one.text for one in answers]


@pytest.mark.rule("DSP-19", "ORG-01")
def test_what_is_not_there_has_no_version_and_is_not_made_by_whoever_names_one(client: Client) -> None:
    """Given a command that would create, then any version is refused; what its rule refuses by name stays so."""
    place = {"estate_id": "xh77", "region_id": "east", "project_id": "xh", "name": "无"}
    for expected in ("*", '"x"'):
        assert problem(client.send("/regions/unpriced/prices", prices(0), expected)) == (412, "stale-version")
        assert problem(client.send("/estates", place, expected)) == (412, "stale-version")
        assert problem(client.send("/estates/xh77/roster", roster(0), expected)) == (404, "estate-not-found")
    for path in ("/regions/unpriced/prices", "/estates/xh77"):
        assert client.house.get("dispatch", path).status_code == 404
    homes = {"homes": [{"home_id": "xh01.p1-1-101", "phase": "p1", "building": "1"}]}
    assert problem(client.send("/estates/xh01/homes", homes, "*")) == (400, "no-versions-here")


@pytest.mark.rule("ORG-01", "DSP-19")
def test_a_change_that_was_planned_once_more_is_not_withdrawn_by_whoever_saw_the_first(client: Client) -> None:
    body = roster(5) | {"from_at": (client.clock + timedelta(days=30)).isoformat()}
    before = client.version("/estates/xh01")
    change = client.done("/estates/xh01/roster", body, before)["change_id"]
    assert problem(client.send("/estates/xh01/roster", roster(6), before)) == (412, "stale-version")
    path = f"/registry/changes/{change}"
    first = client.version(path)
    client.done(f"{path}/withdraw", {}, first)
    client.done("/estates/xh01/roster", body)
    assert problem(client.send(f"{path}/withdraw", {}, first)) == (412, "stale-version")
    assert client.house.get("dispatch", path).json()["status"] == "planned"
    client.done(f"{path}/withdraw", {}, client.version(path))
    assert problem(client.send(f"{path}/retry", {}, client.version(path))) == (409, "change-not-set-aside")


@pytest.mark.rule("DSP-09", "DSP-19")
def test_a_storm_is_ended_by_whoever_saw_it_as_it_is(client: Client, lived_database: Database) -> None:
    order = rows(lived_database, DONE_ORDER)[0]["id"]
    finish = f"/storm-orders/{order}"
    assert problem(client.send(f"{finish}/finish", {}, '"x"')) == (412, "stale-version")
    assert problem(client.send(f"{finish}/finish", {}, client.version(finish)))[1] == "storm-order-is-done"
    manager = {"staff_id": "psm-zhao", "role": "property_service_manager", "desk": "property_office"}
    client.done("/estates/xh01/roster", {"staff": [manager]})
    declared = {"cause": "rainstorm", "reason": "warning"}
    storm = client.done("/estates/xh01/storms", declared, sub="psm-zhao")["storm_id"]
    path, over = f"/storms/{storm}", {"reason": "over"}
    assert problem(client.send(f"{path}/end", over, '"x"', "psm-zhao")) == (412, "stale-version")
    seen = client.version(path)
    client.done(f"{path}/end", over, seen, "psm-zhao")
    assert problem(client.send(f"{path}/end", over, seen, "psm-zhao")) == (412, "stale-version")


@pytest.mark.rule("PAR-01", "PAR-02", "DSP-19")
def test_a_webhook_is_ended_by_whoever_saw_it_as_it_is(client: Client, lived_database: Database) -> None:
    found = rows(
        lived_database, "SELECT id FROM dispatch.webhook WHERE state ->> 'status' = 'active' ORDER BY id LIMIT 1"
    )
    path = f"/webhooks/{found[0]['id']}"
    seen = client.version(path)
    client.done(f"{path}/replay", {"since": client.clock.isoformat()}, seen)
    assert problem(client.send(f"{path}/end", {}, seen)) == (412, "stale-version")
    assert client.house.get("dispatch", path).json()["status"] == "active"
    client.done(f"{path}/end", {}, client.version(path))


@pytest.mark.rule("DSP-19", "INT-15")
def test_every_command_about_what_is_shown_with_a_version_takes_it_and_says_so(house: Processes) -> None:
    paths = house.get("dispatch", "/openapi.json").json()["paths"]
    taking = set()
    for path, operations in paths.items():
        for operation in operations.values():
            if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
                assert "`stale-version`" in operation["responses"]["412"]["description"]
                taking.add(path)
    versioned = [entry for entry in MAP.commands if entry.versioned]
    assert taking == {entry.route.removeprefix("POST ") for entry in versioned}
    assert taking >= {path for path in paths if path.startswith("/tickets/{case_id}/") and "post" in paths[path]}
    for path in SHOWN.values():
        assert "ETag" in paths[path]["get"]["responses"]["200"]["headers"]
    about = {kind for entry in versioned for kind in (_about(entry),)}
    assert about == set(SHOWN)


def _about(entry: Any) -> type[State]:  # noqa: ANN401 - an entry of the map, whatever its body
    """What the version is of: the first state that the command needs."""
    undated = {"staff": (), "from_at": None, "record_from": None, "estate_id": "xh01", "region_id": "east"}
    made = entry.body.model_construct(**dict.fromkeys(entry.body.model_fields, "xh01.c1") | undated)
    kind, _ = next(iter(entry.needs(made)))
    found: type[State] = kind
    return found
