"""A complaint's whole life through all five services over HTTP and the broker: received → graded → opened →
assigned → resolved → called back → closed; lifecycles a second, with the floor and the peer on the same machines.
"""

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client
from linli_cli.stack import Home, Stack, StackOptions
from linli_embedded.broker import choose_broker
from linli_embedded.postgres import Postgres

from bench.floor import floor
from bench.peer import peer

LIVES: Final = 5000
FLOOR_LIVES: Final = 20_000
PEER_LIVES: Final = 200
ESTATES: Final = 40
START: Final = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
REST_S: Final = 300.0


async def lifecycles() -> dict[str, float]:
    """Lifecycles a second: ours, the floor's, the peer's."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        options = StackOptions(home=Home(Path(directory) / "stack"), broker="auto", clock="stepped")
        async with Stack(options) as stack:
            print(f"  on {stack.bus.kind} and {stack.postgres.kind}")
            ours = await _ours(stack.client)
        broker = await choose_broker("auto", Path(directory) / "bus")
        postgres = Postgres(Path(directory) / "postgres")
        try:
            await postgres.start()
            await postgres.ensure_database("bench")
            connection = await asyncpg.connect(postgres.dsn("bench"))
            lowest = await floor(broker.bootstrap, connection, FLOOR_LIVES)
            usual = await peer(broker.bootstrap, connection, PEER_LIVES)
            await connection.close()
        finally:
            await postgres.destroy()
            await broker.stop()
    return {"linli": ours, "floor": lowest, "peer": usual}


async def _ours(client: Client) -> float:
    await client.set_clock(START)
    await _do(client, "dispatch", [_estate(number) for number in range(ESTATES)])
    await _do(client, "dispatch", [_people(number) for number in range(ESTATES)])
    await client.wait_until_rest(REST_S)
    began = time.perf_counter()
    answers = await _do(client, "intake", [_request(number) for number in range(LIVES)])
    await client.wait_until_rest(REST_S)
    at = START + timedelta(hours=1)
    cases = [str(answer.answer["case_id"]) for answer in answers]
    handled = [Command("dispatch.resolve", f"z{case}", {"case_id": case, "how": "handled"}, at) for case in cases]
    await _do(client, "dispatch", handled)
    await client.wait_until_rest(REST_S)
    await client.set_clock(START + timedelta(days=1, hours=2))
    await client.wait_until_rest(REST_S)
    at = START + timedelta(days=1, hours=3)
    due = [item["id"] async for item in client.pages("followup", "/callbacks", status="due", limit=500)]
    if len(due) != LIVES:
        message = f"{len(due)} callbacks are due, not {LIVES}"
        raise RuntimeError(message)
    said = {"satisfied": True, "score": 90, "by": "bench"}
    calls = [Command("followup.complete-callback", f"c{one}", {"callback_id": one, **said}, at) for one in due]
    await _do(client, "followup", calls)
    await client.wait_until_rest(REST_S)
    took_s = time.perf_counter() - began
    figures = await client.get("dispatch", "/figures")
    if figures["closed"] != LIVES:
        message = f"{figures['closed']} cases were closed, not {LIVES}"
        raise RuntimeError(message)
    return LIVES / took_s


async def _do(client: Client, service: str, commands: Sequence[Command]) -> list[Answer]:
    answers = await client.commands(service, commands)
    refused = [answer for answer in answers if not answer.done]
    if refused:
        message = f"{service} refused {refused[0].id}: {refused[0].why}"
        raise RuntimeError(message)
    return answers


def _estate(number: int) -> Command:
    body = {"estate_id": f"e{number}", "region_id": "bench", "project_id": "p", "name": "基准"}
    return Command("dispatch.register-estate", f"e{number}", body, START)


def _people(number: int) -> Command:
    staff = [
        {"staff_id": f"agent-{number}", "role": "agent", "desk": "service_centre"},
        {"staff_id": f"property-{number}", "role": "property_service_manager", "desk": "property"},
    ]
    return Command("dispatch.roster-staff", f"r{number}", {"estate_id": f"e{number}", "staff": staff}, START)


def _request(number: int) -> Command:
    body = {
        "estate_id": f"e{number % ESTATES}",
        "common_area": True,
        "kind": "complaint",
        "category": "property_management",
        "subcategory": "noise",
        "channel": "hotline",
        "customer_kind": "owner",
        "name": "基准",
        "contact": f"1{number:010d}",
        "what_happened": "夜间噪音",
        "expects": "安静",
        "received_by": f"agent-{number % ESTATES}",
    }
    return Command("intake.receive", f"q{number}", body, START)
