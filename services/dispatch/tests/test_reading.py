"""Over HTTP each reads what is theirs; a path, a filter or a cursor that no id can be is refused, not looked up."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from linli_dispatch.domain.group.places import Home
from linli_dispatch.main import SERVICE
from linli_messaging.service_map import Actor
from linli_runtime.process import application
from linli_runtime.reads import Reads
from linli_testkit.facts import shipped_policy
from linli_testkit.tokens import KnownTokens

from services.dispatch.tests.test_tables import busy_office, store

READ = frozenset({"dispatch:read"})
ACTORS = {
    "group": Actor("clerk", READ),
    "north": Actor("clerk-north", READ, org="group/north"),
    "of the estate north": Actor("clerk-of-estate", READ, org="group/south/p1/north"),
    "builder": Actor("person-of-builder", READ, contractor_id="builder_co"),
    "rescue": Actor("person-of-rescue", READ, contractor_id="rescue_co"),
    "nobody": Actor("nobody", frozenset()),
}


@pytest.fixture
async def client(reads: Reads) -> AsyncIterator[httpx.AsyncClient]:
    """The application over two stored estates."""
    await store(reads, busy_office())
    app = application(SERVICE, reads)
    app.state.tokens = KnownTokens(ACTORS)
    app.state.policies = shipped_policy()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dispatch") as client:
        yield client


async def status(client: httpx.AsyncClient, who: str, path: str) -> int:
    return (await client.get(path, headers={"Authorization": f"Bearer {who}"})).status_code


@pytest.mark.rule("ORG-01", "PAR-01")
async def test_who_reads_what(client: httpx.AsyncClient) -> None:
    for path, expected in {
        "/tickets/xh01.c1": {"group": 200, "north": 404, "builder": 200, "rescue": 404, "nobody": 403},
        "/tickets/xh01.c2": {"group": 200, "north": 404, "builder": 404, "rescue": 404, "nobody": 403},
        "/estates/xh01": {"group": 200, "north": 404, "builder": 403, "rescue": 403, "nobody": 403},
        "/estates": {"group": 200, "north": 200, "builder": 403, "rescue": 403, "nobody": 403},
        "/figures": {"group": 200, "north": 200, "builder": 403, "rescue": 403, "nobody": 403},
        "/deadlines/missed?clock=completion": {"group": 200, "north": 200, "builder": 403, "nobody": 403},
    }.items():
        assert {who: await status(client, who, path) for who in expected} == expected, path


async def test_what_no_id_can_be_is_refused_at_the_door(client: httpx.AsyncClient) -> None:
    for path in (
        "/tickets/xh01.c1%00",
        "/tickets/nothing",
        "/estates/a%00b",
        "/tickets?handler=%00",
        "/tickets?owner=%00",
        "/tickets?cursor=%00",
        "/tickets?estate_id=%00",
        "/tickets?limit=0",
        "/tickets?level=5000000000",
        "/tickets?unknown=1",
        "/tickets?received_from=20260101",
        "/tickets?due_before=1767225600",
        "/estates?cursor=%00",
        "/deadlines/missed?clock=completion&cursor=%00",
        "/deadlines/missed?clock=lunch",
        "/figures?estate_id=%00",
    ):
        assert await status(client, "group", path) == 422, path


@pytest.mark.rule("ORG-01")
async def test_many_estates_are_read_at_once_each_by_whom_it_concerns(client: httpx.AsyncClient, reads: Reads) -> None:
    """Given two estates with homes, then one answer has both, pages have each home once, others see none."""
    homes = [Home(id=f"{one}.1-1-{nth}", phase="1", building="1") for one in ("xh01", "xh010") for nth in range(3)]
    await reads.pool.execute(
        "INSERT INTO estate (id, lane, state) SELECT 'xh010', 0, jsonb_set(state, '{id}', '\"xh010\"') FROM estate"
        " WHERE id = 'xh01'"
    )
    await reads.pool.execute(
        "INSERT INTO home (id, lane, state) SELECT state ->> 'id', 0, state FROM unnest($1::jsonb[]) AS state"
        " ON CONFLICT DO NOTHING",
        [home.model_dump_json() for home in homes],
    )
    asked = "estate_id=xh010&estate_id=xh01&estate_id=nowhere&estate_id=xh01"

    async def read(who: str, path: str) -> Any:  # noqa: ANN401 - any JSON value
        response = await client.get(path, headers={"Authorization": f"Bearer {who}"})
        assert response.status_code == 200, response.text
        return response.json()

    one = await read("group", "/estates/xh01")
    found = await read("group", f"/registry/estates?{asked}")
    assert [estate["estate_id"] for estate in found] == ["xh01", "xh010"]
    assert found[0]["staff"] == one["staff"] != []
    assert found[0]["contractors"] == one["contractors"] != []
    ids = list[str]()
    cursor: str | None = ""
    while cursor is not None:
        page = await read("group", f"/registry/homes?{asked}&limit=2&cursor={cursor}")
        ids += [home["home_id"] for home in page["items"]]
        cursor = page["next"]
    assert ids == sorted(ids)
    assert {home.id for home in homes} <= {*ids}
    assert len(ids) == len({*ids})
    assert await read("north", f"/registry/estates?{asked}") == []
    assert (await read("north", f"/registry/homes?{asked}"))["items"] == []
    assert await status(client, "builder", f"/registry/estates?{asked}") == 403
    for wrong in ("estates", "estates?estate_id=%00", "homes?estate_id=xh01&limit=10001", "homes?estate_id=a%20b"):
        assert await status(client, "group", f"/registry/{wrong}") == 422, wrong


@pytest.mark.rule("ORG-01", "DSP-14")
async def test_a_price_library_is_read_in_its_own_region_only(client: httpx.AsyncClient, reads: Reads) -> None:
    await reads.pool.execute(
        "INSERT INTO price_library (id, lane, state) SELECT id, 0, jsonb_build_object('id', id, 'works', '{}'::jsonb)"
        " FROM unnest(ARRAY['north', 'northwest', 'south']) AS id"
    )
    for region, expected in {
        "south": {"group": 200, "north": 404, "builder": 403},
        "north": {"group": 200, "north": 200, "builder": 403},
        "northwest": {"group": 200, "north": 404},
        "east": {"group": 404, "north": 404},
    }.items():
        assert {who: await status(client, who, f"/regions/{region}/prices") for who in expected} == expected, region


@pytest.mark.rule("ORG-01", "DSP-14")
async def test_planned_changes_are_read_where_they_concern_whoever_reads(
    client: httpx.AsyncClient, reads: Reads
) -> None:
    """Given prices of the region `north` and an estate of that name elsewhere, then each reader sees its own, once."""
    await reads.pool.execute(
        "INSERT INTO estate (id, lane, state) SELECT 'north', 0, jsonb_set(state, '{id}', '\"north\"') FROM estate"
        " WHERE id = 'xh01'"
    )
    await reads.pool.execute(
        "INSERT INTO planned_change (id, lane, state)"
        " SELECT id, 0, jsonb_build_object('id', id, 'command', command, 'body', NULL, 'lines', 1, 'refusal', NULL,"
        " 'from_at', '2099-01-01T00:00:00Z', 'planned_at', '2026-01-01T00:00:00Z', 'status', 'set_aside')"
        " FROM (VALUES ('north.a', 'dispatch.price-works'), ('north.b', 'dispatch.roster-staff')) AS one (id, command)"
    )

    async def seen(who: str, path: str) -> list[str]:
        response = await client.get(path, headers={"Authorization": f"Bearer {who}"})
        assert response.status_code == 200, response.text
        return [one["change_id"] for one in response.json()["items"]]

    of_estate = (await client.get("/estates/north", headers={"Authorization": "Bearer group"})).json()
    assert of_estate["region_id"] != "north"
    for who, expected in {
        "group": ["north.a", "north.b"], "north": ["north.a"], "of the estate north": ["north.b"],
    }.items():  # fmt: skip
        assert await seen(who, "/registry/changes?place_id=north&place_id=north") == expected
        assert await seen(who, "/registry/set-aside") == expected
        for change_id in ("north.a", "north.b"):
            assert await status(client, who, f"/registry/changes/{change_id}") == (
                200 if change_id in expected else 404
            )


@pytest.mark.rule("INT-15")
async def test_what_is_not_shown_says_why_in_both_languages(client: httpx.AsyncClient) -> None:
    for who, path, code in (
        ("north", "/tickets/xh01.c1", "ticket-not-found"),
        ("north", "/estates/xh01", "estate-not-found"),
        ("builder", "/estates", "staff-only"),
        ("group", "/regions/east/prices", "no-prices"),
    ):
        response = await client.get(path, headers={"Authorization": f"Bearer {who}"})
        assert response.json()["code"] == code
        assert response.json()["detail"]
