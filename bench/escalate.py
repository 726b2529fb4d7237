"""`CASES=` requests whose deadline runs out at the same instant: seconds until each was missed, escalated and told.

From the moving of the clock until the system is at rest: every case found due, climbed one step, its fact told and
taken in by the services that follow it.
"""

import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.stack import Home, Stack, StackOptions

from bench.figures import Figures, cpu_ms_each, cpu_s_of
from bench.lifecycle import BROKER
from bench.repair_life import REST_S, START, TOWN

CASES: Final = int(os.environ.get("CASES", "20000"))
MISSED: Final = timedelta(hours=1, seconds=1)
"""By phone, within working hours: an hour to pass a request on to a department (INT-08), and a second."""
WARNED: Final = timedelta(minutes=48)
"""Four fifths of it: staff were told that it is near (DSP-20), before what is measured begins."""


async def escalate() -> Figures:
    """Seconds for all cases."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as directory:
        async with Stack(StackOptions(home=Home(Path(directory)), broker=BROKER, clock="stepped")) as stack:
            await _receive(stack.client)
            await stack.client.set_clock(START + WARNED)
            await stack.client.wait_until_rest(REST_S)
            before, began = cpu_s_of(stack), time.perf_counter()
            await stack.client.set_clock(START + MISSED)
            await stack.client.wait_until_rest(REST_S)
            took_s = time.perf_counter() - began
            cpu_ms = cpu_ms_each(before, cpu_s_of(stack), CASES)
            figures = await stack.client.get("dispatch", "/figures")
            missed = sum(deadline["missed"] for deadline in figures["deadlines"].values())
            climbed = sum(figures["ladder_steps"].values())
            if (missed, climbed) != (CASES, CASES):
                raise RuntimeError(f"{missed} deadlines missed and {climbed} steps taken, not {CASES} each")
    return Figures(took_s, cpu_ms=cpu_ms)


async def _receive(client: Client) -> None:
    await client.set_clock(START)
    for make in (_estate, _people):
        await client.commands("dispatch", [make(number) for number in range(TOWN.estates)])
    await client.wait_until_rest(REST_S)
    answers = await client.commands("intake", [_request(number) for number in range(CASES)])
    refused = [answer for answer in answers if not answer.done]
    if refused:
        raise RuntimeError(f"refused: {refused[0].why}")
    await client.wait_until_rest(REST_S)


def _estate(number: int) -> Command:
    body = {"estate_id": f"e{number}", "region_id": "bench", "project_id": "p", "name": "基准"}
    return Command("dispatch.register-estate", f"e{number}", body, START)


def _people(number: int) -> Command:
    staff = [
        {"staff_id": f"agent-{number}", "role": "agent", "desk": "service_centre"},
        {"staff_id": f"department-{number}", "role": "department", "desk": "property"},
    ]
    return Command("dispatch.roster-staff", f"r{number}", {"estate_id": f"e{number}", "staff": staff}, START)


def _request(number: int) -> Command:
    body = {
        "estate_id": f"e{number % TOWN.estates}",
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
        "received_by": f"agent-{number % TOWN.estates}",
    }
    return Command("intake.receive", f"q{number}", body, START)
